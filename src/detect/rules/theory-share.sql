-- id = "theory-share"
-- version = 1
-- severity = "medium"
-- strength = "strong"
-- typology = "plan"
-- subject = "class"
-- scope = "class"
-- compares = ["applications", "classes", "lessons", "credits"]
--
-- [title]
-- zh = "理论课时比例不足，或线上课时超过方案"
-- en = "Too small a share of theory, or more hours online than planned"
--
-- [parameters.share_percent]
-- value = 30
-- source = "31号 二: 线上培训内容包括理论课程（不低于总课时的30%）, where there is practice too; subsidy.theory_share_percent of the policy file"
--
-- [parameters.slack_milli]
-- value = 100
-- source = "policy: the notice knows no tolerance; hours are kept in tenths (lesson_hour.step_milli), and a plan may have been rounded by one"
--
-- [parameters.extra_hours]
-- value = 2
-- source = "policy: a lesson or two repeated for those who missed one are more than the plan has, and some sit in both"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people credited above the plan sat in lessons for others; a class that outgrew its plan shows in several"
--
-- [explanation.zh]
-- seen = "本班总课时 {total_hours}，计划理论 {theory_hours}、实操 {practice_hours}、线上 {online_hours}；线上理论课时为 {online_theory_hours}，低于应有的 {least_theory_hours}：{low_share}（1 为是）。课表线上共 {timetabled_hours} 课时；计入课时超过方案的学员 {people} 名，最多的计入 {most_hours} 课时。"
-- normal = "既有理论又有实操的培训，线上理论课程不低于总课时的 30%；全为理论课的可以全部在线上（31号 二）。线上课时不超过经同意的培训方案（31号 四）。"
-- matters = "理论比例不足的方案不符合线上培训的要求；超过方案的课时没有经过同意，风险金额是这些学员超过方案部分的课时。"
-- look = "对照培训方案和课表，看课节的类型是否填对；看是否同意过变更方案，是否为缺课的人补课。"
--
-- [explanation.en]
-- seen = "The class has {total_hours} hours in all and plans theory: {theory_hours}, practice: {practice_hours}, online: {online_hours}. Its online theory is {online_theory_hours} hours, under the {least_theory_hours} that are due: {low_share} (1: yes). The timetable has {timetabled_hours} hours online; trainees credited more than is planned: {people}, the most hours of one: {most_hours}."
-- normal = "Where there is practice too, online theory is at least 30 % of all hours; what is all theory may be all online (notice, part 2). Hours online are no more than the plan that was approved (part 4)."
-- matters = "A plan with less theory is not what may be held online. Nobody approved hours above the plan; the money at risk is what these trainees were credited above it."
-- look = "Lay the plan beside the timetable and see whether the kinds of lessons are right; see whether a change of the plan was approved, and whether lessons were repeated for those who missed them."
--
-- [[innocent]]
-- zh = "课节的类型填错，理论课登记成了实操。"
-- en = "Lessons have the wrong kind: theory was entered as practice."
-- [[innocent]]
-- zh = "为缺课学员补课，或者分组上课，有人参加了两次。"
-- en = "Lessons were repeated for those who missed them, or held in groups, and some people sat in both."
-- [[innocent]]
-- zh = "经同意变更了方案，系统里没有更正。"
-- en = "A change of the plan was approved and not entered."
--
-- Approved classes alone; before, the checks of the application say it. Online theory is as the checks count it: whatever is online and no practice,
-- general, safety and epidemic courses too. While a class runs and its timetable may still grow, what is planned counts where it is more. A class that was
-- already running plans the rest of its theory and has no share. A timetable may hold a lesson twice, for two groups; hence hours above the plan
-- are told by what single trainees were credited and not by its sum.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select k.class, b.at, k.application, k.ends_on, k.hours_total_milli as total, k.hours_online_milli as planned, k.hours_theory_milli as theory,
        k.hours_practice_milli as practice
    from classes k
    join begun b on b.class = k.class
    join applications p on p.class = k.class
    where b.at >= $since and b.at < $until and p.decision = 'approve' and k.hours_total_milli > 0
),
timetabled as (
    select l.class, sum(l.hours_milli) as online, sum(case when l.kind <> 'practice' then l.hours_milli else 0 end) as theory
    from lessons l
    join asked k on k.class = l.class
    where l.cancelled_at is null and l.mode <> 'in_person'
    group by l.class
),
credited as (
    select c.class, c.trainee, sum(c.hours_milli) as milli, sum(c.worth_fen) as fen
    from credits c
    join lessons l on l.lesson = c.lesson
    join asked k on k.class = c.class
    where l.cancelled_at is null and l.mode <> 'in_person'
    group by c.class, c.trainee
),
above as (
    select c.class, count(*) as people, max(c.milli) as most,
        sum(floor(cast(c.fen as double) * (c.milli - k.planned) / c.milli)) as fen
    from credited c
    join asked k on k.class = c.class
    where k.planned > 0 and c.milli > k.planned + $extra_hours * 1000
    group by c.class
    having count(*) >= $least_people
),
counted as (
    select k.class, k.at, k.application, k.total, k.planned, k.theory, k.practice, coalesce(t.online, 0) as online,
        cast(k.total as double) * $share_percent / 100 as due,
        cast(case when date_part('epoch', cast(k.ends_on as timestamp)) + 86400 - 28800 <= date_part('epoch', $now) then coalesce(t.theory, 0)
            else greatest(coalesce(t.theory, 0), least(k.theory, k.planned)) end as double) as given,
        coalesce(a.people, 0) as people, coalesce(a.most, 0) as most, coalesce(a.fen, 0.0) as fen
    from asked k
    left join timetabled t on t.class = k.class
    left join above a on a.class = k.class
),
judged as (
    select *, case when application <> 'remaining_theory' and practice > 0 and given + $slack_milli < due then 1 else 0 end as low_share from counted
)
select
    'class:' || j.class as subject,
    j.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    j.at,
    least(1.0, greatest(case when j.low_share = 1 then 0.5 + 0.5 * (1 - j.given / j.due) else 0.0 end,
        case when j.people > 0 then 0.5 + cast(j.most - j.planned as double) / j.planned else 0.0 end)) as score,
    cast(j.fen as bigint) as money_fen,
    '[]' as evidence,
    '{"total_hours":' || cast(round(cast(j.total as double) / 1000, 1) as varchar)
        || ',"theory_hours":' || cast(round(cast(j.theory as double) / 1000, 1) as varchar)
        || ',"practice_hours":' || cast(round(cast(j.practice as double) / 1000, 1) as varchar)
        || ',"online_hours":' || cast(round(cast(j.planned as double) / 1000, 1) as varchar)
        || ',"online_theory_hours":' || cast(round(j.given / 1000, 1) as varchar)
        || ',"least_theory_hours":' || cast(round(j.due / 1000, 1) as varchar)
        || ',"low_share":' || cast(j.low_share as varchar)
        || ',"timetabled_hours":' || cast(round(cast(j.online as double) / 1000, 1) as varchar)
        || ',"people":' || cast(j.people as varchar) || ',"most_hours":' || cast(round(cast(j.most as double) / 1000, 1) as varchar) || '}' as detail
from judged j
where j.low_share = 1 or j.people > 0

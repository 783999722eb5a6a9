-- id = "hours-over-evidence"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "money"
-- subject = "class"
-- scope = "class"
-- compares = ["claims", "certificates", "roster", "applications", "classes", "lessons", "credits"]
--
-- [title]
-- zh = "申报的课时多于有证据的课时"
-- en = "More hours claimed than are evidenced"
--
-- [parameters.missing_percent]
-- value = 25
-- source = "policy: late joins, dropped connections and a day of illness leave a class well above three quarters of its plan"
--
-- [parameters.low_percent]
-- value = 50
-- source = "policy: who has less than half of the planned hours did not do the course, whatever the class did"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people may have made up for their hours elsewhere"
--
-- [parameters.least_hours]
-- value = 8
-- source = "policy: a day of one person; less in a whole class is no matter"
--
-- [parameters.grace_days]
-- value = 7
-- source = "policy: reports.late_after_days of the policy file; evidence handed in with the claim takes days to be read and credited"
--
-- [explanation.zh]
-- seen = "本班为 {people} 名取得证书的学员申报补贴，每人按 {planned_hours} 线上课时；他们已计入的课时合计 {credited_hours}，相差 {missing_hours}，占 {missing_percent}%。不到计划一半的学员 {low_people} 名，其中没有任何课时的 {none_people} 名。"
-- normal = "按培训方案完成全部课程后申报（31号 四），补贴按线上课时计算（31号 五（一）），课时以签到和录像、图片证明（31号 三）。"
-- matters = "申报的课时没有证据支持；风险金额是相差课时的价值，不超过申报金额。全班相差不大的，只计不到一半的学员。"
-- look = "从这些学员的课时页看每段时间不计的原因；看还有哪些日志没有提交；对照证书的考核记录。"
--
-- [explanation.en]
-- seen = "The class is claimed for trainees with a certificate: {people}, each with {planned_hours} hours online. They are credited {credited_hours} hours together, {missing_hours} fewer, which is {missing_percent} %. Trainees below half of the plan: {low_people}, of them without any hour: {none_people}."
-- normal = "A claim follows when all courses of the plan are done (notice, part 4); the subsidy is computed from online hours (part 5 (1)), and signing in, recordings and pictures prove them (part 3)."
-- matters = "No evidence carries the hours that are claimed; the money at risk is what the difference is worth, no more than was claimed. Where the class as a whole is not far off, only those below half count."
-- look = "The pages of these trainees' hours show why each span was not credited; see which logs were not handed in; compare the records of the examination."
--
-- [[innocent]]
-- zh = "日志还在平台上没有提交，或者一部分没有对上学员。"
-- en = "Logs are still on the platform, or parts of them were matched to nobody."
-- [[innocent]]
-- zh = "缺录像或图片，在线的时间没有计入。"
-- en = "Recordings or pictures are missing, so that time present was not credited."
-- [[innocent]]
-- zh = "缺课的学员经同意线下补课。"
-- en = "Those who missed lessons made up for them in a room, by agreement."
--
-- A claim states an amount and no hours, so hours are what its formula takes: the planned online hours of the class, for each trainee who stands on the
-- roster and has a live certificate with an approved standard. Against them stand the credits of these trainees in online lessons, each capped
-- at the plan. Lessons in person are not compared: their hours are not evidenced here.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
claimed as (
    select c.class, max(coalesce(c.granted_fen, c.amount_fen)) as amount_fen, min(b.at) as at
    from claims c
    join begun b on b.class = c.class
    where c.replaced_at is null and c.state in ('filed', 'approved', 'settled')
        and date_part('epoch', c.filed_at) + $grace_days * 86400 <= date_part('epoch', $now)
        and b.at >= $since and b.at < $until
    group by c.class
),
paid as (
    select t.class, t.trainee
    from certificates t
    join claimed c on c.class = t.class
    join roster r on r.class = t.class and r.trainee = t.trainee
    join applications a on a.class = t.class
    where t.replaced_at is null and r.withdrawn_at is null
        and case t.kind when 'qualified' then a.qualified_fen when 'skill_level' then a.skill_level_fen
            when 'vocational' then a.vocational_fen when 'special_operation' then a.special_operation_fen end > 0
    group by t.class, t.trainee
),
credited as (
    select c.class, c.trainee, sum(c.hours_milli) as milli
    from credits c
    join claimed k on k.class = c.class
    join lessons l on l.lesson = c.lesson
    where l.cancelled_at is null and l.mode <> 'in_person'
    group by c.class, c.trainee
),
each as (
    select p.class, k.hours_online_milli as planned, coalesce(k.fen_per_hour, 0) as fen_per_hour,
        least(coalesce(c.milli, 0), k.hours_online_milli) as milli,
        case when coalesce(c.milli, 0) * 100 < k.hours_online_milli * $low_percent then 1 else 0 end as low
    from paid p
    join classes k on k.class = p.class
    left join credited c on c.class = p.class and c.trainee = p.trainee
    where k.hours_online_milli > 0
),
counted as (
    select class, min(planned) as planned, min(fen_per_hour) as fen_per_hour, count(*) as people, cast(sum(milli) as double) as milli,
        cast(sum(planned - milli) as double) as missing, sum(low) as low_people, sum(case when milli = 0 then 1 else 0 end) as none_people,
        cast(sum(case when low = 1 then planned - milli else 0 end) as double) as low_missing
    from each
    group by class
),
judged as (
    select n.*, n.missing * 100 / (cast(n.planned as double) * n.people) as percent, c.at, c.amount_fen
    from counted n
    join claimed c on c.class = n.class
)
select
    'class:' || j.class as subject,
    j.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    j.at,
    least(1.0, greatest(j.percent / 100, 0.5 * j.low_people / j.people + 0.2)) as score,
    cast(floor(least(case when j.percent >= $missing_percent then j.missing else j.low_missing end * j.fen_per_hour / 1000,
        cast(j.amount_fen as double))) as bigint) as money_fen,
    '[]' as evidence,
    '{"people":' || cast(j.people as varchar) || ',"planned_hours":' || cast(round(cast(j.planned as double) / 1000, 1) as varchar)
        || ',"credited_hours":' || cast(round(j.milli / 1000, 1) as varchar) || ',"missing_hours":' || cast(round(j.missing / 1000, 1) as varchar)
        || ',"missing_percent":' || cast(cast(floor(j.percent) as bigint) as varchar)
        || ',"low_people":' || cast(j.low_people as varchar) || ',"none_people":' || cast(j.none_people as varchar) || '}' as detail
from judged j
where j.missing >= $least_hours * 1000 and (j.percent >= $missing_percent or j.low_people >= $least_people)

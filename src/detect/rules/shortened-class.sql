-- id = "shortened-class"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "plan"
-- subject = "class"
-- scope = "class"
-- compares = ["classes", "lessons", "attendance", "evidence", "session_codes", "applications", "claims", "certificates", "roster"]
--
-- [title]
-- zh = "计划的课时没有上满"
-- en = "Planned lesson hours that were not held"
--
-- [parameters.missing_percent]
-- value = 20
-- source = "policy: a fifth of the plan is a day in a week; less may be a lost log or a lesson that fell out"
--
-- [parameters.missing_hours]
-- value = 4
-- source = "policy: half a day; of a short course a single lesson is soon a fifth"
--
-- [parameters.grace_days]
-- value = 7
-- source = "policy: reports.late_after_days of the policy file; evidence may come so long after its lesson without being late"
--
-- [parameters.budget_fen]
-- value = 750
-- source = "31号 五（三）: 按每人每课时7.5元先行预算线上培训补贴资金"
--
-- [parameters.prepaid_percent]
-- value = 50
-- source = "31号 五（三）: 先行拨付50%的线上培训补贴资金"
--
-- [explanation.zh]
-- seen = "本班计划线上 {planned_hours} 课时，课表排了 {lessons} 个线上课节（{days} 天）；有任何证据的只有 {held_lessons} 个课节、{held_hours} 课时（{held_days} 天），缺 {missing_hours} 课时。取消的课节 {cancelled} 个。已申报补贴：{claimed}（1 为是，0 为只有预拨）。"
-- normal = "按培训方案完成全部课程后申报补贴（31号 四）；每个课节至少留下一份签到日志、录像或图片（31号 三）。"
-- matters = "补贴按计划的线上课时计算，没有上的课不应当支付；风险金额是缺的课时乘以取得证书的人数，不超过申报金额；只有预拨的，是这些课时预拨的部分。"
-- look = "看课表里没有证据的是哪些课节、哪几天；问承训单位和学员这些天是否上课、在哪个平台；看培训方案是否经同意变更。"
--
-- [explanation.en]
-- seen = "The class plans {planned_hours} lesson hours online, and its timetable has online lessons: {lessons}, on days: {days}. Only {held_lessons} of them, with {held_hours} hours on days: {held_days}, have any evidence; {missing_hours} hours are missing. Cancelled lessons: {cancelled}. Claimed: {claimed} (1: yes; 0: prepaid alone)."
-- normal = "The subsidy is claimed when all courses of the plan are done (notice, part 4), and each lesson leaves a log of signing in, a recording or a picture (part 3)."
-- matters = "The subsidy is computed from the planned online hours, and lessons that were not held are not to be paid for. The money at risk is the missing hours for everybody with a certificate, no more than was claimed; where there is a prepayment alone, the part of it for these hours."
-- look = "See which lessons and days of the timetable have no evidence; ask the provider and trainees whether they were held and on which platform; see whether a change of the plan was approved."
--
-- [[innocent]]
-- zh = "课上了，日志和录像还在平台上，没有提交。"
-- en = "The lessons were held, and their logs and recordings are still on the platform."
-- [[innocent]]
-- zh = "经同意缩短了培训方案或改为线下，系统里没有更正。"
-- en = "The plan was shortened or moved into a room by approval, and not corrected in the system."
-- [[innocent]]
-- zh = "课改了时间，课表没有改，日志对不上课节。"
-- en = "Lessons were moved and the timetable was not, so that their logs belong to none."
--
-- Held is a lesson of which there is anything at all: a row of a log, evidence handed in for it, evidence of the class whose time touches it (one
-- recording of an evening may stand under the first of its lessons), a code of it in whichever picture. Lessons still to come, or over for less than the grace, are taken as held. Only classes whose plan is
-- over and which were claimed or prepaid are looked at: one that was broken off and never paid for is nobody's loss.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
claimed as (
    select class, max(coalesce(granted_fen, amount_fen)) as fen
    from claims
    where replaced_at is null and state in ('filed', 'approved', 'settled')
    group by class
),
asked as (
    select k.class, k.hours_online_milli as planned, b.at, c.fen as claimed_fen,
        case when c.class is null then cast($budget_fen as double) * $prepaid_percent / 100 else coalesce(cast(k.fen_per_hour as double), 0.0) end as hour_fen
    from classes k
    join begun b on b.class = k.class
    left join claimed c on c.class = k.class
    left join applications a on a.class = k.class
    where b.at >= $since and b.at < $until and k.hours_online_milli > 0 and (c.class is not null or a.prepaid_on is not null)
        and date_part('epoch', cast(k.ends_on as timestamp)) + ($grace_days + 1) * 86400 - 28800 <= date_part('epoch', $now)
),
online as (
    select l.class, l.lesson, l.hours_milli, l.starts_at, l.ends_at, l.cancelled_at, to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') as on_day,
        case when date_part('epoch', l.ends_at) + $grace_days * 86400 > date_part('epoch', $now) then 1 else 0 end as to_come
    from lessons l
    join asked k on k.class = l.class
    where l.mode <> 'in_person'
),
proof as (
    select a.lesson from attendance a join asked k on k.class = a.class where a.lesson is not null group by a.lesson
    union
    select e.lesson from evidence e where e.lesson is not null
    union
    select s.lesson from session_codes s where s.genuine = 1
    union
    select o.lesson
    from online o
    join evidence e on e.class = o.class and to_char(e.claimed_from + interval '8 hours', '%Y-%m-%d') = o.on_day
    where e.claimed_from < o.ends_at and e.claimed_until > o.starts_at
),
counted as (
    select o.class,
        sum(case when o.cancelled_at is null then 1 else 0 end) as lessons,
        sum(case when o.cancelled_at is not null then 1 else 0 end) as cancelled,
        count(distinct case when o.cancelled_at is null then o.on_day end) as days,
        sum(case when p.lesson is not null then 1 else 0 end) as held_lessons,
        count(distinct case when p.lesson is not null then o.on_day end) as held_days,
        sum(case when p.lesson is not null then o.hours_milli else 0 end) as held,
        sum(case when p.lesson is null and o.cancelled_at is null and o.to_come = 1 then o.hours_milli else 0 end) as waiting
    from online o
    left join proof p on p.lesson = o.lesson
    group by o.class
),
people as (
    select r.class, count(distinct r.trainee) as enrolled, count(distinct t.trainee) as certified
    from roster r
    join asked k on k.class = r.class
    left join certificates t on t.class = r.class and t.trainee = r.trainee and t.replaced_at is null
    where r.withdrawn_at is null
    group by r.class
),
missed as (
    select k.class, k.at, k.planned, k.claimed_fen, k.hour_fen, coalesce(c.lessons, 0) as lessons, coalesce(c.cancelled, 0) as cancelled,
        coalesce(c.days, 0) as days, coalesce(c.held_lessons, 0) as held_lessons, coalesce(c.held_days, 0) as held_days, coalesce(c.held, 0) as held,
        cast(k.planned - coalesce(c.held, 0) - coalesce(c.waiting, 0) as double) as milli,
        case when k.claimed_fen is null then coalesce(p.enrolled, 0) else coalesce(p.certified, 0) end as people
    from asked k
    left join counted c on c.class = k.class
    left join people p on p.class = k.class
)
select
    'class:' || m.class as subject,
    m.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    m.at,
    least(1.0, m.milli / m.planned) as score,
    cast(floor(least(m.milli * m.people * m.hour_fen / 1000, coalesce(cast(m.claimed_fen as double), 1e15))) as bigint) as money_fen,
    '[]' as evidence,
    '{"planned_hours":' || cast(round(cast(m.planned as double) / 1000, 1) as varchar)
        || ',"held_hours":' || cast(round(cast(m.held as double) / 1000, 1) as varchar)
        || ',"missing_hours":' || cast(round(m.milli / 1000, 1) as varchar)
        || ',"lessons":' || cast(m.lessons as varchar) || ',"held_lessons":' || cast(m.held_lessons as varchar)
        || ',"days":' || cast(m.days as varchar) || ',"held_days":' || cast(m.held_days as varchar)
        || ',"cancelled":' || cast(m.cancelled as varchar) || ',"people":' || cast(m.people as varchar)
        || ',"claimed":' || case when m.claimed_fen is null then '0' else '1' end || '}' as detail
from missed m
where m.milli * 100 >= cast(m.planned as double) * $missing_percent and m.milli >= $missing_hours * 1000

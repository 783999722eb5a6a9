-- id = "copied-rows"
-- version = 3
-- severity = "medium"
-- strength = "medium"
-- typology = "evidence"
-- subject = "class"
-- scope = "class"
-- compares = ["attendance", "lessons", "credits"]
--
-- [title]
-- zh = "日志的行像是从别的课节复制或者统一填写"
-- en = "Rows of a log that look copied from another lesson, or filled in alike"
--
-- [parameters.least_people]
-- value = 5
-- source = "policy: fewer may be alike by chance or by habit"
--
-- [parameters.alike_percent]
-- value = 50
-- source = "policy: half of those present; that one person joins at the same second of two lessons happens once in some hundred lessons, half of a class never"
--
-- [parameters.coarse_seconds]
-- value = 5
-- source = "policy: a log all of whose times are whole multiples of this is rounded and says nothing of seconds"
--
-- [explanation.zh]
-- seen = "本班有 {copied} 个课节，多数学员进入的时刻与更早的一个课节分秒不差；有 {equal} 个课节，多数学员先后进入，停留的时长却分秒不差。涉及 {people} 名学员。"
-- normal = "31号 三：学员线上签到注册等资料应当真实。人每次进入的秒数不同，停留的时长有长有短。"
-- matters = "整批重复的秒数像是从另一天复制，或者按公式填写；风险金额是这些学员在这些课节已计入的课时。"
-- look = "对照两个课节的日志；看平台能否重新导出原始记录；看录像和图片里的人数。"
--
-- [explanation.en]
-- seen = "In {copied} lessons of this class most trainees joined at the very second of an earlier lesson; in {equal} most came one after another and stayed equally long to the second. Trainees concerned: {people}."
-- normal = "Notice 31, part 3: signing in and what is kept of it has to be real. People join at another second each time, and stay for different times."
-- matters = "Seconds that repeat for a whole class look copied from another day, or filled in by a formula; the money at risk is what these trainees were credited in these lessons."
-- look = "Lay the logs of both lessons side by side; ask the platform to export the original records again; count people in recordings and pictures."
--
-- [[innocent]]
-- zh = "日志只写时刻不写日期，误把同一份交到了两个课节。"
-- en = "A log with times of day and no dates was handed in for two lessons by mistake."
-- [[innocent]]
-- zh = "平台在固定时长以后自动签退。"
-- en = "The platform signs people out after a fixed time."
--
-- Per log: first sign of joining, last of leaving. Seconds are counted from the timetable's beginning of the lesson; a second that several people share is
-- the host's or the platform's and says nothing. Rows of one event in two lessons (a meeting over both) are no copy: the moment is the same.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select l.lesson, l.class, date_part('epoch', l.starts_at) as start_s, b.at as class_at
    from lessons l
    join begun b on b.class = l.class
    where b.at >= $since and b.at < $until and l.cancelled_at is null and l.mode not in ('recorded', 'in_person')
),
stay as materialized (
    select a.lesson, a.evidence, a.trainee, floor(min(case when a.kind <> 'leave' then date_part('epoch', a.at) end)) as from_s,
        floor(max(case when a.kind = 'leave' then date_part('epoch', a.at) else date_part('epoch', a.until) end)) as until_s,
        min(case when a.kind <> 'leave' then a."row" end) as line
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval')
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
    group by a.lesson, a.evidence, a.trainee
),
log as (
    select k.class, k.class_at, k.start_s, g.* from (
        select lesson, evidence, count(*) as present
        from stay
        group by lesson, evidence
        having count(*) >= $least_people and max(case when from_s <> floor(from_s / $coarse_seconds) * $coarse_seconds
            or until_s <> floor(until_s / $coarse_seconds) * $coarse_seconds then 1 else 0 end) = 1
    ) g
    join asked k on k.lesson = g.lesson
),
-- Whoever came in a second in which nobody else did.
own as materialized (
    select g.class, g.class_at, g.present, s.*, s.from_s - g.start_s as offset_s
    from (
        select lesson, evidence, from_s, min(trainee) as trainee, min(until_s) as until_s, min(line) as line
        from stay
        where from_s is not null
        group by lesson, evidence, from_s
        having count(*) = 1
    ) s
    join log g on g.lesson = s.lesson and g.evidence = s.evidence
),
repeated as (
    select class, trainee, offset_s from own group by class, trainee, offset_s having count(*) > 1
),
sourced as (
    select o.*, min(from_s) over (partition by o.class, o.trainee, o.offset_s) as earliest_s,
        first_value(lesson) over (partition by o.class, o.trainee, o.offset_s order by from_s, lesson) as source
    from own o
    join repeated r on r.class = o.class and r.trainee = o.trainee and r.offset_s = o.offset_s
),
copied as (
    select *, count(*) over (partition by lesson, evidence, source) as same_source from sourced where from_s > earliest_s
),
long as (
    select lesson, evidence, until_s - from_s as seconds
    from own
    group by lesson, evidence, until_s - from_s
    having count(until_s) >= $least_people and count(until_s) * 100 >= min(present) * $alike_percent
),
judged as (
    select class, class_at, lesson, evidence, trainee, line, 1 as copied, 0 as equal
    from copied
    where same_source >= $least_people and same_source * 100 >= present * $alike_percent
    union all
    select o.class, o.class_at, o.lesson, o.evidence, o.trainee, o.line, 0 as copied, 1 as equal
    from own o
    join long l on l.lesson = o.lesson and l.evidence = o.evidence and l.seconds = o.until_s - o.from_s
),
one as (
    select class, class_at, lesson, trainee, max(copied) as copied, max(equal) as equal,
        min('{"id":"' || evidence || '","row":' || cast(line as varchar) || '}') as pointer,
        row_number() over (partition by class order by lesson, trainee) as number
    from judged
    group by class, class_at, lesson, trainee
)
select
    'class:' || o.class as subject,
    o.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    o.class_at as at,
    least(1.0, 0.5 + cast(count(distinct o.lesson) as double) / 10) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when o.number <= 10 then o.pointer end, ',' order by o.number) || ']' as evidence,
    '{"copied":' || cast(count(distinct case when o.copied = 1 then o.lesson end) as varchar)
        || ',"equal":' || cast(count(distinct case when o.equal = 1 then o.lesson end) as varchar)
        || ',"people":' || cast(count(distinct o.trainee) as varchar) || '}' as detail
from one o
left join credits c on c.lesson = o.lesson and c.trainee = o.trainee
group by o.class, o.class_at

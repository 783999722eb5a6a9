-- id = "overlap-person"
-- version = 6
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "person"
-- compares = ["attendance", "lessons", "trainees"]
--
-- [title]
-- zh = "同一人同时在两个课堂"
-- en = "One person in two lessons at once"
--
-- [parameters.min_overlap_seconds]
-- value = 120
-- source = "EVV overlap checks and SSG 2017: shorter overlaps are clocks that differ, joins a moment early, and a player closed a moment after the next was opened"
--
-- [parameters.gap_seconds]
-- value = 300
-- source = "policy: signs of presence further apart than this do not prove the time between"
--
-- [explanation.zh]
-- seen = "同一人（身份证号相同）在本课节内有 {overlap_minutes} 分钟同时在另外 {other_lessons} 个课节中，从 {at} 起。"
-- normal = "一个人同一时间只能上一节课；前后课节之间换课，重叠不超过两分钟。"
-- matters = "两处课时只有一处可能是真的；风险金额按较便宜的一节课一个人的课时计。"
-- look = "对照两份签到日志中所列的行，比较设备、网络地址和进出时间；再看两节课的视频或图片里各有谁。"
--
-- [explanation.en]
-- seen = "For {overlap_minutes} minutes of this lesson, from {at} on, the same person (by ID number) was somewhere else as well; other lessons: {other_lessons}."
-- normal = "A person sits in one lesson at a time; changing from one to the next overlaps by less than two minutes."
-- matters = "At most one of the two can be true; the money at risk is the cheaper lesson's hours for one person."
-- look = "Lay the rows named in both logs side by side: devices, addresses, times of joining and leaving; then see who is in the videos and pictures of both lessons."
--
-- [[innocent]]
-- zh = "两个平台的时钟相差，或日志写错了时区。"
-- en = "The clocks of two platforms differ, or a log states the wrong time zone."
-- [[innocent]]
-- zh = "两个班经批准合班上课，同一场会议登记了两次。"
-- en = "Two classes were taught together by approval, and one meeting was entered for both."
-- [[innocent]]
-- zh = "离开一节课时没有退出，客户端在后台仍然连着。"
-- en = "The client of an earlier lesson stayed connected in the background after its owner had left."
--
-- A span is an interval of a log, or the time between two signs of presence of one trainee in one log: from a join to its leave, whatever was
-- answered in between (but where a log beats, silence is no presence), or between signs no further apart than gap_seconds. Spans are cut to the
-- lesson's window, since only that is paid, and joined per person and lesson, so two devices in one lesson are one stay. The finding stands at
-- the lesson that began later; where one of the two is recorded, at the other, which is over the same day.
-- Two recorded lessons are open for weeks: what is watched of both at once stands at the day on which the later one opens, and only stretches that are
-- long enough each count, for a player is closed a moment late on many evenings.
-- First a rough look, from the first to the last sign in each lesson, leaves the few stays that can touch another at all; only those are measured.
with opened as (
    select min(starts_at) as first_at, max(ends_at) as last_at
    from lessons
    where mode = 'recorded' and cancelled_at is null and starts_at >= $since and starts_at < $until
),
seen as (
    select 0 as recorded, trainee, lesson, min(a.at) as from_at, max(coalesce(a.until, a.at)) as until_at
    from attendance a
    where trainee is not null and lesson is not null and kind not in ('waiting_room', 'away', 'total', 'mark')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '1 day'
    group by trainee, lesson
    union all
    select 1 as recorded, a.trainee, a.lesson, min(a.at) as from_at, max(coalesce(a.until, a.at)) as until_at
    from attendance a
    join lessons l on l.lesson = a.lesson
    join opened o on l.ends_at > o.first_at
    where l.mode = 'recorded' and l.cancelled_at is null and l.starts_at < $until
        and a.trainee is not null and a.kind not in ('waiting_room', 'away', 'total', 'mark')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '200 days'
    group by a.trainee, a.lesson
),
rough as (
    select s.recorded, t.person, s.trainee, s.lesson, greatest(s.from_at, l.starts_at) as from_at, least(s.until_at, l.ends_at) as until_at
    from seen s
    join lessons l on l.lesson = s.lesson
    join trainees t on t.trainee = s.trainee
    where l.cancelled_at is null and l.ends_at > $since - interval '1 day' and l.starts_at < $until + interval '1 day'
        and s.from_at < l.ends_at and s.until_at > l.starts_at
),
beside as (
    select recorded, person, trainee, lesson, from_at, until_at,
        max(until_at) over (partition by recorded, person order by from_at, lesson, trainee rows between unbounded preceding and 1 preceding) as before,
        min(from_at) over (partition by recorded, person order by from_at, lesson, trainee rows between 1 following and unbounded following) as behind
    from rough
),
near as materialized (
    select b.recorded, b.person, b.trainee, b.lesson, l.class, l.mode, l.starts_at, l.ends_at, l.worth_fen
    from beside b
    join lessons l on l.lesson = b.lesson
    where b.from_at < b.before or b.until_at > b.behind
),
drawn as (
    select n.recorded, n.person, n.trainee, n.lesson, n.class, n.mode, n.starts_at, n.ends_at, n.worth_fen, a.kind, a.at, a.until, a.evidence, a."row"
    from attendance a
    join near n on n.trainee = a.trainee and n.lesson = a.lesson
    where n.recorded = 0 and a.kind in ('join', 'leave', 'heartbeat', 'progress', 'answer', 'face_check', 'interval')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '1 day'
    union all
    select n.recorded, n.person, n.trainee, n.lesson, n.class, n.mode, n.starts_at, n.ends_at, n.worth_fen, a.kind, a.at, a.until, a.evidence, a."row"
    from attendance a
    join near n on n.trainee = a.trainee and n.lesson = a.lesson
    where n.recorded = 1 and a.kind in ('join', 'leave', 'heartbeat', 'progress', 'answer', 'face_check', 'interval')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '200 days'
),
sign as (
    select d.recorded, d.person, d.trainee, d.lesson, d.class, d.mode, d.starts_at, d.ends_at, d.worth_fen, d.kind, d.at as from_at, d.until,
        d.evidence as log, d."row" as line,
        '{"id":"' || d.evidence || '","row":' || cast(d."row" as varchar) || '}' as pointer,
        lead(d.at) over (partition by d.recorded, d.evidence, d.lesson, d.trainee, d.kind = 'interval' order by d.at, d."row") as next_at,
        lead(d.kind) over (partition by d.recorded, d.evidence, d.lesson, d.trainee, d.kind = 'interval' order by d.at, d."row") as next_kind,
        sum(case when d.kind = 'join' then 1 else 0 end) over (partition by d.recorded, d.evidence, d.lesson, d.trainee, d.kind = 'interval'
            order by d.at, d."row" rows between unbounded preceding and current row) as session,
        max(case when d.kind in ('heartbeat', 'progress') then 1 else 0 end) over (partition by d.recorded, d.evidence, d.lesson, d.trainee) as beats
    from drawn d
),
sat as (
    select *, sum(case when kind = 'leave' then 1 else 0 end) over (partition by recorded, log, lesson, trainee, kind = 'interval', session) as left_at_all,
        sum(case when kind = 'leave' then 1 else 0 end) over (partition by recorded, log, lesson, trainee, kind = 'interval', session order by from_at, line
            rows between unbounded preceding and current row) as left_so_far
    from sign
),
span as (
    select recorded, person, trainee, lesson, class, mode, starts_at, ends_at, worth_fen, pointer, greatest(from_at, starts_at) as from_at,
        least(case when kind = 'interval' then until else next_at end, ends_at) as until_at
    from sat
    where kind = 'interval' or (kind <> 'leave' and next_kind <> 'join'
        and ((session > 0 and beats = 0 and left_so_far = 0 and left_at_all > 0) or (kind = 'join' and next_kind = 'leave')
            or date_part('epoch', next_at) - date_part('epoch', from_at) <= $gap_seconds))
),
-- Ties are broken by the row, so that equal spans of two logs are one stay.
edge as (
    select *, max(until_at) over (partition by recorded, person, lesson order by from_at, until_at, pointer rows between unbounded preceding and 1 preceding)
            as reached
    from span
    where from_at < until_at
),
island as (
    select *, sum(case when reached is null or from_at > reached then 1 else 0 end)
        over (partition by recorded, person, lesson order by from_at, until_at, pointer rows between unbounded preceding and current row) as number
    from edge
),
stay as materialized (
    select recorded, person, lesson, number, min(trainee) as trainee, min(from_at) as from_at, max(until_at) as until_at, min(class) as class,
        case when min(mode) = 'recorded' then 0 else 1 end as on_one_day, min(starts_at) as starts_at, min(ends_at) as ends_at,
        min(worth_fen) as worth_fen, min(pointer) as one, max(pointer) as another
    from island
    group by recorded, person, lesson, number
),
pair as (
    select b.person, b.lesson, min(b.trainee) as trainee, min(b.class) as class, a.lesson as other, min(a.worth_fen) as other_fen,
        min(b.worth_fen) as worth_fen, min(date_part('epoch', b.ends_at) - date_part('epoch', b.starts_at)) as lesson_seconds,
        min(case when b.recorded = 1 then b.starts_at else greatest(a.from_at, b.from_at) end) as at,
        sum(date_part('epoch', least(a.until_at, b.until_at)) - date_part('epoch', greatest(a.from_at, b.from_at))) as seconds,
        min(b.one) as one, max(b.another) as another, min(a.one) as other_one, max(a.another) as other_another
    from stay a
    join stay b on b.recorded = a.recorded and b.person = a.person and b.lesson <> a.lesson
        and a.from_at < b.until_at and b.from_at < a.until_at
        and (a.on_one_day < b.on_one_day or (a.on_one_day = b.on_one_day
            and (a.starts_at < b.starts_at or (a.starts_at = b.starts_at and a.lesson < b.lesson))))
    where (b.recorded = 0 and b.on_one_day = 1) or (b.recorded = 1
        and date_part('epoch', least(a.until_at, b.until_at)) - date_part('epoch', greatest(a.from_at, b.from_at)) >= $min_overlap_seconds)
    group by b.person, b.lesson, a.lesson
),
enough as (
    select p.*, min(p.at) over (partition by p.person, p.lesson) as first_at from pair p where p.seconds >= $min_overlap_seconds
)
select
    'person:' || c.person as subject,
    min(c.class) as class,
    c.lesson,
    min(c.trainee) as trainee,
    min(c.at) as at,
    least(1.0, max(c.seconds) / greatest(min(c.lesson_seconds), 1.0)) as score,
    least(min(c.worth_fen), max(c.other_fen)) as money_fen,
    '[' || min(c.one) || case when max(c.another) <> min(c.one) then ',' || max(c.another) else '' end
        || string_agg(',' || c.other_one || case when c.other_another <> c.other_one then ',' || c.other_another else '' end, '' order by c.other)
        || ']' as evidence,
    '{"overlap_minutes":' || cast(cast(floor(max(c.seconds) / 60) as bigint) as varchar)
        || ',"overlap_seconds":' || cast(cast(floor(max(c.seconds)) as bigint) as varchar)
        || ',"other_lessons":' || cast(count(*) as varchar)
        || ',"others":[' || string_agg('"' || c.other || '"', ',' order by c.other) || ']}' as detail
from enough c
where c.first_at >= $since and c.first_at < $until
group by c.person, c.lesson

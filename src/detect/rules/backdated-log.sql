-- id = "backdated-log"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["attendance", "lessons", "credits"]
--
-- [title]
-- zh = "日志在课还没上时就已收到"
-- en = "A log that was received before what it tells of"
--
-- [parameters.tolerance_minutes]
-- value = 15
-- source = "policy: clocks of platforms are minutes ahead, and a meeting that is still open is written with its planned end"
--
-- [parameters.near_minutes]
-- value = 60
-- source = "policy: people join a little early and leave a little late; rows further from the lesson are times in a wrong zone or of a wrong date"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two rows are a slip of somebody who wrote by hand"
--
-- [parameters.whole_hours]
-- value = 24
-- source = "policy: a log that is a day ahead makes the score whole"
--
-- [explanation.zh]
-- seen = "这份日志收到时，其中 {people} 名学员在本课节的 {rows} 行所写的时间还没有到，最多早了 {ahead_minutes} 分钟。"
-- normal = "日志在上课之后导出，或者在上课时逐条送来，行里的时间不晚于收到的时间（31号 三：签到注册资料应当真实留存）。"
-- matters = "还没有发生的事不会有记录，这些行可能是事先编好的；风险金额是这些学员在本课节已计入的课时。"
-- look = "对照日志的收到时间和课表；看课表在收到之后有没有改过；看本课节有没有别的日志、录像和图片。"
--
-- [explanation.en]
-- seen = "When this log was received the time of {rows} of its rows in this lesson had not come ({people} trainees), by up to {ahead_minutes} minutes."
-- normal = "A log is exported after the lesson or comes event by event during it; no row is later than its receipt (notice 31, part 3: sign-in records are to be genuine)."
-- matters = "Nothing records what has not happened; such rows may have been written beforehand. The money at risk is what is credited to these trainees in the lesson."
-- look = "Compare when the log was received with the timetable, and whether that was changed later; see whether the lesson has other logs, recordings and pictures."
--
-- [[innocent]]
-- zh = "日志里只有钟点，日期取自后来改过的课表。"
-- en = "The log has times of the day alone, and their date is from a timetable that was changed later."
-- [[innocent]]
-- zh = "平台或本系统的时钟当时有误。"
-- en = "The platform's clock, or this server's, was wrong."
-- [[innocent]]
-- zh = "试传的样例文件没有撤回。"
-- en = "A sample that was sent to try things out was not taken back."
--
-- A row ends behind its receipt while it fits the lesson, so that a log in a wrong time zone, whose rows lie hours from the lesson, is none. A total or a
-- mark of presence has no time of its own and was stated before the lesson began; who is excused may be so beforehand.
with ahead as (
    select a.evidence, a.lesson, l.class, l.starts_at, a.trainee,
        '{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}' as pointer,
        date_part('epoch', case when a.kind in ('total', 'mark') then l.starts_at else coalesce(a.until, a.at) end)
            - date_part('epoch', a.received_at) as early_s
    from attendance a
    join lessons l on l.lesson = a.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'away') and (a.kind <> 'mark' or a.mark in ('present', 'late'))
        and l.cancelled_at is null and l.mode <> 'recorded' and l.starts_at >= $since and l.starts_at < $until
        and a.at >= $since - interval '2 days' and a.at < $until + interval '2 days' and a.received_at < coalesce(a.until, a.at)
        and date_part('epoch', a.at) >= date_part('epoch', l.starts_at) - $near_minutes * 60
        and date_part('epoch', coalesce(a.until, a.at)) <= date_part('epoch', l.ends_at) + $near_minutes * 60
),
person as (
    select evidence, lesson, class, starts_at, trainee, count(*) as many, max(early_s) as early_s, min(pointer) as pointer,
        row_number() over (partition by evidence, lesson order by trainee) as number
    from ahead
    where early_s >= $tolerance_minutes * 60
    group by evidence, lesson, class, starts_at, trainee
),
counted as (
    select p.evidence, p.lesson, min(p.class) as class, min(p.starts_at) as at, count(*) as people, sum(p.many) as many, max(p.early_s) as early_s,
        sum(c.worth_fen) as fen, string_agg(case when p.number <= 10 then p.pointer end, ',' order by p.number) as pointers
    from person p
    left join credits c on c.lesson = p.lesson and c.trainee = p.trainee
    group by p.evidence, p.lesson
)
select
    'evidence:' || n.evidence as subject,
    n.class,
    n.lesson,
    cast(null as varchar) as trainee,
    n.at,
    least(1.0, 0.3 + 0.7 * n.early_s / ($whole_hours * 3600.0)) as score,
    cast(coalesce(n.fen, 0) as bigint) as money_fen,
    '[' || n.pointers || ']' as evidence,
    '{"people":' || cast(n.people as varchar) || ',"rows":' || cast(cast(n.many as bigint) as varchar)
        || ',"ahead_minutes":' || cast(cast(floor(n.early_s / 60) as bigint) as varchar) || '}' as detail
from counted n
where n.people >= $least_people

-- id = "edited-records"
-- version = 4
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- scope = "class"
-- compares = ["attendance", "evidence", "classes", "lessons", "credits"]
--
-- [title]
-- zh = "同一份日志改过以后再次提交"
-- en = "A log handed in again with other rows"
--
-- [parameters.least_common]
-- value = 5
-- source = "policy: fewer equal rows of a lesson may be equal by chance, where times are whole minutes"
--
-- [parameters.common_percent]
-- value = 50
-- source = "policy: another version of a log keeps most of its rows of a lesson, another log of the lesson does not"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people added or lengthened are a name or a sign-in put right"
--
-- [parameters.tolerance_seconds]
-- value = 300
-- source = "policy: a row that gains no more than the gap between two signs of presence changes next to nothing"
--
-- [parameters.gap_seconds]
-- value = 300
-- source = "policy: signs of presence further apart than this do not prove the time between"
--
-- [explanation.zh]
-- seen = "这份日志与先前收到的日志在 {lessons} 个课节里有 {common} 行相同，但在两份日志都覆盖的时间内有 {gained} 名学员新增或延长了时间（其中 {added} 名在先前的日志里没有），减少的有 {lost} 名。"
-- normal = "同一课节的日志再次导出，双方都覆盖的时间内的行不变；后一份只会多出之后的部分。签到资料应当如实留存（31号 三）。"
-- matters = "后来加上的时间没有记在先前的日志里；风险金额是这些学员在这些课节已计入的课时。"
-- look = "并排打开两份日志所列的行；看两次由谁提交、相隔多久；请平台重新导出。"
--
-- [explanation.en]
-- seen = "This log has rows in common with one received before ({common}; lessons: {lessons}), but in the time that both cover {gained} trainees were added or lengthened ({added} of them are not in the earlier log), and {lost} shortened or left out."
-- normal = "When the log of a lesson is exported again, rows of the time that both cover stay as they were; a later export only adds what came later. Sign-in records are to be kept as they were made (notice 31, part 3)."
-- matters = "What was added later did not stand in the earlier log; the money at risk is what is credited to these trainees in these lessons."
-- look = "Lay the rows named here side by side; see who sent each and how long lay between; ask the platform to export them again."
--
-- [[innocent]]
-- zh = "先前导出的只是其中一个分会场，后来导出了全部。"
-- en = "The first export was of one room of the meeting alone, the later one of all."
-- [[innocent]]
-- zh = "学员改了昵称，先前对不上的人后来对上了。"
-- en = "Nicknames were put right, and people whom nobody could match before were matched."
-- [[innocent]]
-- zh = "平台修复了数据，补回了丢失的记录。"
-- en = "The platform repaired its data and brought back what was lost."
--
-- A version is a later log in the same format with most of the rows (trainee, kind, moment) that the earlier one has of a lesson. What both say is
-- measured in the time that both cover, so that a later part, an export in the middle of a lesson, and the same file twice gain nothing. As many people
-- must gain more than lose: a correction that takes time away is none. Where a log has no beats, a join holds until its leave, whatever is answered.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select l.lesson, l.starts_at, l.ends_at
    from lessons l
    join begun b on b.class = l.class
    where b.at >= $since and b.at < $until and l.cancelled_at is null
),
-- Only logs of a lesson in one format whose times lie over each other, so that pieces that a live platform sends one after the other are left out.
log as (
    select g.lesson, g.evidence, e.reader, e.received_at, k.starts_at, k.ends_at, g.many, g.first_at, g.last_at
    from (
        select a.lesson, a.evidence, count(*) as many, min(a.at) as first_at, max(coalesce(a.until, a.at)) as last_at
        from attendance a
        join asked k on k.lesson = a.lesson
        where a.trainee is not null and a.kind in ('join', 'leave', 'heartbeat', 'progress', 'answer', 'face_check', 'interval')
            and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
        group by a.lesson, a.evidence
        having count(*) >= $least_common
    ) g
    join asked k on k.lesson = g.lesson
    join evidence e on e.evidence = g.evidence
),
lying as (
    select *, max(last_at) over (partition by lesson, reader order by first_at, last_at, evidence rows between unbounded preceding and 1 preceding) as before,
        min(first_at) over (partition by lesson, reader order by first_at, last_at, evidence rows between 1 following and unbounded following) as behind
    from log
),
said as materialized (
    select a.evidence, a.lesson, o.starts_at, o.ends_at, o.first_at, o.last_at, o.many, a.trainee, a."row", a.kind, a.at as from_at,
        a.until as ended,
        lead(a.at) over (partition by a.lesson, a.evidence, a.trainee, a.kind = 'interval' order by a.at, a."row") as next_at,
        lead(a.kind) over (partition by a.lesson, a.evidence, a.trainee, a.kind = 'interval' order by a.at, a."row") as next_kind,
        lead(a.at) over (partition by a.lesson, a.evidence, a.trainee, a.kind in ('join', 'leave') order by a.at, a."row") as turn_at,
        lead(a.kind) over (partition by a.lesson, a.evidence, a.trainee, a.kind in ('join', 'leave') order by a.at, a."row") as turn_kind,
        max(case when a.kind in ('heartbeat', 'progress') then 1 else 0 end) over (partition by a.lesson, a.evidence, a.trainee) as beats,
        first_value(a.evidence) over (
            partition by a.lesson, a.trainee, a.kind, a.at, o.reader order by o.received_at, a.evidence rows between unbounded preceding and current row
        ) as earlier
    from lying o
    join attendance a on a.lesson = o.lesson and a.evidence = o.evidence
    where (o.first_at < o.before or o.last_at > o.behind)
        and a.trainee is not null and a.kind in ('join', 'leave', 'heartbeat', 'progress', 'answer', 'face_check', 'interval')
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
),
pair as (
    select lesson, evidence as later, earlier, count(*) as common, row_number() over (partition by lesson, evidence order by count(*) desc, earlier) as choice
    from said
    where evidence <> earlier
    group by lesson, evidence, earlier
    having count(*) >= $least_common
),
laid as (
    select s.*, p.later, p.earlier as before, p.common, case when s.evidence = p.later then 1 else 0 end as is_later,
        greatest(s.from_at, s.starts_at, max(s.first_at) over (partition by s.lesson, p.later)) as from_both,
        least(case when s.kind = 'interval' then s.ended
                when s.kind = 'join' and s.beats = 0 and coalesce(s.turn_kind, 'leave') = 'leave' then coalesce(s.turn_at, s.last_at)
                when s.kind = 'leave' or s.next_kind = 'join' then null
                when s.kind = 'join' and s.next_kind is null then s.last_at
                when s.kind = 'join' and s.next_kind = 'leave' then s.next_at
                when date_part('epoch', s.next_at) - date_part('epoch', s.from_at) <= $gap_seconds then s.next_at end,
            s.ends_at, min(s.last_at) over (partition by s.lesson, p.later)) as until_both,
        case when s.kind = 'interval' or (s.kind = 'join' and s.beats = 0 and coalesce(s.turn_kind, 'leave') = 'leave')
            or (s.kind = 'join' and coalesce(s.next_kind, 'leave') = 'leave') or (s.kind <> 'leave' and s.next_kind <> 'join'
            and date_part('epoch', s.next_at) - date_part('epoch', s.from_at) <= $gap_seconds) then 1 else 0 end as span
    from pair p
    join said s on s.lesson = p.lesson and (s.evidence = p.later or s.evidence = p.earlier)
    where p.choice = 1
),
reaching as (
    select *, max(case when span = 1 then until_both end) over (
            partition by lesson, later, is_later, trainee order by from_both, until_both, "row" rows between unbounded preceding and 1 preceding
        ) as reached
    from laid
),
measured as (
    select *, case when span = 1 then greatest(0.0, date_part('epoch', until_both) - date_part('epoch', greatest(from_both, reached))) else 0.0 end as seconds
    from reaching
),
person as (
    select lesson, later, trainee, min(before) as earlier, min(common) as common,
        max(case when is_later = 0 then many end) as many,
        sum(case when is_later = 1 then seconds else -seconds end) as more, max(case when is_later = 0 then 1 else 0 end) as known,
        coalesce(max(case when is_later = 1 and span = 1 then "row" end), max(case when is_later = 1 then "row" end)) as new_row,
        max(case when is_later = 0 then "row" end) as old_row
    from measured
    group by lesson, later, trainee
),
version as (
    select *, max(many) over (partition by lesson, later) as all_rows from person
),
changed as (
    select l.class, b.at as begun_at, v.lesson, v.later, v.earlier, v.trainee, v.known,
        case when row_number() over (partition by v.later, v.lesson order by v.trainee) = 1 then v.common else 0 end as common,
        '{"id":"' || v.later || '","row":' || cast(v.new_row as varchar) || '}' as new_pointer,
        '{"id":"' || v.earlier || '","row":' || cast(v.old_row as varchar) || '}' as old_pointer,
        case when v.more > $tolerance_seconds then 1 else 0 end as gained, case when v.more < -$tolerance_seconds then 1 else 0 end as lost,
        case when v.more > $tolerance_seconds then c.worth_fen else 0 end as fen,
        row_number() over (partition by v.later order by case when v.more > $tolerance_seconds then 0 else 1 end, v.known, v.lesson, v.trainee) as number
    from version v
    join lessons l on l.lesson = v.lesson
    join begun b on b.class = l.class
    left join credits c on c.lesson = v.lesson and c.trainee = v.trainee
    where v.common * 100 >= v.all_rows * $common_percent
),
counted as (
    select class, later, min(begun_at) as at, count(distinct lesson) as lessons, sum(common) as common, sum(fen) as fen, min(earlier) as earlier,
        count(distinct case when gained = 1 then trainee end) as gained, count(distinct case when gained = 1 and known = 0 then trainee end) as added,
        count(distinct case when lost = 1 then trainee end) as lost,
        string_agg(case when gained = 1 and number <= 4 then new_pointer || coalesce(',' || old_pointer, '') end, ',' order by number) as pointers
    from changed
    group by class, later
)
select
    'evidence:' || c.later as subject,
    c.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    c.at,
    least(1.0, 0.5 + cast(c.gained - c.lost as double) / 20) as score,
    cast(coalesce(c.fen, 0) as bigint) as money_fen,
    '[{"id":"' || c.earlier || '"},' || c.pointers || ']' as evidence,
    '{"lessons":' || cast(c.lessons as varchar) || ',"common":' || cast(cast(c.common as bigint) as varchar) || ',"gained":' || cast(c.gained as varchar)
        || ',"added":' || cast(c.added as varchar) || ',"lost":' || cast(c.lost as varchar) || '}' as detail
from counted c
where c.gained - c.lost >= $least_people

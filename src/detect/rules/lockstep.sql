-- id = "lockstep"
-- version = 4
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "class"
-- scope = "class"
-- compares = ["attendance", "lessons", "credits"]
--
-- [title]
-- zh = "几名学员总在同一秒进出"
-- en = "Trainees who come and go in the same second"
--
-- [parameters.least_times]
-- value = 3
-- source = "policy: that two people join in one second and leave in one second happens about once in 100,000 pairs; three times never by chance"
--
-- [parameters.class_people]
-- value = 6
-- source = "policy: in smaller classes nobody can say what the class as a whole does"
--
-- [parameters.mass_percent]
-- value = 50
-- source = "policy: when half of those present do something in one second, the host or the platform did it for them"
--
-- [parameters.edge_seconds]
-- value = 5
-- source = "policy: who comes with the first or goes with the last is let in or sent out by the host"
--
-- [parameters.coarse_seconds]
-- value = 5
-- source = "policy: a log all of whose times are whole multiples of this is rounded and says nothing of seconds"
--
-- [parameters.near_seconds]
-- value = 16
-- source = "policy: one hand, or a program that waits a little, has several accounts in and out within so many seconds"
--
-- [parameters.near_people]
-- value = 5
-- source = "policy: that five of fifty who come over minutes are within near_seconds of each other at both ends happens once in 10,000 lessons; the same five in three lessons never"
--
-- [parameters.near_percent]
-- value = 25
-- source = "policy: where all come within a minute and go within a minute some are near each other by chance, but no quarter of them"
--
-- [parameters.apart_percent]
-- value = 20
-- source = "policy: where a fifth of those present came before them and a fifth went after them, no host let all in or ended it for all"
--
-- [explanation.zh]
-- seen = "本班有 {people} 名学员成对或成组地在同一秒（或者五人以上在几秒之内）进入并离开，涉及 {lessons} 个课节；最常见的一对有 {most_times} 次如此，同班其他人没有这样。"
-- normal = "每个人各自进出课堂，进入和离开的秒数各不相同；主持人统一放入或者结束会议的不算。"
-- matters = "多次在同一秒进出，多半是一个人或一个程序操作几个账号；风险金额是这些学员在这些课节已计入的课时。"
-- look = "对照所列的行，看这些学员的设备和网络地址；看录像和图片里有没有这些人；问本人。"
--
-- [explanation.en]
-- seen = "{people} trainees of this class joined in one second and left in one second, in pairs or groups (or five and more of them within seconds), in lessons: {lessons}; the most frequent pair did so {most_times} times, and the rest of the class did not."
-- normal = "Everybody comes and goes at seconds of their own, apart from being let in by the host or sent out by the end of the meeting."
-- matters = "To come and go in the same second again and again is mostly one person or one program with several accounts; the money at risk is what these trainees were credited in these lessons."
-- look = "Lay the rows named side by side: devices and addresses; see whether recordings and pictures show these people; ask them."
--
-- [[innocent]]
-- zh = "几名学员用同一条网络，断线和重连在同一秒。"
-- en = "Some trainees share one network, which breaks and comes back for all of them in one second."
-- [[innocent]]
-- zh = "一家人在一台设备上用一个登录听课，平台记成几个人。"
-- en = "A household watches on one device by one login, and the platform enters each of them."
-- [[innocent]]
-- zh = "主持人分几批放人，又把同一批人提前请出。"
-- en = "The host let people in by groups and sent the same groups out early."
--
-- Two ways: to the second, from pairs on; and nearly, in groups, where others came before and went after. A group that is nearly together lies whole in one
-- of four grids, each shifted by half.
-- Per log: first sign of joining and last of leaving. Seconds that the log's mass, its first or its last share are left out, and rows that name several
-- people. A group goes by its smallest trainee, so that large groups cost no more than small ones; a member counts by its times with that one.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select l.lesson, l.class, b.at as class_at
    from lessons l
    join begun b on b.class = l.class
    where b.at >= $since and b.at < $until and l.cancelled_at is null and l.mode <> 'in_person'
),
sign as materialized (
    select a.lesson, a.evidence, a.trainee, a.kind, a.at as from_at, a.until as until_at, a."row" as line
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval') and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
),
-- Who is named in a row beside others.
shared as (
    select distinct s.lesson, s.evidence, s.trainee
    from (select lesson, evidence, line from sign group by lesson, evidence, line having count(*) > 1) n
    join sign s on s.lesson = n.lesson and s.evidence = n.evidence and s.line = n.line
),
stay as materialized (
    select lesson, evidence, trainee, floor(min(case when kind <> 'leave' then date_part('epoch', from_at) end)) as from_s,
        floor(max(date_part('epoch', case when kind = 'leave' then from_at else until_at end))) as until_s, min(case when kind <> 'leave' then line end) as line
    from sign
    group by lesson, evidence, trainee
),
-- Logs in which seconds say something.
log as materialized (
    select k.class, k.class_at, g.* from (
        select lesson, evidence, count(*) as present, min(from_s) as first_s, max(until_s) as last_s
        from stay
        group by lesson, evidence
        having count(*) >= $class_people and max(case when from_s <> floor(from_s / $coarse_seconds) * $coarse_seconds then 1 else 0 end) = 1
    ) g
    join asked k on k.lesson = g.lesson
),
near as (
    select distinct lesson, evidence from (
        select lesson, evidence
        from stay
        group by lesson, evidence, floor(from_s / $near_seconds), floor(until_s / $near_seconds)
        having count(*) > 2
    ) g
),
close as (
    select g.class, g.class_at, g.present, s.lesson, s.evidence, s.trainee, s.from_s, s.until_s, s.line
    from near n
    join log g on g.lesson = n.lesson and g.evidence = n.evidence
    join stay s on s.lesson = n.lesson and s.evidence = n.evidence
),
ranked as (
    select *, rank() over (partition by lesson, evidence order by from_s) - 1 as earlier,
        rank() over (partition by lesson, evidence order by until_s desc) - 1 as later
    from close
    where from_s is not null and until_s is not null
),
placed as (
    select r.*
    from shared n
    right join ranked r on r.lesson = n.lesson and r.evidence = n.evidence and r.trainee = n.trainee
    where n.trainee is null
),
shift as (
    select 0.0 as a, 0.0 as b union all select 0.5 as a, 0.0 as b union all select 0.0 as a, 0.5 as b union all select 0.5 as a, 0.5 as b
),
cell as materialized (
    select p.class, p.class_at, p.lesson, p.evidence, p.trainee, p.from_s, p.line, p.present, s.a, s.b,
        floor(p.from_s / $near_seconds + s.a) as came, floor(p.until_s / $near_seconds + s.b) as went, p.earlier, p.later
    from placed p
    cross join shift s
),
crowd as (
    select lesson, evidence, a, b, came, went, min(trainee) as anchor
    from cell
    group by lesson, evidence, a, b, came, went
    having count(*) >= $near_people and count(*) * 100 >= min(present) * $near_percent and min(earlier) * 100 >= min(present) * $apart_percent and min(later) * 100 >= min(present) * $apart_percent
),
came as (
    select lesson, evidence, from_s, count(*) as many from stay group by lesson, evidence, from_s having count(*) > 1
),
went as (
    select lesson, evidence, until_s, count(*) as many from stay group by lesson, evidence, until_s having count(*) > 1
),
grouped as (
    select g.class, g.class_at, s.lesson, s.evidence, s.trainee, s.from_s, s.line,
        min(s.trainee) over (partition by s.lesson, s.evidence, s.from_s, s.until_s) as anchor
    from came c
    join stay s on s.lesson = c.lesson and s.evidence = c.evidence and s.from_s = c.from_s
    join went w on w.lesson = s.lesson and w.evidence = s.evidence and w.until_s = s.until_s
    join log g on g.lesson = s.lesson and g.evidence = s.evidence
    left join shared n on n.lesson = s.lesson and n.evidence = s.evidence and n.trainee = s.trainee
    where n.trainee is null and c.many * 100 < g.present * $mass_percent and w.many * 100 < g.present * $mass_percent
        and s.from_s > g.first_s + $edge_seconds and s.until_s < g.last_s - $edge_seconds
),
together as (
    select class, class_at, lesson, anchor, trainee, from_s, evidence, line from grouped
    union all
    select c.class, c.class_at, c.lesson, w.anchor, c.trainee, c.from_s, c.evidence, c.line
    from crowd w
    join cell c on c.lesson = w.lesson and c.evidence = w.evidence and c.a = w.a and c.b = w.b and c.came = w.came and c.went = w.went
),
pair as (
    select class, class_at, lesson, anchor, trainee, min('{"id":"' || evidence || '","row":' || cast(line as varchar) || '}') as pointer,
        dense_rank() over (partition by class, anchor, trainee order by min(from_s)) as turn
    from together
    group by class, class_at, lesson, anchor, trainee
),
-- A stay over several lessons happened once.
counted as (
    select *, max(turn) over (partition by class, anchor, trainee) as times from pair
),
-- The smallest itself belongs to it in those lessons in which a member does.
member as (
    select *, max(case when trainee <> anchor then times else 0 end) over (partition by lesson, anchor) as most from counted
),
kept as (
    select class, class_at, lesson, trainee, min(pointer) as pointer, max(case when trainee = anchor then most else times end) as times,
        row_number() over (partition by class order by lesson, trainee) as number
    from member
    where case when trainee = anchor then most else times end >= $least_times
    group by class, class_at, lesson, trainee
)
select
    'class:' || k.class as subject,
    k.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    k.class_at as at,
    least(1.0, 0.5 + cast(max(k.times) as double) / 20) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when k.number <= 10 then k.pointer end, ',' order by k.number) || ']' as evidence,
    '{"people":' || cast(count(distinct k.trainee) as varchar) || ',"lessons":' || cast(count(distinct k.lesson) as varchar)
        || ',"most_times":' || cast(max(k.times) as varchar) || '}' as detail
from kept k
left join credits c on c.lesson = k.lesson and c.trainee = k.trainee
group by k.class, k.class_at

-- id = "lockstep"
-- version = 2
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
sign as (
    select a.lesson, a.evidence, a.trainee, a.kind, a.at as from_at, a.until as until_at, a."row" as line, count(*) over (partition by a.lesson, a.evidence, a."row") as names
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval') and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
),
stay as (
    select lesson, evidence, trainee, max(names) as names, floor(min(case when kind <> 'leave' then date_part('epoch', from_at) end)) as from_s,
        floor(max(date_part('epoch', case when kind = 'leave' then from_at else until_at end))) as until_s, min(case when kind <> 'leave' then line end) as line
    from sign
    group by lesson, evidence, trainee
),
beside as materialized (
    select k.class, k.class_at, s.lesson, s.evidence, s.trainee, s.names, s.from_s, s.until_s,
        '{"id":"' || s.evidence || '","row":' || cast(s.line as varchar) || '}' as pointer,
        count(*) over (partition by s.lesson, s.evidence) as present, count(*) over (partition by s.lesson, s.evidence, s.from_s) as same_from,
        count(*) over (partition by s.lesson, s.evidence, s.until_s) as same_until,
        min(s.from_s) over (partition by s.lesson, s.evidence) as first_s, max(s.until_s) over (partition by s.lesson, s.evidence) as last_s,
        max(case when s.from_s <> floor(s.from_s / $coarse_seconds) * $coarse_seconds then 1 else 0 end) over (partition by s.lesson, s.evidence) as fine,
        count(*) over (partition by s.lesson, s.evidence, floor(s.from_s / $near_seconds), floor(s.until_s / $near_seconds)) as near_here
    from stay s
    join asked k on k.lesson = s.lesson
),
close as (
    select * from (select *, max(near_here) over (partition by lesson, evidence) as nearest from beside where fine = 1) every
    where nearest > 2 and present >= $class_people
),
placed as (
    select *, rank() over (partition by lesson, evidence order by from_s) - 1 as earlier,
        rank() over (partition by lesson, evidence order by until_s desc) - 1 as later
    from close
    where from_s is not null and until_s is not null
),
shift as (
    select 0.0 as a, 0.0 as b union all select 0.5 as a, 0.0 as b union all select 0.0 as a, 0.5 as b union all select 0.5 as a, 0.5 as b
),
cell as materialized (
    select p.class, p.class_at, p.lesson, p.evidence, p.trainee, p.from_s, p.pointer, p.present, s.a, s.b,
        floor(p.from_s / $near_seconds + s.a) as came, floor(p.until_s / $near_seconds + s.b) as went, p.earlier, p.later
    from placed p
    cross join shift s
    where p.names = 1
),
crowd as (
    select lesson, evidence, a, b, came, went, min(trainee) as anchor
    from cell
    group by lesson, evidence, a, b, came, went
    having count(*) >= $near_people and count(*) * 100 >= min(present) * $near_percent and min(earlier) * 100 >= min(present) * $apart_percent and min(later) * 100 >= min(present) * $apart_percent
),
grouped as (
    select *, min(trainee) over (partition by lesson, evidence, from_s, until_s) as anchor
    from beside
    where fine = 1 and names = 1 and present >= $class_people and same_from > 1 and same_until > 1
        and same_from * 100 < present * $mass_percent and same_until * 100 < present * $mass_percent
        and from_s > first_s + $edge_seconds and until_s < last_s - $edge_seconds
),
together as (
    select class, class_at, lesson, anchor, trainee, from_s, pointer from grouped
    union all
    select c.class, c.class_at, c.lesson, w.anchor, c.trainee, c.from_s, c.pointer
    from cell c
    join crowd w on w.lesson = c.lesson and w.evidence = c.evidence and w.a = c.a and w.b = c.b and w.came = c.came and w.went = c.went
),
pair as (
    select class, class_at, lesson, anchor, trainee, min(pointer) as pointer,
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

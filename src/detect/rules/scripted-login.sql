-- id = "scripted-login"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "lesson"
-- scope = "class"
-- compares = ["attendance", "lessons", "credits"]
--
-- [title]
-- zh = "签到间隔整齐划一"
-- en = "Trainees sign in at equal gaps"
--
-- [parameters.least_people]
-- value = 10
-- source = "policy: nine equal gaps in a row do not happen by chance in a lesson of hundreds (below 1 in 100,000 at the densest)"
--
-- [parameters.least_gap_seconds]
-- value = 3
-- source = "policy: shorter gaps are people who come at once, or a platform that lets people in one by one"
--
-- [parameters.coarse_seconds]
-- value = 5
-- source = "policy: a log all of whose times are whole multiples of this is rounded and says nothing of seconds"
--
-- [explanation.zh]
-- seen = "本课节有 {people} 名学员依次签到，前后间隔都正好是同一秒数（最长一串 {longest} 人，间隔 {gap_seconds} 秒）。"
-- normal = "31号 三：学员线上签到注册应当真实；人签到有先有后，间隔有长有短。"
-- matters = "间隔分秒不差，像是程序按顺序逐个登录；风险金额是这些学员在本课节已计入的课时。"
-- look = "看所列签到行的时间、网络地址和设备；看这些学员离开的时间是否同样整齐；看录像和图片里有没有这些人。"
--
-- [explanation.en]
-- seen = "In this lesson {people} trainees signed in one after another at gaps equal to the second (longest row: {longest} people, gap: {gap_seconds} seconds)."
-- normal = "Notice 31, part 3: signing in has to be real. People come as they come, at gaps long and short."
-- matters = "Gaps equal to the second look like a program that signs in one account after the other; the money at risk is what these trainees were credited in this lesson."
-- look = "See times, addresses and devices of the rows named; see whether these trainees leave as evenly; see whether recordings and pictures show them."
--
-- [[innocent]]
-- zh = "平台放人有节流，每隔固定的秒数放一人。"
-- en = "The platform lets people in one by one, after a fixed number of seconds each."
-- [[innocent]]
-- zh = "平台补登时按顺序生成了签到时间。"
-- en = "The platform entered missing times afterwards, one after the other."
--
-- The first sign of each trainee counts, so that logs handed in twice and dropped connections change nothing. Recorded lessons are open for weeks: all
-- of a lesson is read. People who come in the same second (let in by the host) have no gap and end a row.
with asked as (
    select lesson, class, starts_at
    from lessons
    where cancelled_at is null and mode <> 'in_person' and starts_at >= $since and starts_at < $until
),
sign as (
    select k.lesson, k.class, k.starts_at, a.trainee, a.kind, a.at as came_at, a.evidence, a."row" as line, coalesce(a.user_agent, '') as agent,
        row_number() over (partition by k.lesson, a.trainee, a.kind = 'leave' order by a.at, a.evidence, a."row") as number,
        max(case when floor(date_part('epoch', a.at)) - floor(date_part('epoch', a.at) / $coarse_seconds) * $coarse_seconds <> 0
                or floor(date_part('epoch', a.until)) - floor(date_part('epoch', a.until) / $coarse_seconds) * $coarse_seconds <> 0
            then 1 else 0 end) over (partition by k.lesson, a.evidence) as fine
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval')
),
gap as (
    select lesson, class, starts_at, trainee, came_at, agent, fine, '{"id":"' || evidence || '","row":' || cast(line as varchar) || '}' as pointer,
        cast(round(date_part('epoch', came_at) - date_part('epoch', lag(came_at) over (partition by lesson, agent order by came_at, trainee))) as bigint)
            as seconds
    from sign
    where number = 1 and kind <> 'leave'
),
turn as (
    select *, lag(seconds) over (partition by lesson, agent order by came_at, trainee) as before from gap
),
numbered as (
    select *, sum(case when seconds = before then 0 else 1 end)
            over (partition by lesson, agent order by came_at, trainee rows between unbounded preceding and current row) as run
    from turn
),
sized as (
    select *, count(*) over (partition by lesson, agent, run) + 1 as people from numbered
),
-- Whoever the first gap of a row starts from belongs to it too.
either as (
    select *, lead(people) over (partition by lesson, agent order by came_at, trainee) as next_people,
        lead(seconds) over (partition by lesson, agent order by came_at, trainee) as next_seconds
    from sized
),
evenly as (
    select lesson, class, starts_at, trainee, pointer,
        case when people >= $least_people and seconds >= $least_gap_seconds then people else next_people end as people,
        case when people >= $least_people and seconds >= $least_gap_seconds then seconds else next_seconds end as seconds,
        row_number() over (partition by lesson order by came_at, trainee) as number
    from either
    where fine = 1 and ((people >= $least_people and seconds >= $least_gap_seconds)
        or (next_people >= $least_people and next_seconds >= $least_gap_seconds))
)
select
    'lesson:' || e.lesson as subject,
    e.class,
    e.lesson,
    cast(null as varchar) as trainee,
    e.starts_at as at,
    least(1.0, 0.5 + cast(max(e.people) as double) / 40) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when e.number <= 10 then e.pointer end, ',' order by e.number) || ']' as evidence,
    '{"people":' || cast(count(*) as varchar) || ',"longest":' || cast(max(e.people) as varchar)
        || ',"gap_seconds":' || cast(max(e.people * 1000000 + e.seconds) - max(e.people) * 1000000 as varchar) || '}' as detail
from evenly e
left join credits c on c.lesson = e.lesson and c.trainee = e.trainee
group by e.lesson, e.class, e.starts_at

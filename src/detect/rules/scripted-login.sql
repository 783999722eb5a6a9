-- id = "scripted-login"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "lesson"
-- scope = "class"
-- compares = ["attendance", "lessons", "credits"]
--
-- [title]
-- zh = "像是程序逐个登录"
-- en = "Signed in as by a program"
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
-- [parameters.stay_seconds]
-- value = 16
-- source = "policy: a program that signs out after the same time for each is late by seconds; stays of people who came one after the other differ by minutes"
--
-- [parameters.stay_percent]
-- value = 40
-- source = "policy: where everybody comes and goes as they like, below a third of a lesson stay equally long (0.30 at most in 20,000 lessons drawn by chance)"
--
-- [parameters.jitter_seconds]
-- value = 2
-- source = "policy: one second more or less at either end of a gap"
--
-- [parameters.even_percent]
-- value = 60
-- source = "policy: so many of the gaps in a row of equal stays are within the jitter of the middle one; of gaps by chance a quarter are"
--
-- [parameters.least_programs]
-- value = 3
-- source = "policy: one or two are accounts that the platform tests itself with"
--
-- [explanation.zh]
-- seen = "本课节有 {people} 名学员的签到像是由程序完成：{evenly} 人按几乎相等的间隔（约 {gap_seconds} 秒）依次签到，其中停留时长也几乎相等的一串有 {same_stay} 人；{programs} 人的客户端自称是程序而不是浏览器或应用。"
-- normal = "31号 三：学员线上签到注册应当真实；人签到有先有后，间隔有长有短，各用各的客户端。"
-- matters = "间隔、时长整齐划一，或者客户端就是程序，像是一个脚本在替人登录；风险金额是这些学员在本课节已计入的课时。"
-- look = "看所列签到行的时间、网络地址、设备和客户端；看这些学员离开的时间是否同样整齐；看录像和图片里有没有这些人。"
--
-- [explanation.en]
-- seen = "In this lesson {people} trainees were signed in as by a program: one after another at nearly equal gaps (about {gap_seconds} seconds): {evenly}; of them in one row that also stayed equally long: {same_stay}; with a client that calls itself a program, no browser or app: {programs}."
-- normal = "Notice 31, part 3: signing in has to be real. People come as they come, at gaps long and short, with clients of their own."
-- matters = "Gaps and stays that are all the same, or a client that is a program, look like a script that signs in for people; the money at risk is what these trainees were credited in this lesson."
-- look = "See times, addresses, devices and clients of the rows named; see whether these trainees leave as evenly; see whether recordings and pictures show them."
--
-- [[innocent]]
-- zh = "平台放人有节流，每隔固定的秒数放一人。"
-- en = "The platform lets people in one by one, after a fixed number of seconds each."
-- [[innocent]]
-- zh = "平台补登时按顺序生成了签到时间。"
-- en = "The platform entered missing times afterwards, one after the other."
--
-- The first sign of each trainee in each log counts, so that logs handed in twice and dropped connections change nothing. Recorded lessons are open for
-- weeks: all of a lesson is read. People who come in the same second (let in by the host) have no gap and end a row. Three ways to see a script: gaps of
-- one client equal to the second; in a live lesson stays of one length (in a window of twice stay_seconds) at gaps that are nearly equal, come over a time so
-- long that they cannot have left together; clients by name.
with asked as (
    select lesson, class, mode, starts_at
    from lessons
    where cancelled_at is null and mode <> 'in_person' and starts_at >= $since and starts_at < $until
),
stay as (
    select a.lesson, a.trainee, a.evidence, max(case when a.kind <> 'leave' then coalesce(a.user_agent, '') end) as agent,
        min(case when a.kind <> 'leave' then a.at end) as came_at, max(case when a.kind = 'leave' then a.at else a.until end) as left_at,
        -- The row of the first sign: behind its second.
        min(case when a.kind <> 'leave' then cast(floor(date_part('epoch', a.at)) as bigint) * 1000000000 + a."row" end) as line,
        max(case when floor(date_part('epoch', a.at)) - floor(date_part('epoch', a.at) / $coarse_seconds) * $coarse_seconds <> 0
                or floor(date_part('epoch', a.until)) - floor(date_part('epoch', a.until) / $coarse_seconds) * $coarse_seconds <> 0
            then 1 else 0 end) as fine
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval') and a.at >= $since - interval '2 days'
    group by a.lesson, a.trainee, a.evidence
),
sign as materialized (
    select s.lesson, trainee, evidence, agent, came_at, case when k.mode = 'live' then 1 else 0 end as live,
        cast(round(date_part('epoch', came_at)) as bigint) as came,
        cast(round(date_part('epoch', left_at) - date_part('epoch', came_at)) as bigint) as long, line, fine,
        case when lower(agent) like '%headless%' or lower(agent) like '%phantomjs%' or lower(agent) like '%selenium%' or lower(agent) like '%puppeteer%'
            or lower(agent) like '%playwright%' or lower(agent) like '%python%' or lower(agent) like '%aiohttp%' or lower(agent) like 'curl/%'
            or lower(agent) like 'wget/%' or lower(agent) like 'go-http-client%' or lower(agent) like '%postman%' then 1 else 0 end as program
    from stay s
    join asked k on k.lesson = s.lesson
    where came_at is not null
),
-- Most logs have nothing of the kind, and are done with here: so many equal gaps of one client, stays of nearly one length, or a client that is a program.
crowd as (
    select lesson, evidence, agent from sign group by lesson, evidence, agent having count(*) >= $least_people
),
gap as (
    select s.lesson, s.evidence, s.agent, came - lag(came) over (partition by s.lesson, s.evidence, s.agent order by came_at, trainee) as gap
    from sign s
    join crowd c on c.lesson = s.lesson and c.evidence = s.evidence and c.agent = s.agent
),
odd as (
    select lesson, evidence from gap where gap >= $least_gap_seconds group by lesson, evidence, agent, gap having count(*) + 1 >= $least_people
    union
    select lesson, evidence from sign where live = 1
    group by lesson, evidence, floor(cast(long as double) / (2 * $stay_seconds)) having count(*) >= $least_people
    union
    select lesson, evidence from sign where live = 1
    group by lesson, evidence, floor(cast(long + $stay_seconds as double) / (2 * $stay_seconds)) having count(*) >= $least_people
    union
    select lesson, evidence from sign where program = 1
),
-- Each stay lies in two windows of lengths, shifted by half against each other; the fuller one counts.
log as (
    select s.*, came - lag(came) over (partition by s.lesson, s.evidence, agent order by came_at, trainee) as gap,
        count(*) over (partition by s.lesson, s.evidence, floor(cast(long as double) / (2 * $stay_seconds))) as alike_here,
        count(*) over (partition by s.lesson, s.evidence, floor(cast(long + $stay_seconds as double) / (2 * $stay_seconds))) as alike_there,
        max(fine) over (partition by s.lesson, s.evidence) as fine_log, count(*) over (partition by s.lesson, s.evidence) as of_log
    from sign s
    join odd o on o.lesson = s.lesson and o.evidence = s.evidence
),
turn as (
    select *, lag(gap) over (partition by lesson, evidence, agent order by came_at, trainee) as before,
        case when alike_here >= alike_there then floor(cast(long as double) / (2 * $stay_seconds)) * 2
            else floor(cast(long + $stay_seconds as double) / (2 * $stay_seconds)) * 2 + 1 end as bin
    from log
),
numbered as (
    select *, sum(case when gap = before then 0 else 1 end)
            over (partition by lesson, evidence, agent order by came_at, trainee rows between unbounded preceding and current row) as run,
        came - lag(came) over (partition by lesson, evidence, bin order by came_at, trainee) as bin_gap
    from turn
),
sized as (
    select *, count(*) over (partition by lesson, evidence, agent, run) + 1 as people,
        case when live = 1 and long > 0 then count(*) over (partition by lesson, evidence, bin) else 0 end as alike,
        row_number() over (partition by lesson, evidence, bin order by bin_gap nulls last, trainee) as place
    from numbered
),
middle as (
    select *, max(case when place = cast(floor(cast(alike as double) / 2) as bigint) then bin_gap end) over (partition by lesson, evidence, bin) as bin_middle
    from sized
),
-- Whoever the first gap of a row starts from belongs to it too.
either as (
    select *, lead(people) over (partition by lesson, evidence, agent order by came_at, trainee) as next_people,
        lead(gap) over (partition by lesson, evidence, agent order by came_at, trainee) as next_gap,
        sum(case when bin_gap between bin_middle - $jitter_seconds and bin_middle + $jitter_seconds then 1 else 0 end)
            over (partition by lesson, evidence, bin) as even,
        max(came) over (partition by lesson, evidence, bin) - min(came) over (partition by lesson, evidence, bin) as spread,
        sum(program) over (partition by lesson, evidence) as programs
    from middle
),
told as (
    select e.lesson, k.class, k.starts_at, trainee, came_at,
        '{"id":"' || evidence || '","row":' || cast(line - cast(floor(date_part('epoch', came_at)) as bigint) * 1000000000 as varchar) || '}' as pointer,
        case when fine_log = 0 then 0 when people >= $least_people and gap >= $least_gap_seconds then people
            when next_people >= $least_people and next_gap >= $least_gap_seconds then coalesce(next_people, 0) else 0 end as in_row,
        case when people >= $least_people and gap >= $least_gap_seconds then gap else next_gap end as row_gap,
        case when fine_log = 1 and alike >= $least_people and alike * 100 >= of_log * $stay_percent and bin_middle >= $least_gap_seconds
            and spread > 4 * $stay_seconds and even * 100 >= (alike - 1) * $even_percent then alike else 0 end as same_stay,
        bin_middle, case when program = 1 and programs >= $least_programs then 1 else 0 end as program
    from either e
    join asked k on k.lesson = e.lesson
),
found as (
    select lesson, class, starts_at, trainee, min(came_at) as came_at, min(pointer) as pointer, max(in_row) as in_row, max(same_stay) as same_stay,
        max(case when in_row > 0 and in_row >= same_stay then in_row * 1000000 + row_gap
            when same_stay > 0 then same_stay * 1000000 + bin_middle end) as row_of, max(program) as program,
        row_number() over (partition by lesson order by min(came_at), trainee) as number
    from told
    where in_row > 0 or same_stay > 0 or program = 1
    group by lesson, class, starts_at, trainee
)
select
    'lesson:' || f.lesson as subject,
    f.class,
    f.lesson,
    cast(null as varchar) as trainee,
    f.starts_at as at,
    least(1.0, 0.5 + cast(greatest(max(f.in_row), max(f.same_stay), sum(f.program)) as double) / 40) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when f.number <= 10 then f.pointer end, ',' order by f.number) || ']' as evidence,
    '{"people":' || cast(count(*) as varchar) || ',"evenly":' || cast(sum(case when f.row_of is not null then 1 else 0 end) as varchar)
        || ',"longest":' || cast(greatest(max(f.in_row), max(f.same_stay)) as varchar) || ',"same_stay":' || cast(max(f.same_stay) as varchar)
        || ',"gap_seconds":' || cast(coalesce(max(f.row_of) - greatest(max(f.in_row), max(f.same_stay)) * 1000000, 0) as varchar)
        || ',"programs":' || cast(cast(sum(f.program) as bigint) as varchar) || '}' as detail
from found f
left join credits c on c.lesson = f.lesson and c.trainee = f.trainee
group by f.lesson, f.class, f.starts_at

-- id = "one-login-many-names"
-- version = 2
-- severity = "medium"
-- strength = "medium"
-- typology = "presence"
-- subject = "class"
-- scope = "class"
-- compares = ["attendance", "trainees", "lessons", "credits"]
--
-- [title]
-- zh = "一次登录算作几名学员"
-- en = "One login that stands for several trainees"
--
-- [parameters.least_lessons]
-- value = 3
-- source = "policy: where the platform names no device, two people of one name may come and go in the same minute once or twice, and not in every lesson"
--
-- [explanation.zh]
-- seen = "本班的日志里有 {logins} 个昵称，各自的同一段在线时间算给了几名学员，共 {people} 人、{lessons} 个课节。"
-- normal = "一次登录的一段时间只属于一个人；同名的人各有自己的设备和进出时间。签到应当由学员本人完成（31号 三）。"
-- matters = "一次登录最多证明一个人在场，其余的人没有单独的记录；风险金额是除价值最高的一人以外，其余各人在这些课节已计入的课时。"
-- look = "打开所列的行，看昵称、设备和匹配依据；看录像和图片里是几个人；问学员本人。"
--
-- [explanation.en]
-- seen = "In the logs of this class one and the same stay of a nickname was given to several trainees (nicknames: {logins}, people: {people}, lessons: {lessons})."
-- normal = "A stay of a login is one person's; people of the same name have devices, comings and goings of their own. Trainees are to sign in themselves (notice 31, part 3)."
-- matters = "A login shows one person at most, and there is no record of the others; the money at risk is what is credited in these lessons to all but the dearest one of each."
-- look = "Open the rows named here: nickname, device, and what the trainees were matched by; see how many people recordings and pictures show; ask the trainees."
--
-- [[innocent]]
-- zh = "夫妻或同事经同意共用一台设备一起听课。"
-- en = "A couple or colleagues sat together at one device, with consent."
-- [[innocent]]
-- zh = "两个同名的人，平台的时间只精确到分钟。"
-- en = "Two people of one name, on a platform whose times are whole minutes."
-- [[innocent]]
-- zh = "承训单位按平台的合并记录拆成每人一行。"
-- en = "The provider wrote one row a person from what the platform records together."
--
-- A stay is an interval of one log under one written name, the same in beginning and end; or one row of the file. Where the device is the same too, and
-- no other name has it (else it is a model), one is enough; else nobody under another name may have the very same times, which would be a platform's rounding, and it must happen in several lessons.
-- A row whose nickname lists people is matched to nobody and does not show here; it does once somebody has written it out as rows.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
-- Names that stand for several trainees of the class at all, then logs in which they do at one moment: few, and only those are looked at row by row. The
-- limit is never reached; it tells the planner that they are fewer than the rows, which it would otherwise hold in memory.
name as (
    select a.class, a.source_name, min(b.at) as at
    from begun b
    join attendance a on a.class = b.class
    where b.at >= $since and b.at < $until and a.trainee is not null and a.source_name is not null
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
    group by a.class, a.source_name
    having min(a.trainee) <> max(a.trainee)
),
spot as (
    select distinct e.evidence, e.lesson, e.begun_at
    from (
        select a.evidence, a.lesson, min(n.at) as begun_at
        from name n
        join attendance a on a.class = n.class and a.source_name = n.source_name
        where a.trainee is not null and a.lesson is not null and a.kind not in ('waiting_room', 'away', 'total', 'mark')
            and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
        group by a.evidence, a.lesson, a.source_name, a.kind, a.at, a.until
        having min(a.trainee) <> max(a.trainee)
    ) e
    limit 1000000
),
told as (
    select a.class, s.begun_at, a.lesson, a.trainee, t.person, a.kind, a.device, a.source_name as login,
        '{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}' as pointer,
        case when min(t.person) over (partition by a.evidence, a.lesson, a.source_name, a."row")
            <> max(t.person) over (partition by a.evidence, a.lesson, a.source_name, a."row") then 1 else 0 end as one_row,
        case when a.kind = 'interval'
            and min(t.person) over (partition by a.evidence, a.lesson, a.source_name, a.kind, a.device, a.at, a.until)
            <> max(t.person) over (partition by a.evidence, a.lesson, a.source_name, a.kind, a.device, a.at, a.until) then 1 else 0 end as one_stay,
        count(*) over (partition by a.evidence, a.lesson, a.kind, a.at, a.until)
            - count(*) over (partition by a.evidence, a.lesson, a.kind, a.at, a.until, a.source_name) as strangers,
        count(*) over (partition by a.evidence, a.lesson, a.device) - count(*) over (partition by a.evidence, a.lesson, a.device, a.source_name) as models
    from spot s
    join attendance a on a.evidence = s.evidence and a.lesson = s.lesson
    join lessons l on l.lesson = a.lesson
    join trainees t on t.trainee = a.trainee
    where l.cancelled_at is null and a.source_name is not null and a.kind not in ('waiting_room', 'away', 'total', 'mark')
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
),
alike as materialized (
    select *, case when one_row = 1 or (device is not null and models = 0) then 1 else 0 end as sure
    from told
    where one_row = 1 or (one_stay = 1 and ((device is not null and models = 0) or strangers = 0))
),
often as (
    select class, login from alike group by class, login having max(sure) = 1 or count(distinct lesson) >= $least_lessons
),
shared as (
    select a.class, a.begun_at, a.lesson, a.login, a.trainee, min(a.person) as person, min(a.pointer) as pointer
    from alike a
    join often o on o.class = a.class and o.login = a.login
    group by a.class, a.begun_at, a.lesson, a.login, a.trainee
),
worth as (
    select s.*, coalesce(c.worth_fen, 0) as fen,
        row_number() over (partition by s.lesson, s.login order by coalesce(c.worth_fen, 0) desc, s.trainee) as place,
        row_number() over (partition by s.class, s.pointer order by s.trainee) as nth,
        row_number() over (partition by s.class order by s.login, s.lesson, s.trainee) as number
    from shared s
    left join credits c on c.lesson = s.lesson and c.trainee = s.trainee
),
counted as (
    select w.class, min(w.begun_at) as at, count(distinct w.login) as logins, count(distinct w.person) as people, count(distinct w.lesson) as lessons,
        sum(case when w.place > 1 then w.fen else 0 end) as fen,
        string_agg(case when w.nth = 1 and w.number <= 10 then w.pointer end, ',' order by w.number) as pointers
    from worth w
    group by w.class
)
select
    'class:' || c.class as subject,
    c.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    c.at,
    least(1.0, 0.4 + cast(c.people as double) / 20 + cast(c.lessons as double) / 20) as score,
    cast(c.fen as bigint) as money_fen,
    '[' || c.pointers || ']' as evidence,
    '{"logins":' || cast(c.logins as varchar) || ',"people":' || cast(c.people as varchar) || ',"lessons":' || cast(c.lessons as varchar) || '}' as detail
from counted c

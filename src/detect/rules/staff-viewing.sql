-- id = "staff-viewing"
-- version = 2
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "class"
-- scope = "class"
-- compares = ["listed", "attendance", "classes", "lessons", "credits"]
--
-- [title]
-- zh = "机构工作人员的设备替学员上课"
-- en = "The provider's own devices attend as trainees"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: a member of staff who is on the roster is one person, and a device lent in need serves one or two"
--
-- [parameters.least_days]
-- value = 2
-- source = "fraud patterns: staff watch in the trainees' place over days; a single day may be a lesson held in the provider's own rooms"
--
-- [explanation.zh]
-- seen = "承训单位自己登记的工作人员设备（{devices} 台）以 {people} 名学员的身份上了本班的 {lessons} 个课节，分布在 {days} 天。"
-- normal = "工作人员的设备用来授课和管理；学员用自己的或者机房的设备上课。"
-- matters = "用机构的设备登录的，是工作人员而不是学员；风险金额是这些学员在这些课节已计入的课时。"
-- look = "看所列的登录行和设备名单里的行；看这些课节的录像和图片里是谁；问学员本人是否上过课。"
--
-- [explanation.en]
-- seen = "Devices that are registered as the provider's own staff's ({devices}) attended as {people} trainees of this class; lessons: {lessons}, days: {days}."
-- normal = "Devices of staff are for teaching and running the class; trainees attend on devices of their own or of a computer room."
-- matters = "Whoever signs in on the provider's own devices is its staff and not the trainee; the money at risk is what these trainees were credited in these lessons."
-- look = "See the rows of signing in and the rows of the list of devices named here; see who is in recordings and pictures of these lessons; ask the trainees."
--
-- [[innocent]]
-- zh = "名单里误登了机房或出借给学员的设备。"
-- en = "The list has devices of a computer room, or devices that are lent to trainees."
-- [[innocent]]
-- zh = "设备已经转给学员使用，名单没有更新。"
-- en = "A device was passed on to trainees and the list was not brought up to date."
-- [[innocent]]
-- zh = "平台给的设备标识只是型号，许多设备相同。"
-- en = "What the platform calls a device is a model that many devices share."
--
-- A device on the list of the class's provider, in its days, with which so many trainees of the class were signed in, on so many days. The whole class is
-- read, since the days make the difference.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select k.class, k.provider, b.at
    from classes k
    join begun b on b.class = k.class
    where b.at >= $since and b.at < $until
),
own as (
    select k.class, k.at, x.value as device, coalesce(x.from_on, '0000-01-01') as first_day, coalesce(x.until_on, '9999-12-31') as last_day,
        '{"id":"' || x.evidence || '","row":' || cast(x."row" as varchar) || '}' as pointer
    from listed x
    join asked k on k.provider = x.provider
    where x.list = 'staff_device'
),
seen as materialized (
    select a.class, a.device, a.trainee, a.lesson, to_char(a.at + interval '8 hours', '%Y-%m-%d') as on_day, min(o.at) as at, min(o.pointer) as listed_as,
        min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer
    from attendance a
    join own o on o.class = a.class and o.device = a.device
    where a.trainee is not null and a.lesson is not null and a.kind not in ('waiting_room', 'away', 'total', 'mark')
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
        and to_char(a.at + interval '8 hours', '%Y-%m-%d') >= o.first_day and to_char(a.at + interval '8 hours', '%Y-%m-%d') <= o.last_day
    group by a.class, a.device, a.trainee, a.lesson, to_char(a.at + interval '8 hours', '%Y-%m-%d')
),
serving as (
    select class, device
    from seen
    group by class, device
    having count(distinct trainee) >= $least_people and count(distinct on_day) >= $least_days
),
attended as materialized (
    select s.*
    from seen s
    join serving d on d.class = s.class and d.device = s.device
),
counted as (
    select class, min(t.at) as at, count(distinct device) as devices, count(distinct trainee) as people, count(distinct lesson) as lessons,
        count(distinct on_day) as days
    from attended t
    group by class
),
credited as (
    select p.class, sum(c.worth_fen) as fen
    from (select distinct class, trainee, lesson from attended) p
    join credits c on c.lesson = p.lesson and c.trainee = p.trainee
    group by p.class
),
pointer as (
    select class, string_agg(pointer, ',' order by kind, pointer) as pointers
    from (
        select class, kind, pointer, row_number() over (partition by class, kind order by pointer) as number
        from (
            select class, 1 as kind, min(pointer) as pointer from attended group by class, trainee
            union all
            select class, 2 as kind, min(listed_as) as pointer from attended group by class, device
        ) each
    ) numbered
    where number <= 5
    group by class
)
select
    'class:' || c.class as subject,
    c.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    c.at,
    least(1.0, 0.5 + cast(c.people as double) / 20) as score,
    cast(coalesce(m.fen, 0) as bigint) as money_fen,
    '[' || p.pointers || ']' as evidence,
    '{"devices":' || cast(c.devices as varchar) || ',"people":' || cast(c.people as varchar) || ',"lessons":' || cast(c.lessons as varchar)
        || ',"days":' || cast(c.days as varchar) || '}' as detail
from counted c
join pointer p on p.class = c.class
left join credited m on m.class = c.class

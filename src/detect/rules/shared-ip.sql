-- id = "shared-ip"
-- version = 2
-- severity = "low"
-- strength = "weak"
-- typology = "presence"
-- subject = "class"
-- scope = "past"
-- compares = ["attendance", "classes", "lessons", "providers", "listed", "credits"]
--
-- [title]
-- zh = "一个网络地址、少数设备签到许多人"
-- en = "One address and few devices sign in many people"
--
-- [parameters.least_people]
-- value = 10
-- source = "policy: a household or a small office that shares an address has fewer people in one lesson"
--
-- [parameters.least_days]
-- value = 2
-- source = "policy: a single day may have been held together in one place"
--
-- [parameters.most_people]
-- value = 500
-- source = "policy: addresses of more people than that are a mobile carrier's or a platform's own"
--
-- [parameters.most_providers]
-- value = 3
-- source = "policy: addresses at which trainees of more providers are seen are a carrier's"
--
-- [parameters.devices_percent]
-- value = 30
-- source = "policy: in a shared office or a computer room everybody has a device; ten accounts on three devices do not"
--
-- [explanation.zh]
-- seen = "本班有 {people} 名学员从 {addresses} 个网络地址签到，这些地址不在承训单位登记的网络里，每节课至少 {least_people} 人，分布在 {days} 天；所见设备或浏览器标识最多 {devices} 种，同一地址涉及 {classes} 个班次。"
-- normal = "培训机构的学员来自各处，网络地址各不相同；集中上课的地点由承训单位登记网络。"
-- matters = "许多人同一地址、设备又很少，可能是少数人在替别人签到；单独看不说明问题。风险金额是这些学员在这些课节已计入的课时。"
-- look = "问承训单位这个地址是什么地方，属实的补登记到网络名单；再看同一设备多人签到等其他发现。"
--
-- [explanation.en]
-- seen = "{people} trainees of this class signed in from {addresses} addresses that the provider has not listed, at least {least_people} in each lesson, on {days} days; at most {devices} devices or clients are seen there, and classes at one address: {classes}."
-- normal = "Trainees of an institution come from many places and addresses; a place where they are taught together is listed by the provider."
-- matters = "Many people at one address with few devices may be few who sign in for others; alone it says little. The money at risk is what these trainees were credited in these lessons."
-- look = "Ask the provider what place the address is, and have it listed if it is genuine; see other findings, such as one device with many people."
--
-- [[innocent]]
-- zh = "集中在机房上课，平台只记浏览器标识，机房的网络没有登记。"
-- en = "They were taught in a computer room, the platform knows browsers alone, and the room's network was not listed."
-- [[innocent]]
-- zh = "移动运营商让许多用户共用一个出口地址。"
-- en = "A mobile carrier lets many customers share one address."
-- [[innocent]]
-- zh = "企业委托机构培训，职工都在厂里的网络上。"
-- en = "An enterprise had its staff trained by the institution, and all of them were on its network."
--
-- Institutions only: an enterprise's own staff share its network. Where rows say neither device nor browser, nobody can tell an office from a desk, and
-- nothing is said. Private (RFC 1918; 100. for RFC 6598) and loopback addresses are the platform's own inside; the list has numbers for IPv4 alone.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select k.class, k.provider, b.at as class_at
    from classes k
    join begun b on b.class = k.class
    join providers v on v.provider = k.provider
    where b.at >= $since and b.at < $until and v.kind <> 'enterprise'
),
near as (
    select distinct a.ip
    from attendance a
    join asked k on k.class = a.class
    where a.trainee is not null and a.kind in ('join', 'interval') and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
        and a.ip like '%.%.%.%' and a.ip not like '%:%' and a.ip not like '10.%' and a.ip not like '192.168.%' and a.ip not like '100.%'
        and a.ip not like '127.%'
        and substr(a.ip, 1, 7) not in ('172.16.', '172.17.', '172.18.', '172.19.', '172.20.', '172.21.', '172.22.', '172.23.', '172.24.', '172.25.', '172.26.',
            '172.27.', '172.28.', '172.29.', '172.30.', '172.31.')
),
many as (
    select a.ip, count(distinct a.class) as classes, cast(try_cast(split_part(a.ip, '.', 1) as bigint) * 16777216 + try_cast(split_part(a.ip, '.', 2) as bigint)
            * 65536 + try_cast(split_part(a.ip, '.', 3) as bigint) * 256 + try_cast(split_part(a.ip, '.', 4) as bigint) as bigint) as number
    from attendance a
    join near n on n.ip = a.ip
    where a.trainee is not null and a.kind in ('join', 'interval')
    group by a.ip
    having count(distinct a.trainee) >= $least_people and count(distinct a.trainee) <= $most_people and count(distinct a.provider) <= $most_providers
),
sign as (
    select k.class, k.class_at, k.provider, a.lesson, a.trainee, a.ip, m.classes, m.number, to_char(a.at + interval '8 hours', '%Y-%m-%d') as on_day,
        min(coalesce(a.device, a.user_agent)) as mark, min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer
    from attendance a
    join many m on m.ip = a.ip
    join asked k on k.class = a.class
    join lessons l on l.lesson = a.lesson
    where a.trainee is not null and a.kind in ('join', 'interval') and l.cancelled_at is null and l.mode <> 'in_person'
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
    group by k.class, k.class_at, k.provider, a.lesson, a.trainee, a.ip, m.classes, m.number, to_char(a.at + interval '8 hours', '%Y-%m-%d')
),
strange as (
    select s.*, count(*) over (partition by s.ip, s.lesson, s.on_day) as present
    from sign s
    left join listed x on x.list = 'provider_network' and x.provider = s.provider and x.ip_from <= s.number and x.ip_until >= s.number
        and s.on_day >= coalesce(x.from_on, '0000-01-01') and s.on_day <= coalesce(x.until_on, '9999-12-31')
    where x.list is null
),
-- Distinct people, marks and days at an address, as the highest rank.
ranked as (
    select *, dense_rank() over (partition by ip, class order by trainee) as person_rank, dense_rank() over (partition by ip, class order by mark) as mark_rank,
        dense_rank() over (partition by ip, class order by on_day) as day_rank,
        max(case when mark is null then 1 else 0 end) over (partition by ip, class) as unmarked
    from strange
    where present >= $least_people
),
sized as (
    select *, max(person_rank) over (partition by ip, class) as people, max(mark_rank) over (partition by ip, class) as marks,
        max(day_rank) over (partition by ip, class) as days
    from ranked
),
one as (
    select class, class_at, lesson, trainee, min(ip) as ip, max(classes) as classes, max(marks) as marks, min(on_day) as on_day, max(days) as days,
        min(pointer) as pointer, row_number() over (partition by class order by lesson, trainee) as number
    from sized
    where unmarked = 0 and days >= $least_days and marks * 100 <= people * $devices_percent
    group by class, class_at, lesson, trainee
)
select
    'class:' || o.class as subject,
    o.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    o.class_at as at,
    least(1.0, 0.3 + cast(count(distinct o.trainee) as double) / 100) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when o.number <= 10 then o.pointer end, ',' order by o.number) || ']' as evidence,
    '{"people":' || cast(count(distinct o.trainee) as varchar) || ',"addresses":' || cast(count(distinct o.ip) as varchar)
        || ',"days":' || cast(max(o.days) as varchar) || ',"devices":' || cast(max(o.marks) as varchar) || ',"classes":' || cast(max(o.classes) as varchar)
        || ',"least_people":' || cast($least_people as varchar) || '}' as detail
from one o
left join credits c on c.lesson = o.lesson and c.trainee = o.trainee
group by o.class, o.class_at

-- id = "shared-device"
-- version = 2
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "device"
-- scope = "past"
-- compares = ["attendance", "lessons", "trainees", "listed", "credits"]
--
-- [title]
-- zh = "一台设备接连替多人签到"
-- en = "One device signs in many people"
--
-- [parameters.least_people]
-- value = 5
-- source = "fraud patterns: many trainees on one device within minutes; a household or a desk that is shared has up to four people"
--
-- [parameters.most_people]
-- value = 60
-- source = "policy: what more people than that have in common is the name of a model or a copied image of a computer room, not one device"
--
-- [parameters.least_providers]
-- value = 4
-- source = "policy: the name of a model turns up at every provider of a platform; where there are so many and only one of them has it, it is a device, however many people use it"
--
-- [parameters.least_times]
-- value = 2
-- source = "policy: once, people may have watched together at one desk because something was broken; across classes once is enough"
--
-- [parameters.handover_minutes]
-- value = 5
-- source = "policy: in a computer room the next person comes when the lesson is over; signing in one account after another takes a minute or two each"
--
-- [parameters.overlap_minutes]
-- value = 10
-- source = "policy: a client that was left open when the seat changed runs on for some minutes"
--
-- [parameters.least_characters]
-- value = 12
-- source = "policy: identifiers of devices are long and without blanks (16 hexadecimal digits, UUID); names of models are shorter or have blanks"
--
-- [explanation.zh]
-- seen = "同一台设备以本班 {people} 名学员的身份签到，涉及本班 {lessons} 个课节；一次接连或同时签到的最多 {most_at_once} 人，涉及 {classes} 个班次。"
-- normal = "31号 三：留存能够证明培训真实性的线上签到注册资料；一台设备同一时间一个人用，机房换座位要等一节课结束。"
-- matters = "几分钟内在一台设备上换多个账号签到，多半是一个人在替别人签到；风险金额是这些学员在这些课节已计入的课时。"
-- look = "看所列的签到行的时间和网络地址；看录像和图片里有几个人；问平台这个设备标识怎么取得。"
--
-- [explanation.en]
-- seen = "One device signed in {people} trainees of this class, in lessons of the class: {lessons}; at most {most_at_once} people at once or one right after another, classes: {classes}."
-- normal = "Notice 31, part 3: signing in is kept to prove that training is real. One person at a time uses a device, and in a computer room seats change between lessons."
-- matters = "Several accounts within minutes on one device are mostly one person signing in for others; the money at risk is what these trainees were credited in these lessons."
-- look = "See times and addresses of the rows named; see how many people are in recordings and pictures; ask the platform how it identifies a device."
--
-- [[innocent]]
-- zh = "几名学员在一台电脑前一起听课，轮流签到。"
-- en = "Some trainees watched together in front of one computer and signed in one after another."
-- [[innocent]]
-- zh = "机房的电脑由同一镜像安装，平台取到的设备标识相同。"
-- en = "Computers of a room were installed from one image, and the platform sees the same identifier for all of them."
-- [[innocent]]
-- zh = "平台给的设备标识只是型号，许多设备相同。"
-- en = "What the platform calls a device is a model that many devices share."
--
-- Stays of different people on one device (and address) that begin within minutes of each other, or run side by side for long, make a burst; a seat of a
-- computer room makes none. Devices that the provider listed as its staff's are left to staff-viewing. A stay ends with its live lesson at the latest.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
near as (
    select distinct a.platform, a.device
    from attendance a
    join begun b on b.class = a.class
    where b.at >= $since and b.at < $until and a.trainee is not null and a.kind in ('join', 'interval')
        and length(a.device) >= $least_characters and a.device not like '% %'
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
),
many as (
    select a.platform, a.device
    from attendance a
    join near n on n.platform = a.platform and n.device = a.device
    join (select platform, count(distinct provider) as providers from classes group by platform) f on f.platform = a.platform
    where a.trainee is not null and a.kind in ('join', 'interval')
    group by a.platform, a.device, f.providers
    having count(distinct a.trainee) >= $least_people
        and (count(distinct a.trainee) <= $most_people or (f.providers >= $least_providers and min(a.provider) = max(a.provider)))
),
sign as (
    select a.platform, a.device, coalesce(a.ip, '') as ip, a.lesson, a.trainee, a.kind, a.at, a.until,
        '{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}' as pointer,
        lead(a.at) over (partition by a.evidence, a.lesson, a.device, a.trainee order by a.at, a."row") as next_at,
        lead(a.kind) over (partition by a.evidence, a.lesson, a.device, a.trainee order by a.at, a."row") as next_kind
    from attendance a
    join many m on m.platform = a.platform and m.device = a.device
    where a.trainee is not null and a.kind in ('join', 'leave', 'interval')
),
stay as (
    select s.platform, s.device, s.ip, l.class, s.lesson, s.trainee, t.person, s.pointer, s.at as from_at,
        least(case when s.kind = 'interval' then coalesce(s.until, s.at) when s.next_kind = 'leave' then s.next_at else s.at end,
            case when l.mode = 'recorded' then null else l.ends_at end) as until_at
    from sign s
    join lessons l on l.lesson = s.lesson
    join trainees t on t.trainee = s.trainee
    left join listed x on x.list = 'staff_device' and x.provider = l.provider and x.value = s.device
        and to_char(s.at + interval '8 hours', '%Y-%m-%d') >= coalesce(x.from_on, '0000-01-01')
        and to_char(s.at + interval '8 hours', '%Y-%m-%d') <= coalesce(x.until_on, '9999-12-31')
    where s.kind <> 'leave' and x.list is null and l.cancelled_at is null
),
beside as (
    select *, lag(from_at) over (partition by platform, device, ip order by from_at, trainee, lesson, pointer) as before,
        max(until_at) over (partition by platform, device, ip order by from_at, trainee, lesson, pointer rows between unbounded preceding and 1 preceding)
            as reached
    from stay
),
burst as (
    select *, sum(case when date_part('epoch', from_at) - date_part('epoch', before) <= $handover_minutes * 60
            or least(date_part('epoch', reached), date_part('epoch', until_at)) - date_part('epoch', from_at) >= $overlap_minutes * 60 then 0 else 1 end)
            over (partition by platform, device, ip order by from_at, trainee, lesson, pointer rows between unbounded preceding and current row) as number
    from beside
),
-- Distinct people and classes of a burst, as the highest rank.
ranked as (
    select *, dense_rank() over (partition by platform, device, ip, number order by person) as person_rank,
        dense_rank() over (partition by platform, device, ip, number order by class) as class_rank
    from burst
),
sized as (
    select *, max(person_rank) over (partition by platform, device, ip, number) as people,
        max(class_rank) over (partition by platform, device, ip, number) as classes
    from ranked
),
-- A stay over several lessons of one meeting happened once.
timed as (
    select *, dense_rank() over (partition by device, class order by platform, ip, number) as turn from sized where people >= $least_people
),
served as (
    select device, class, lesson, trainee, min(person) as person, min(pointer) as pointer, max(people) as people, max(classes) as classes, max(turn) as turn,
        row_number() over (partition by device, class order by min(from_at), lesson, trainee) as number
    from timed
    group by device, class, lesson, trainee
)
select
    'device:' || s.device as subject,
    s.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    min(b.at) as at,
    least(1.0, 0.5 + cast(max(s.people) as double) / 20) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when s.number <= 10 then s.pointer end, ',' order by s.number) || ']' as evidence,
    '{"people":' || cast(count(distinct s.person) as varchar) || ',"lessons":' || cast(count(distinct s.lesson) as varchar)
        || ',"most_at_once":' || cast(max(s.people) as varchar) || ',"classes":' || cast(max(s.classes) as varchar) || '}' as detail
from served s
join begun b on b.class = s.class
left join credits c on c.lesson = s.lesson and c.trainee = s.trainee
where b.at >= $since and b.at < $until
group by s.device, s.class
having max(s.classes) > 1 or (max(s.turn) >= $least_times and count(distinct s.lesson) >= $least_times)

-- id = "burst"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "plan"
-- subject = "provider"
-- scope = "all"
-- compares = ["classes", "lessons", "providers"]
--
-- [title]
-- zh = "列入目录后或截止前开班数突增"
-- en = "A jump of classes after listing or before a deadline"
--
-- [parameters.near_weeks]
-- value = 2
-- source = "policy: what begins in the two weeks after listing, or before a deadline, may begin because of it"
--
-- [parameters.deadline]
-- value = "2021-12-31"
-- source = "31号 一（一）: 陕西省职业技能提升行动实施方案（2019-2021年） ends then, and with it the subsidy"
--
-- [parameters.least_classes]
-- value = 8
-- source = "policy: fewer classes in a week can be begun by any provider"
--
-- [parameters.times]
-- value = 4
-- source = "policy: twice or three times as many is a busy week"
--
-- [parameters.peer_times]
-- value = 2
-- source = "policy: where all providers begin more, as after holidays or when a notice comes out, one has to rise twice as much as they do"
--
-- [parameters.least_weeks]
-- value = 8
-- source = "policy: of less than two months nobody can say what is usual"
--
-- [explanation.zh]
-- seen = "{week} 起的一周该机构有 {classes} 个班开始上课，在{because_zh}；其他各周平均 {usual} 个，同一周其他机构合计是平时的 {peers} 倍。"
-- normal = "各周的开班数相差不大，或者与其他机构一起增减。"
-- matters = "集中开班可能是为了赶在期限内套取补贴，师资和场地未必跟得上；单凭数量不计风险金额。"
-- look = "看这些班的教师、学员和时间有没有重复；看证据是否齐全；与申请材料里的师资和规模对照。"
--
-- [explanation.en]
-- seen = "In the week from {week}, {because_en}, {classes} classes of this provider began; in other weeks {usual} on average, and all other providers were at {peers} times their usual."
-- normal = "Weeks of a provider differ little, or it rises and falls with the others."
-- matters = "Many classes at once may be begun for the subsidy alone, with too few teachers and rooms; numbers alone put no money at risk."
-- look = "See whether these classes share teachers, trainees and times; whether their evidence is complete; compare teachers and size with the application."
--
-- [[innocent]]
-- zh = "一家大企业委托培训，学员分成许多班同时开。"
-- en = "A large enterprise entrusted the training of its staff, which began in many groups at once."
-- [[innocent]]
-- zh = "列入目录前已经招好学员，列入后一起开班。"
-- en = "Trainees had been enrolled before the listing and all began with it."
-- [[innocent]]
-- zh = "以前的班没有登记，补录时按实际日期集中。"
-- en = "Earlier classes were not entered, and only those of some weeks were filed afterwards."
--
-- A class counts in the week, from Monday in China, of its first lesson. A provider's other weeks are those from its first class to the last week of all
-- providers, or of its listing; the strongest week alone is found, and only near its listing, the listing's end, or the deadline.
with begun as (
    select k.provider, k.class, min(l.starts_at) as at,
        cast(floor((floor((date_part('epoch', min(l.starts_at)) + 28800) / 86400) + 3) / 7) as bigint) as week
    from classes k
    join lessons l on l.class = k.class
    where l.cancelled_at is null
    group by k.provider, k.class
),
weekly as (
    select provider, week, count(*) as many, min(b.at) as at from begun b group by provider, week
),
beside as (
    select *, sum(many) over (partition by provider) as own, min(week) over (partition by provider) as first_week,
        sum(many) over (partition by week) as together, sum(many) over () as everyone, min(week) over () as first_of_all, max(week) over () as last_of_all
    from weekly
),
listing as (
    select provider, cast(floor((date_part('epoch', cast(listed_from as timestamp)) / 86400 + 3) / 7) as bigint) as listed,
        cast(floor((date_part('epoch', cast(listed_until as timestamp)) / 86400 + 3) / 7) as bigint) as unlisted
    from providers
),
near as (
    select b.*, greatest(1, least(b.last_of_all, coalesce(p.unlisted, b.last_of_all)) - b.first_week) as other_weeks,
        case when b.week >= p.listed and b.week < p.listed + $near_weeks then 1
            when b.week <= p.unlisted and b.week > p.unlisted - $near_weeks then 2
            when b.week <= floor((date_part('epoch', cast($deadline as timestamp)) / 86400 + 3) / 7)
                and b.week > floor((date_part('epoch', cast($deadline as timestamp)) / 86400 + 3) / 7) - $near_weeks then 3 else 0 end as because
    from beside b
    left join listing p on p.provider = b.provider
),
compared as (
    select *, cast(own - many as double) / other_weeks as usual, cast(many as double) / greatest(1.0, cast(own - many as double) / other_weeks) as rise,
        cast(together - many as double)
            / greatest(1.0, cast(everyone - own - (together - many) as double) / greatest(1, last_of_all - first_of_all)) as peers
    from near
),
jump as (
    select *, row_number() over (partition by provider order by rise desc, week) as number
    from compared
    where because > 0 and many >= $least_classes and other_weeks >= $least_weeks and rise >= $times and rise >= $peer_times * peers
)
select
    'provider:' || j.provider as subject,
    cast(null as varchar) as class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    j.at,
    least(1.0, cast(j.rise as double) / (5 * $times)) as score,
    cast(0 as bigint) as money_fen,
    '[]' as evidence,
    '{"week":"' || to_char(to_timestamp_seconds((j.week * 7 - 3) * 86400), '%Y-%m-%d') || '","classes":' || cast(j.many as varchar)
        || ',"usual":' || cast(round(j.usual, 1) as varchar) || ',"peers":' || cast(round(j.peers, 1) as varchar)
        || case j.because when 1 then ',"because_zh":"列入目录之后不久","because_en":"soon after it was listed"'
            when 2 then ',"because_zh":"移出目录之前不久","because_en":"shortly before its listing ended"'
            else ',"because_zh":"补贴截止之前不久","because_en":"shortly before the subsidy ended"' end || '}' as detail
from jump j
where j.number = 1 and j.at >= $since and j.at < $until

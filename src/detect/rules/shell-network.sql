-- id = "shell-network"
-- version = 3
-- severity = "medium"
-- strength = "medium"
-- typology = "identity"
-- subject = "provider"
-- scope = "all"
-- compares = ["classes", "lessons", "trainees", "attendance", "media_matches", "evidence", "listed"]
--
-- [title]
-- zh = "几家机构之间有多种联系"
-- en = "Providers that are tied in more than one way"
--
-- [parameters.least_kinds]
-- value = 2
-- source = "policy: an enterprise and the institution it entrusts (31号 一（二）) share one thing, an account or a room; what shares accounts, contacts and rooms is one hand"
--
-- [parameters.most_providers]
-- value = 5
-- source = "policy: what many providers share is a public computer room, a mobile network's address, a finance centre or a published course"
--
-- [parameters.least_places]
-- value = 3
-- source = "policy: one or two devices or addresses in common are chance, or somebody who moved"
--
-- [parameters.least_phones]
-- value = 3
-- source = "policy: a household on one phone may be trained at two providers, three households at the same two seldom"
--
-- [parameters.least_media]
-- value = 2
-- source = "policy: one recording or picture in common may have been sent to the wrong class"
--
-- [explanation.zh]
-- seen = "该机构与另外 {others} 家机构各有至少两种联系：共用收款账号 {accounts} 个，不同学员共用的设备或网络地址 {places} 个，不同学员共用的电话 {phones} 个，相同的录像或图片 {media} 份。"
-- normal = "各承训单位有自己的账号、场地、学员和录像；一家企业和受托机构之间通常只有一种联系。名单里的机构网络、公用课件和许多机构共有的不算。"
-- matters = "几家名义不同的机构可能由同一批人经办，同一次培训可能申报几次。联系本身不说明课时有假，所以不计风险金额。"
-- look = "看关系图和所列的行；查登记信息、经办人和账号；比较这些机构的花名册、课表和录像。"
--
-- [explanation.en]
-- seen = "This provider has at least two kinds of ties with each of {others} others: accounts in common {accounts}, devices or addresses of different trainees {places}, phones of different trainees {phones}, the same recordings or pictures {media}."
-- normal = "Providers have accounts, rooms, trainees and recordings of their own; an enterprise and the institution it entrusts share one thing. Listed networks, listed material and what many providers share do not count."
-- matters = "Providers of different names may be run by the same people, and one training may be claimed more than once. Ties alone do not make hours false, so no money is counted."
-- look = "See the graph and the rows named here; look at registrations, contacts and accounts; compare rosters, timetables and recordings of these providers."
--
-- [[innocent]]
-- zh = "同一集团的几家单位，由一个中心办理培训。"
-- en = "Companies of one group, whose training is run by one centre."
-- [[innocent]]
-- zh = "企业委托机构培训，场地、账号和联系人都用企业的。"
-- en = "An enterprise entrusted an institution, which uses its rooms, its account and its contacts."
-- [[innocent]]
-- zh = "机构更名或合并，登记了两次。"
-- en = "A provider changed its name or was merged, and is registered twice."
--
-- A device and an address are one kind, a place: whoever shares a computer room shares both. A place or phone counts where the two providers have different
-- people there, so that somebody who was trained at both ties nobody. The finding stands at the first lesson of the provider.
with begun as (
    select k.provider, min(l.starts_at) as at from lessons l join classes k on k.class = l.class group by k.provider
),
asked as (
    select b.provider, b.at from begun b where b.at >= $since and b.at < $until
),
used as (
    select 'place' as kind, case n.number when 1 then 'device ' || p.device else p.ip end as value, p.provider, t.person,
        '{"id":"' || p.evidence || '"}' as pointer
    from (
        select provider, trainee, device, ip, min(evidence) as evidence
        from attendance
        where provider is not null and trainee is not null and (device is not null or ip is not null)
        group by provider, trainee, device, ip
    ) p
    join trainees t on t.trainee = p.trainee
    cross join (select 1 as number union all select 2 as number) n
    where case n.number when 1 then p.device else p.ip end is not null
    union all
    select 'phone' as kind, t.phone_key as value, t.provider, t.person, null as pointer
    from (select phone_key from trainees where phone_key is not null group by phone_key having min(provider) <> max(provider)) f
    join trainees t on t.phone_key = f.phone_key
    where t.phone_fault is null
    union all
    select 'account' as kind, account_key as value, provider, provider as person, null as pointer from classes where account_key is not null
    union all
    select 'media' as kind, m.value, e.provider, e.provider as person, '{"id":"' || e.evidence || '"}' as pointer
    from (
        select x.evidence || ' ' || x.other as value, case n.number when 1 then x.evidence else x.other end as evidence
        from media_matches x
        cross join (select 1 as number union all select 2 as number) n
        where x.kind in ('bytes', 'coded', 'picture', 'recording') and x.tier in ('exact', 'strong')
    ) m
    join evidence e on e.evidence = m.evidence
    where e.provider is not null
        and e.digest not in (select value from listed where list = 'course_material' and value is not null)
),
held as (
    select kind, value, provider, min(person) as low, max(person) as high, min(pointer) as pointer, count(*) over (partition by kind, value) as providers,
        case when kind = 'place' and value like '%.%.%.%' then try_cast(split_part(value, '.', 1) as bigint) * 16777216
            + try_cast(split_part(value, '.', 2) as bigint) * 65536 + try_cast(split_part(value, '.', 3) as bigint) * 256
            + try_cast(split_part(value, '.', 4) as bigint) end as address
    from used
    group by kind, value, provider
),
shared as materialized (
    select h.kind, h.value, h.provider, h.low, h.high, h.pointer
    from (select ip_from, ip_until, value as network from listed where list = 'provider_network') x
    right join held h on x.network = h.value or (h.address >= x.ip_from and h.address <= x.ip_until)
    where h.providers >= 2 and h.providers <= $most_providers and x.network is null
),
pair as (
    select a.provider, b.provider as other, a.kind, count(*) as many, min(a.pointer) as one, min(b.pointer) as two
    from shared a
    join shared b on b.kind = a.kind and b.value = a.value and b.provider <> a.provider
    where a.low <> b.low or a.high <> b.high or a.low <> a.high
    group by a.provider, b.provider, a.kind
),
tie as (
    select *, count(*) over (partition by provider, other) as kinds, row_number() over (partition by provider order by kind, other) as number
    from pair
    where many >= case kind when 'place' then $least_places when 'phone' then $least_phones when 'media' then $least_media else 1 end
),
tied as (
    select provider, count(distinct other) as others, max(kinds) as kinds, sum(case when kind = 'account' then many else 0 end) as accounts,
        sum(case when kind = 'place' then many else 0 end) as places, sum(case when kind = 'phone' then many else 0 end) as phones,
        sum(case when kind = 'media' then many else 0 end) as media,
        string_agg(case when number <= 5 then one || ',' || two end, ',' order by number) as pointers
    from tie
    where kinds >= $least_kinds
    group by provider
)
select
    'provider:' || t.provider as subject,
    cast(null as varchar) as class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    b.at,
    least(1.0, 0.3 * cast(t.kinds as double)) as score,
    cast(0 as bigint) as money_fen,
    '[' || coalesce(t.pointers, '') || ']' as evidence,
    '{"others":' || cast(t.others as varchar) || ',"kinds":' || cast(t.kinds as varchar) || ',"accounts":' || cast(cast(t.accounts as bigint) as varchar)
        || ',"places":' || cast(cast(t.places as bigint) as varchar) || ',"phones":' || cast(cast(t.phones as bigint) as varchar)
        || ',"media":' || cast(cast(t.media as bigint) as varchar) || '}' as detail
from tied t
join asked b on b.provider = t.provider

-- What providers have in common: values that some of them have and not everybody, with who has them. $most_providers: what more of them have is no tie.
--
-- The networks that a provider registered as its own and recordings of listed course material are left out. People of one household share a phone, hence
-- a phone counts only where it stands for several people.
with several as (
    select case n.number when 1 then 'device ' || a.device else a.ip end as value
    from (select provider, device, ip from attendance where provider is not null and trainee is not null group by provider, device, ip) a
    cross join (select 1 as number union all select 2 as number) n
    group by case n.number when 1 then 'device ' || a.device else a.ip end
    having count(distinct a.provider) >= 2 and count(distinct a.provider) <= $most_providers
),
used as (
    select case when a.value like 'device %' then 'device' else 'address' end as kind, a.value, a.provider, a.class, t.person
    from several m
    join (
        select case n.number when 1 then 'device ' || s.device else s.ip end as value, s.provider, s.class, s.trainee
        from (select provider, class, trainee, device, ip from attendance where provider is not null and trainee is not null
            group by provider, class, trainee, device, ip) s
        cross join (select 1 as number union all select 2 as number) n
    ) a on a.value = m.value
    join trainees t on t.trainee = a.trainee
    union all
    select 'phone' as kind, t.phone_key as value, t.provider, t.class, t.person
    from (
        select phone_key from trainees where phone_key is not null and phone_fault is null
        group by phone_key having count(distinct provider) >= 2 and count(distinct person) >= 2
    ) f
    join trainees t on t.phone_key = f.phone_key
    union all
    select 'account' as kind, account_key as value, provider, class, provider as person from classes where account_key is not null
    union all
    select 'media' as kind, m.value, e.provider, e.class, e.provider as person
    from (
        select x.evidence || ' ' || x.other as value, case n.number when 1 then x.evidence else x.other end as evidence
        from media_matches x
        cross join (select 1 as number union all select 2 as number) n
        where x.kind in ('bytes', 'coded', 'picture', 'recording') and x.tier in ('exact', 'strong')
    ) m
    join evidence e on e.evidence = m.evidence
    where e.provider is not null and e.digest not in (select value from listed where list = 'course_material' and value is not null)
),
held as (
    select kind, value, provider, count(distinct person) as people, count(distinct class) as classes, count(*) over (partition by kind, value) as providers
    from used
    group by kind, value, provider
),
known as (
    select distinct value from listed where list = 'provider_network' and value is not null
)
select h.kind, h.value, h.provider, p.name, h.people, h.classes, h.providers
from held h
left join known k on k.value = h.value
left join providers p on p.provider = h.provider
where h.providers >= 2 and h.providers <= $most_providers and k.value is null
order by h.kind, h.value, h.provider

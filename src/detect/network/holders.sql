-- Who has a value: by class, how many people in how many lessons, and when. $kind and $value as ties.sql names them.
with used as (
    select a.provider, a.class, t.person, a.lesson, a.at
    from attendance a
    join trainees t on t.trainee = a.trainee
    where ($kind = 'device' and a.device = $value) or ($kind = 'address' and a.ip = $value)
    union all
    select t.provider, t.class, t.person, null as lesson, null as at from trainees t where $kind = 'phone' and t.phone_key = $value
    union all
    select k.provider, k.class, k.provider as person, null as lesson, null as at from classes k where $kind = 'account' and k.account_key = $value
)
select u.provider, p.name, u.class, k.title, count(distinct u.person) as people, count(distinct u.lesson) as lessons, min(u.at) as first_at, max(u.at) as last_at
from used u
left join providers p on p.provider = u.provider
left join classes k on k.class = u.class
group by u.provider, p.name, u.class, k.title
order by u.provider, u.class

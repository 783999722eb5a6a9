-- The classes of each provider, and whether they have had a lesson by $now.
select k.provider, k.class, case when min(l.starts_at) <= $now then 1 else 0 end as held
from classes k
join lessons l on l.class = k.class
where l.cancelled_at is null
group by k.provider, k.class

-- When the last lesson is over of the classes that begin in a window.
select max(l.ends_at) as ends
from lessons l
join (select class, min(starts_at) as at from lessons group by class) b on b.class = l.class
where b.at >= $since and b.at < $until

-- From when to when there are lessons.
select min(starts_at) as first, max(starts_at) as last from lessons

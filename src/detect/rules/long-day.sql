-- id = "long-day"
-- version = 2
-- severity = "medium"
-- strength = "medium"
-- typology = "presence"
-- subject = "person"
-- scope = "past"
-- compares = ["presence", "lessons", "credits"]
--
-- [title]
-- zh = "一天学习时间过长或者在深夜上课"
-- en = "Too long a day, or lessons at night"
--
-- [parameters.cap_minutes]
-- value = 480
-- source = "policy: presence.daily_cap_minutes of shaanxi-2020-31; 8 hours a day is attested elsewhere; change both"
--
-- [parameters.over_minutes]
-- value = 30
-- source = "policy: the last lesson of a full day may overrun, and a day is cut at midnight"
--
-- [parameters.night_from_hour]
-- value = 0
-- source = "policy: the notice sets no hours; classes after a late shift may last to midnight"
--
-- [parameters.night_until_hour]
-- value = 5
-- source = "policy: the notice sets no hours; classes before an early shift may begin at five"
--
-- [parameters.night_minutes]
-- value = 30
-- source = "policy: a lesson that overruns midnight is no lesson at night"
--
-- [explanation.zh]
-- seen = "这名学员有 {days} 天（涉及本班）的学习时间超过每日上限，最长一天 {worst_minutes} 分钟；另有 {nights} 天在深夜上直播课，最长 {night_minutes} 分钟（0 为没有）。"
-- normal = "政策规定一天计入的学习时间有上限（通知没有规定，取 {cap_minutes} 分钟）；直播课在白天或者晚间上。"
-- matters = "一天学习过长或者整夜在线，多半是挂机或者编造；风险金额是该学员当天在本班课节已计入的课时。"
-- look = "看这几天的课表和各班的签到行；看超出上限的部分是否已经不计；问学员当天是否上班。"
--
-- [explanation.en]
-- seen = "On {days} days with lessons of this class the trainee learned longer than the day's limit, at most {worst_minutes} minutes; on {nights} days in live lessons deep in the night, at most {night_minutes} minutes (0: none)."
-- normal = "The policy limits the time that counts of a day (the notice does not say; {cap_minutes} minutes here); live lessons are held by day or in the evening."
-- matters = "Days that long and nights online are mostly a client left running, or made up; the money at risk is what the trainee was credited in lessons of this class that the days touch."
-- look = "See the timetable of these days and the rows of signing in at each class; see whether what exceeds the limit is left out already; ask whether the trainee worked that day."
--
-- [[innocent]]
-- zh = "课表或者日志的时区写错，白天的课记成了深夜。"
-- en = "Timetable or log state the wrong time zone, so that a lesson by day seems to be at night."
-- [[innocent]]
-- zh = "倒班的职工下夜班以后集中上课。"
-- en = "Shift workers were taught together after the night shift."
-- [[innocent]]
-- zh = "学员赶在截止前连续看录播课，超出上限的部分没有计入。"
-- en = "The trainee watched recorded lessons in one go before they closed, and what exceeds the limit was not credited."
--
-- What is credited counts, and what was refused for the day's limit alone, of all classes of the person. Days and nights are China's (28800 seconds before
-- UTC); a span belongs to the day it begins in. Recorded lessons may be watched at any hour, so only live ones count at night.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select distinct p.person, p.class, b.at as class_at
    from presence p
    join begun b on b.class = p.class
    where b.at >= $since and b.at < $until and p.person is not null
),
span as (
    select k.class as of_class, k.class_at, k.person, p.class, p.lesson, p.trainee, p.from_at,
        case when p.evidence like '[{%' then split_part(substr(p.evidence, 2), '}', 1) || '}' end as pointer, l.mode,
        date_part('epoch', p.from_at) + 28800 as from_s, date_part('epoch', p.until_at) + 28800 as until_s,
        floor((date_part('epoch', p.from_at) + 28800) / 86400) * 86400 as day_s
    from presence p
    join asked k on k.person = p.person
    join lessons l on l.lesson = p.lesson
    where (p.kind = 'credited' or p.reason = 'over_daily_cap') and l.cancelled_at is null and l.mode <> 'in_person'
),
-- The night before this day's morning, and the one at its end.
measured as (
    select *, until_s - from_s as seconds,
        case when mode = 'recorded' then 0.0 else
            greatest(0.0, least(until_s, day_s + $night_until_hour * 3600) - greatest(from_s, day_s + $night_from_hour * 3600))
            + greatest(0.0, least(until_s, day_s + 86400 + $night_until_hour * 3600) - greatest(from_s, day_s + 86400 + $night_from_hour * 3600))
            end as night
    from span
),
-- Few days are long, and only their rows are looked at again.
day as (
    select of_class, person, day_s, sum(seconds) as day_seconds, sum(case when class = of_class then night else 0.0 end) as night_seconds
    from measured
    group by of_class, person, day_s
    having sum(seconds) > ($cap_minutes + $over_minutes) * 60 or sum(case when class = of_class then night else 0.0 end) >= $night_minutes * 60
),
doubted as (
    select m.of_class, m.class_at, m.person, m.trainee, m.lesson, m.day_s, d.day_seconds, d.night_seconds, m.pointer, m.from_at,
        case when d.day_seconds > ($cap_minutes + $over_minutes) * 60 then 1 else 0 end as long,
        case when d.night_seconds >= $night_minutes * 60 then 1 else 0 end as late
    from measured m
    join day d on d.of_class = m.of_class and d.person = m.person and d.day_s = m.day_s
    where m.class = m.of_class and (d.day_seconds > ($cap_minutes + $over_minutes) * 60 or m.night > 0)
),
one as (
    select of_class as class, class_at, person, trainee, lesson, day_s, max(long) as long, max(late) as late, max(day_seconds) as day_seconds,
        max(night_seconds) as night_seconds, min(pointer) as pointer,
        row_number() over (partition by of_class, trainee order by day_s, lesson) as number,
        row_number() over (partition by trainee, lesson order by day_s) as turn
    from doubted
    group by of_class, class_at, person, trainee, lesson, day_s
)
select
    'person:' || o.person as subject,
    o.class,
    cast(null as varchar) as lesson,
    o.trainee,
    o.class_at as at,
    least(1.0, 0.4 + cast(count(distinct o.day_s) as double) / 10) as score,
    cast(coalesce(sum(case when o.turn = 1 then c.worth_fen end), 0) as bigint) as money_fen,
    '[' || coalesce(string_agg(case when o.number <= 10 then o.pointer end, ',' order by o.number), '') || ']' as evidence,
    '{"days":' || cast(count(distinct case when o.long = 1 then o.day_s end) as varchar)
        || ',"worst_minutes":' || cast(cast(floor(max(o.day_seconds) / 60) as bigint) as varchar)
        || ',"nights":' || cast(count(distinct case when o.late = 1 then o.day_s end) as varchar)
        || ',"night_minutes":' || cast(cast(floor(max(case when o.late = 1 then o.night_seconds else 0.0 end) / 60) as bigint) as varchar)
        || ',"cap_minutes":' || cast($cap_minutes as varchar) || '}' as detail
from one o
left join credits c on c.lesson = o.lesson and c.trainee = o.trainee
group by o.class, o.class_at, o.person, o.trainee

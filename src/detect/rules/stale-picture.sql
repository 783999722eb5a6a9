-- id = "stale-picture"
-- version = 1
-- severity = "medium"
-- strength = "medium"
-- typology = "evidence"
-- subject = "evidence"
-- scope = "class"
-- compares = ["media", "lessons", "credits"]
--
-- [title]
-- zh = "图片或录像自带的时间不是上课那几天"
-- en = "A picture or recording that says it was made on another day"
--
-- [parameters.tolerance_hours]
-- value = 24
-- source = "policy: a camera set to another time zone is hours off, and the day before and after are not told from the lesson's"
--
-- [parameters.slack_hours]
-- value = 3
-- source = "policy: a camera whose clock is wrong is wrong by the same each time; pictures of a lesson are taken within hours of its beginning"
--
-- [parameters.near_minutes]
-- value = 15
-- source = "policy: people gather before a lesson and stay after it"
--
-- [parameters.earliest]
-- value = "2015-01-01"
-- source = "policy: clocks that were never set start in 1970, 2000 or the year the camera was made"
--
-- [parameters.zone_hours]
-- value = 8
-- source = "cameras in China write Asia/Shanghai, without summer time since 1991, where they name no zone"
--
-- [parameters.in_other_lesson]
-- value = 0.9
-- source = "policy: that it was made in another lesson of the class is hardly a wrong clock"
--
-- [parameters.otherwise]
-- value = 0.6
-- source = "policy: a clock that was set wrongly once explains it"
--
-- [explanation.zh]
-- seen = "为 {lesson_day} 的课节提交的文件自称制作于 {made_day}，与课节相差 {hours_off} 小时；是否正好在本班另一课节的时间内：{in_other}（1 为是）。"
-- normal = "课堂图片在上课时拍摄，录像文件不会早于上课；时钟和时区不准，相差不到一天。"
-- matters = "画面出自另一天，不能证明这节课（31号 三：证明资料应当能够证明培训的真实性）；风险金额是它所证明的人（{people} 人）在这节课已计入的课时。"
-- look = "打开证据页看各个时间；看画面里的时钟、人和投影；与同一台相机的其他图片比较。"
--
-- [explanation.en]
-- seen = "What was sent for a lesson of {lesson_day} says that it was made on {made_day}, {hours_off} hours from it; within another lesson of the class: {in_other} (1: yes)."
-- normal = "Pictures of a lesson are taken in it, and a recording is not older than it; clocks and time zones that are wrong are off by less than a day."
-- matters = "What was made on another day cannot prove this lesson (notice 31, part 3: material must prove that the training is real); the money at risk is what is credited in it to those it vouches for ({people} people)."
-- look = "See the times on the page of the evidence, and clocks, people and slides in the picture; compare other pictures of the same camera."
--
-- [[innocent]]
-- zh = "相机或手机的日期设置有误。"
-- en = "The date of the camera or telephone was set wrongly."
-- [[innocent]]
-- zh = "课改了日期，课表没有改。"
-- en = "The lesson was moved to another day and the timetable was not changed."
-- [[innocent]]
-- zh = "提交时选错了课节。"
-- en = "The wrong lesson was chosen when uploading."
--
-- A picture has the time of its camera, before or after the lesson; whoever saves a recording anew writes a later time into it, so of those only an
-- earlier one counts. Where pictures of one camera for lessons of several days are all off by the same, its clock is wrong, unless they fit other lessons.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
dated as (
    select m.evidence, m.kind, m.trainee, l.lesson, l.class, b.at, l.starts_at, l.ends_at,
        case when strpos(m.facts, '"model":"') > 0 then split_part(substr(m.facts, strpos(m.facts, '"model":"')), '"', 4) else '' end as camera,
        case when m.kind = 'video' then date_part('epoch', try_cast(m.created_at as timestamp))
            when m.taken_at is not null then date_part('epoch', try_cast(m.taken_at as timestamp))
            when strpos(m.facts, '"taken_local":"') > 0
            then date_part('epoch', try_cast(substr(m.facts, strpos(m.facts, '"taken_local":"') + 15, 19) as timestamp)) - $zone_hours * 3600 end as made_s
    from media m
    join lessons l on l.lesson = m.lesson
    join begun b on b.class = l.class
    where b.at >= $since and b.at < $until and l.mode = 'live' and l.cancelled_at is null and m.kind in ('video', 'screenshot')
),
measured as (
    select *, (made_s - date_part('epoch', starts_at)) / 3600 as hours, to_char(starts_at + interval '8 hours', '%Y-%m-%d') as lesson_day
    from dated
    where made_s >= date_part('epoch', cast($earliest as timestamp))
),
steady as (
    select *,
        case when min(lesson_day) over (partition by class, kind, camera, floor(hours / $slack_hours))
                <> max(lesson_day) over (partition by class, kind, camera, floor(hours / $slack_hours))
            or min(lesson_day) over (partition by class, kind, camera, floor(hours / $slack_hours + 0.5))
                <> max(lesson_day) over (partition by class, kind, camera, floor(hours / $slack_hours + 0.5)) then 1 else 0 end as same_each_time
    from measured
),
far as (
    select *
    from steady
    where made_s < date_part('epoch', starts_at) - $tolerance_hours * 3600
        or (kind = 'screenshot' and made_s > date_part('epoch', ends_at) + $tolerance_hours * 3600)
),
placed as materialized (
    select f.evidence, f.kind, f.trainee, f.lesson, f.class, f.at, f.lesson_day, f.hours, f.made_s, f.same_each_time, count(o.lesson) as others
    from far f
    left join lessons o on o.class = f.class and o.lesson <> f.lesson
        and f.made_s >= date_part('epoch', o.starts_at) - $near_minutes * 60 and f.made_s <= date_part('epoch', o.ends_at) + $near_minutes * 60
    group by f.evidence, f.kind, f.trainee, f.lesson, f.class, f.at, f.lesson_day, f.hours, f.made_s, f.same_each_time
),
vouched as (
    select p.evidence, count(*) as people, sum(c.worth_fen) as fen
    from placed p
    join credits c on c.lesson = p.lesson and (p.trainee is null or p.trainee = c.trainee)
    where c.hours_milli > 0
    group by p.evidence
)
select
    'evidence:' || p.evidence as subject,
    p.class,
    p.lesson,
    p.trainee,
    p.at,
    case when p.others > 0 then cast($in_other_lesson as double) else cast($otherwise as double) end as score,
    cast(coalesce(v.fen, 0) as bigint) as money_fen,
    '[{"id":"' || p.evidence || '"}]' as evidence,
    '{"lesson_day":"' || p.lesson_day || '","made_day":"' || to_char(to_timestamp_seconds(cast(floor(p.made_s) as bigint) + $zone_hours * 3600), '%Y-%m-%d')
        || '","hours_off":' || cast(cast(floor(abs(p.hours)) as bigint) as varchar) || ',"in_other":' || case when p.others > 0 then '1' else '0' end
        || ',"people":' || cast(coalesce(v.people, 0) as varchar) || '}' as detail
from placed p
left join vouched v on v.evidence = p.evidence
where p.same_each_time = 0 or p.others > 0

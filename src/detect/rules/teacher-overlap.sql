-- id = "teacher-overlap"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "teacher"
-- compares = ["lessons", "attendance", "credits"]
--
-- [title]
-- zh = "一名教师同时在两个课堂授课"
-- en = "One teacher in two lessons at once"
--
-- [parameters.least_minutes]
-- value = 10
-- source = "policy: a lesson that runs over, or people who sign in during the break, overlap for less"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people in a meeting are a rehearsal or a repair of its connection; three in both show that both were held"
--
-- [explanation.zh]
-- seen = "本课节登记的授课教师，同一时间还在另外 {other_lessons} 个课节授课，重叠 {overlap_minutes} 分钟；本课节有 {people} 名学员签到，另一课节最多有 {other_people} 名。"
-- normal = "一名教师同一时间只上一堂课；经批准合班的，用同一个会议或直播间（31号 三 要求直播、互动、答疑由教师进行）。"
-- matters = "两堂课中至少有一堂没有这名教师；风险金额按较便宜的一堂课已计入的课时计。"
-- look = "看两堂课的录像里讲课的是谁、是否播放旧录像；看会议的主持人记录；问是否合班、换人或者填错教师。"
--
-- [explanation.en]
-- seen = "The teacher named for this lesson teaches elsewhere at the same time; other lessons: {other_lessons}, minutes that overlap: {overlap_minutes}. Trainees signed in here: {people}; in another of them up to {other_people}."
-- normal = "A teacher gives one lesson at a time; classes taught together by approval share a meeting (notice, part 3: live lessons, interaction and answers are a teacher's)."
-- matters = "At least one of the lessons was without this teacher; the money at risk is what was credited in the cheaper one."
-- look = "See in both recordings who teaches, and whether an old recording is played; see who hosted the meetings; ask whether classes were joined, the teacher replaced, or the wrong name entered."
--
-- [[innocent]]
-- zh = "两个班合班上课，或者课堂面授同时直播，登记了不同的会议号。"
-- en = "Two classes were taught together, or a lesson in a room was broadcast, and other meeting numbers were entered."
-- [[innocent]]
-- zh = "同一机构有同名的两位教师。"
-- en = "The provider has two teachers of the same name."
-- [[innocent]]
-- zh = "教师一栏没有填写，或填的是“待定”“教研组”一类。"
-- en = "The teacher was left blank, or stands for whoever is free."
-- [[innocent]]
-- zh = "临时换了教师，课表没有更正。"
-- en = "Another teacher stepped in and the timetable was not corrected."
--
-- Of each lesson the time between the first and the last sign of its trainees is taken, cut to the timetable: a lesson that began late does not overlap
-- what it would have. Recorded lessons and tests need no teacher. Lessons of one class that overlap are a matter of its timetable. Taught as one are
-- lessons with the same meeting, and lessons with the same title and times of which a meeting is not known. The finding stands at the later one.
-- Attendance is read of lessons alone that the timetable has over another of the teacher; the day bounds the pairs of a name that stands for many.
with taught as (
    select l.teacher, l.lesson, l.class, l.title, l.meeting_ref, l.starts_at, l.ends_at
    from lessons l
    where l.teacher is not null and l.teacher <> '' and l.cancelled_at is null and l.mode not in ('recorded', 'test')
        and l.starts_at >= $since - interval '1 day' and l.starts_at < $until + interval '1 day'
),
beside as (
    select *,
        max(ends_at) over (partition by teacher order by starts_at, lesson rows between unbounded preceding and 1 preceding) as before,
        min(starts_at) over (partition by teacher order by starts_at, lesson rows between 1 following and unbounded following) as behind
    from taught
),
held as materialized (
    select l.teacher, l.lesson, l.class, l.title, l.meeting_ref, l.starts_at, l.ends_at, count(distinct a.trainee) as people,
        to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') as on_day,
        greatest(min(a.at), l.starts_at) as from_at, least(max(coalesce(a.until, a.at)), l.ends_at) as until_at,
        min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer
    from attendance a
    join beside l on l.lesson = a.lesson
    where (l.before > l.starts_at or l.behind < l.ends_at) and a.trainee is not null and a.kind not in ('waiting_room', 'away', 'total', 'mark')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '3 days'
        and a.at >= l.starts_at - interval '1 day' and a.at < l.ends_at + interval '1 day'
    group by l.teacher, l.lesson, l.class, l.title, l.meeting_ref, l.starts_at, l.ends_at
    having count(distinct a.trainee) >= $least_people
),
pair as (
    select b.teacher, b.lesson, b.class, b.starts_at as at, b.people, b.pointer, a.lesson as other, a.people as other_people, a.pointer as other_pointer,
        date_part('epoch', b.ends_at) - date_part('epoch', b.starts_at) as lesson_seconds,
        date_part('epoch', least(a.until_at, b.until_at)) - date_part('epoch', greatest(a.from_at, b.from_at)) as seconds,
        row_number() over (partition by b.teacher, b.lesson order by a.lesson) as number
    from held a
    join held b on b.teacher = a.teacher and b.on_day = a.on_day and b.class <> a.class and a.from_at < b.until_at and b.from_at < a.until_at
        and (a.starts_at < b.starts_at or (a.starts_at = b.starts_at and a.lesson < b.lesson))
    where date_part('epoch', least(a.until_at, b.until_at)) - date_part('epoch', greatest(a.from_at, b.from_at)) >= $least_minutes * 60
        and coalesce(a.meeting_ref = b.meeting_ref, a.title = b.title and a.starts_at = b.starts_at and a.ends_at = b.ends_at, false) = false
),
worth as (
    select lesson, sum(worth_fen) as fen from credits group by lesson
)
select
    'teacher:' || p.teacher as subject,
    min(p.class) as class,
    p.lesson,
    cast(null as varchar) as trainee,
    min(p.at) as at,
    least(1.0, max(p.seconds) / greatest(min(p.lesson_seconds), 1.0)) as score,
    cast(least(coalesce(min(w.fen), 0), coalesce(max(o.fen), 0)) as bigint) as money_fen,
    '[' || min(p.pointer) || string_agg(case when p.number <= 9 then ',' || p.other_pointer else '' end, '' order by p.other) || ']' as evidence,
    '{"other_lessons":' || cast(count(*) as varchar)
        || ',"overlap_minutes":' || cast(cast(floor(max(p.seconds) / 60) as bigint) as varchar)
        || ',"people":' || cast(max(p.people) as varchar) || ',"other_people":' || cast(max(p.other_people) as varchar)
        || ',"others":[' || string_agg(case when p.number <= 9 then case when p.number > 1 then ',' else '' end || '"' || p.other || '"' else '' end,
            '' order by p.other) || ']}' as detail
from pair p
left join worth w on w.lesson = p.lesson
left join worth o on o.lesson = p.other
where p.at >= $since and p.at < $until
group by p.teacher, p.lesson

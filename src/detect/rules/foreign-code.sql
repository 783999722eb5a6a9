-- id = "foreign-code"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["session_codes", "evidence", "lessons", "attendance"]
--
-- [title]
-- zh = "画面里是别的课节或别的时间的课堂码"
-- en = "The session code in it is of another lesson or another time"
--
-- [parameters.before_minutes]
-- value = 30
-- source = "src/register/session_code.rs: a code is shown from half an hour before its lesson until the lesson ends"
--
-- [explanation.zh]
-- seen = "为本课节提交的证据里出现{what_zh}的课堂码，时间是 {first}（共 {codes} 个），没有本课节上课时的课堂码。"
-- normal = "课堂码由本系统按课节和分钟签发，只在上课前半小时到下课之间显示；本课节的画面里只会有本课节这段时间的码，或者没有码。"
-- matters = "码没有伪造，画面拍摄的时候正显示着它，所以这份证据出自别的课节或别的时间，不能证明这一节课；风险金额是它所证明的人（{people} 人）在这节课的课时。"
-- look = "在证据页看码所写的课节和时间，与课表和变更记录对照；打开那个课节，看同一份证据是否也交给了它。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson shows a session code of {what_en}, of {first} ({codes} in all), and none of this lesson's own time."
-- normal = "This server makes a code for each lesson and minute and shows it from half an hour before the lesson until its end; pictures of a lesson show its own codes of that time, or none."
-- matters = "The code is genuine and was on the screen when the picture was taken: it is of another lesson or time and cannot vouch for this lesson; the money at risk is the lesson's hours of those it vouches for ({people} people)."
-- look = "The page of the evidence says which lesson and minute the code names; compare the timetable and its amendments, and see whether that lesson was sent the same."
--
-- [[innocent]]
-- zh = "两个班合上一节课，教师出示的是另一个班的码。"
-- en = "Two classes were taught together, and the teacher showed the code of the other."
-- [[innocent]]
-- zh = "课改了时间，课表是后来才改的，或者改错了。"
-- en = "The lesson was moved, and the timetable was changed afterwards or wrongly."
-- [[innocent]]
-- zh = "上传时选错了课节。"
-- en = "The wrong lesson was chosen when uploading."
-- [[innocent]]
-- zh = "教师打开了别的课节的课堂码页面。"
-- en = "The teacher had the page of another lesson's code open."
--
-- Recorded lessons are left alone: what they play may have been recorded in a lesson that had codes. One code that fits outweighs any that do not, and
-- made-up codes have a rule of their own.
with seen as (
    select c.evidence, e.class, e.lesson, e.trainee, c.minute, o.class as code_class, c.lesson as code_lesson,
        case when e.lesson = c.lesson or (e.lesson is null and e.class = o.class) then 1 else 0 end as own,
        case when date_part('epoch', c.minute) + 60 > date_part('epoch', o.starts_at) - $before_minutes * 60 and c.minute < o.ends_at then 1 else 0 end as timely
    from session_codes c
    join evidence e on e.evidence = c.evidence
    left join lessons o on o.lesson = c.lesson
    where c.genuine = 1 and e.class is not null
),
foreign_codes as materialized (
    select evidence, class, lesson, trainee, count(*) as codes, min(minute) as first, max(1 - own) as others, max(own) as owns,
        min(case when own = 0 then code_lesson end) as other_lesson,
        max(case when own = 0 and (code_class is null or code_class <> class) then 1 else 0 end) as other_class
    from seen
    group by evidence, class, lesson, trainee
    having max(own * timely) = 0
),
begun as (
    select class, min(starts_at) as starts_at from lessons group by class
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from foreign_codes where trainee is null) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '1 day'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '1 day'
    group by a.lesson
)
select
    'evidence:' || f.evidence as subject,
    f.class,
    f.lesson,
    f.trainee,
    coalesce(l.starts_at, b.starts_at) as at,
    cast(1.0 as double) as score,
    case when l.lesson is null then 0 when f.trainee is not null then 1 else coalesce(p.people, 0) end * coalesce(l.worth_fen, 0) as money_fen,
    '[{"id":"' || f.evidence || '"}]' as evidence,
    '{"people":' || cast(case when l.lesson is null then 0 when f.trainee is not null then 1 else coalesce(p.people, 0) end as varchar)
        || ',"codes":' || cast(f.codes as varchar)
        || ',"first":"' || to_char(f.first + interval '8 hours', '%Y-%m-%d %H:%M') || '"'
        || case when f.others = 1 then ',"other_lesson":"' || f.other_lesson || '"' else '' end
        || case when f.other_class = 1 then ',"what_zh":"另一个班级","what_en":"another class"'
            when f.others = 1 then ',"what_zh":"另一个课节","what_en":"another lesson"'
            else ',"what_zh":"本课节别的时间","what_en":"another time of this lesson"' end || '}' as detail
from foreign_codes f
join begun b on b.class = f.class
left join lessons l on l.lesson = f.lesson
left join present p on p.lesson = f.lesson
where coalesce(l.mode, '') <> 'recorded'
    and coalesce(l.starts_at, b.starts_at) >= $since and coalesce(l.starts_at, b.starts_at) < $until

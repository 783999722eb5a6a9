-- id = "photo-from-recording"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media_matches", "evidence", "lessons", "attendance"]
--
-- [title]
-- zh = "截图出自另一课节的录像"
-- en = "A picture taken from the recording of another lesson"
--
-- [explanation.zh]
-- seen = "为本课节提交的图片是{where_zh}的录像在 {clock} 处的画面。"
-- normal = "本课节的截图在本课节里截取，只会是本课节录像里的画面。"
-- matters = "画面是另一节课的，不能证明这一节课；风险金额是它所证明的人（{people} 人）在这节课的课时。"
-- look = "打开录像，跳到该处，与图片并排看；看图片和录像各是何时拍摄、何时封存。"
--
-- [explanation.en]
-- seen = "The picture sent for this lesson is what the recording of {where_en} shows at {clock}."
-- normal = "A screenshot of a lesson is taken in it, and shows what the recording of this lesson shows."
-- matters = "What it shows is another lesson, so it cannot vouch for this one; the money at risk is the lesson's hours of those it vouches for ({people} people)."
-- look = "Open the recording at that place and lay the picture beside it; see when either was made and sealed."
--
-- [[innocent]]
-- zh = "录像交错了课节：图片没有错，录像错了。"
-- en = "The recording was handed in for the wrong lesson: the picture is right and the recording is not."
-- [[innocent]]
-- zh = "两个班级合班上课，同一场直播录了一份。"
-- en = "Two classes were taught together in one live lesson with one recording."
-- [[innocent]]
-- zh = "两节课都播放了同一部教学片，截到的是片中的画面。"
-- en = "Both lessons showed the same teaching film, and the picture is of the film."
--
-- Only where what cameras saw is the same to the moment; a page without people is the same whenever it is shown. A picture that is a frame of its own
-- lesson's recording as well belongs there.
with moments as materialized (
    select m.evidence, m.other, m.score, m.at_ms, e.class, e.lesson, e.trainee, o.class as other_class, o.lesson as other_lesson
    from media_matches m
    join evidence e on e.evidence = m.evidence
    join evidence o on o.evidence = m.other
    join lessons l on l.lesson = e.lesson
    where m.kind = 'moment' and m.tier = 'strong' and l.mode = 'live' and o.lesson is not null
),
own as (
    select distinct evidence from moments where lesson = other_lesson
),
taken as materialized (
    select m.*, row_number() over (partition by m.evidence order by m.score desc, m.other) as choice
    from moments m
    left join own on own.evidence = m.evidence
    where own.evidence is null
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from taken where choice = 1 and trainee is null) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '1 day'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '1 day'
    group by a.lesson
)
select
    'evidence:' || t.evidence as subject,
    t.class,
    t.lesson,
    t.trainee,
    l.starts_at as at,
    t.score,
    case when t.trainee is not null then 1 else coalesce(p.people, 0) end * l.worth_fen as money_fen,
    '[{"id":"' || t.evidence || '"},{"id":"' || t.other || '"}]' as evidence,
    '{"people":' || cast(case when t.trainee is not null then 1 else coalesce(p.people, 0) end as varchar)
        || ',"other_class":"' || t.other_class || '","other_lesson":"' || t.other_lesson || '"'
        || ',"clock":"' || cast(cast(floor(t.at_ms / 3600000.0) as bigint) as varchar)
        || case when t.at_ms % 3600000 < 600000 then ':0' else ':' end || cast(cast(floor(t.at_ms % 3600000 / 60000.0) as bigint) as varchar)
        || case when t.at_ms % 60000 < 10000 then ':0' else ':' end || cast(cast(floor(t.at_ms % 60000 / 1000.0) as bigint) as varchar) || '"'
        || case when t.class <> t.other_class then ',"where_zh":"另一个班级","where_en":"another class"'
            else ',"where_zh":"另一个课节","where_en":"another lesson"' end || '}' as detail
from taken t
join lessons l on l.lesson = t.lesson
left join present p on p.lesson = t.lesson
where t.choice = 1 and l.starts_at >= $since and l.starts_at < $until

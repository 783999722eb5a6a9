-- id = "video-reuse"
-- version = 5
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media_matches", "listed", "evidence", "lessons", "attendance"]
--
-- [title]
-- zh = "同一段录像用于几个课节或班级"
-- en = "One recording for several lessons or classes"
--
-- [explanation.zh]
-- seen = "为本课节提交的录像{how_zh}先前为{where_zh}提交的录像。"
-- normal = "每节直播课各有自己的录像；同一教师用同一份课件再讲一遍，画面相像而声音不同。"
-- matters = "录的是另一节课，不能证明这一节课有人上；风险金额是这节课签到的人（{people} 人）的课时。"
-- look = "在两份录像里各看相同的一段（证据页列有起止）；看谁先封存；问承训单位要本课节自己的录像。"
--
-- [explanation.en]
-- seen = "The recording sent for this lesson {how_en} one that was sent before for {where_en}."
-- normal = "Each live lesson has a recording of its own; a teacher who gives a lesson again with the same slides looks the same and sounds different."
-- matters = "It shows another lesson and cannot vouch for this one; the money at risk is the lesson's hours of those who signed in to it ({people} people)."
-- look = "Watch the same stretch in both (the page of the evidence lists them); see which was sealed first; ask the provider for this lesson's own recording."
--
-- [[innocent]]
-- zh = "上传时选错了文件。"
-- en = "The wrong file was chosen when uploading."
-- [[innocent]]
-- zh = "两个班级合班上课，同一场直播录了一份。"
-- en = "Two classes were taught together in one live lesson with one recording."
-- [[innocent]]
-- zh = "课上播放了同一部教学片，或者课间放了同一首音乐。"
-- en = "The same teaching film was shown in both lessons, or the same music played in the breaks."
-- [[innocent]]
-- zh = "两份录像用了同一段较长的片头或片尾；课程共用的影片请列入教学材料名单。"
-- en = "Both recordings have the same long opening or end; a film that courses share belongs on the list of course material."
--
-- Only recordings of live lessons: recorded content is meant to be the same for all. What many providers have, and what is alike in pictures while the
-- sound speaks against it, was left out where recordings are compared. The first to be received may stand for its lesson.
with same as (
    select m.evidence, m.other, m.kind, m.because, m.aligned_ms, m.score, e.class, e.lesson, e.received_at, o.class as other_class, o.lesson as other_lesson,
        row_number() over (
            partition by m.evidence
            order by case m.kind when 'bytes' then 0 when 'coded' then 1 else 2 end, m.score desc, o.received_at, m.other
        ) as choice
    from media_matches m
    join evidence e on e.evidence = m.evidence
    join evidence o on o.evidence = m.other
    join lessons l on l.lesson = e.lesson
    where m.kind in ('bytes', 'coded', 'recording') and m.tier in ('exact', 'strong')
        and e.kind = 'video' and o.kind = 'video' and l.mode = 'live' and o.class is not null
        and e.digest not in (select value from listed where list = 'course_material' and value is not null)
        and o.digest not in (select value from listed where list = 'course_material' and value is not null)
        and (e.class <> o.class or (o.lesson is not null and e.lesson <> o.lesson))
),
used as materialized (
    select evidence, other, kind, because, cast(floor((aligned_ms + 30000) / 60000.0) as bigint) as minutes, cast(floor(aligned_ms / 1000.0) as bigint) as seconds, score, class, lesson, other_class, other_lesson,
        row_number() over (partition by other, lesson order by received_at, evidence) as number
    from same
    where choice = 1
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from used where number = 1) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '1 day'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '1 day'
    group by a.lesson
)
select
    'evidence:' || u.evidence as subject,
    u.class,
    u.lesson,
    cast(null as varchar) as trainee,
    l.starts_at as at,
    u.score,
    coalesce(p.people, 0) * l.worth_fen as money_fen,
    '[{"id":"' || u.evidence || '"},{"id":"' || u.other || '"}]' as evidence,
    '{"people":' || cast(coalesce(p.people, 0) as varchar) || ',"other_class":"' || u.other_class || '"'
        || case u.kind
            when 'bytes' then ',"how_zh":"逐字节等同于","how_en":"is byte for byte"'
            when 'coded' then case
                when u.because is null then ',"how_zh":"的画面数据等同于（另作了封装）","how_en":"has the same picture data, in another container, as"'
                else ',"seconds":' || cast(u.seconds as varchar) || ',"how_zh":"有 ' || cast(u.seconds as varchar)
                    || ' 秒的画面数据未经重新编码，逐字节出自","how_en":"has ' || cast(u.seconds as varchar) || ' s of the very picture data, not coded again, of"' end
            else ',"minutes":' || cast(u.minutes as varchar) || case u.because
                when 'together' then ',"how_zh":"有 ' || cast(u.minutes as varchar) || ' 分钟的画面和声音出自","how_en":"shares its pictures and sound for '
                    || cast(u.minutes as varchar) || ' min with"'
                when 'sound' then ',"how_zh":"有 ' || cast(u.minutes as varchar) || ' 分钟的声音出自","how_en":"shares its sound for '
                    || cast(u.minutes as varchar) || ' min with"'
                else ',"how_zh":"有 ' || cast(u.minutes as varchar) || ' 分钟的画面出自（没有声音可比）","how_en":"shares its pictures, without sound to compare, for '
                    || cast(u.minutes as varchar) || ' min with"' end end
        || case when u.other_lesson is null then '' else ',"other_lesson":"' || u.other_lesson || '"' end
        || case when u.class <> u.other_class then ',"where_zh":"另一个班级","where_en":"another class"'
            else ',"where_zh":"另一个课节","where_en":"another lesson"' end || '}' as detail
from used u
join lessons l on l.lesson = u.lesson
left join present p on p.lesson = u.lesson
where u.number = 1 and l.starts_at >= $since and l.starts_at < $until

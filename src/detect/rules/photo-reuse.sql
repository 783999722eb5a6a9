-- id = "photo-reuse"
-- version = 6
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media_matches", "listed", "evidence", "lessons", "attendance"]
--
-- [title]
-- zh = "同一张图片用于几个课节或班级"
-- en = "One picture for several lessons or classes"
--
-- [explanation.zh]
-- seen = "为本课节提交的图片与先前为{where_zh}提交的一张{how_zh}。"
-- normal = "每节课的图片在那节课上拍摄或截取，文件各不相同；同一节课的合影交两次不算。"
-- matters = "这张图片不能证明这一节课；风险金额是它所证明的人（{people} 人）在这节课的课时。"
-- look = "并排看两张图片的拍摄时间和封存位置；看本课节还有没有别的视频或图片。"
--
-- [explanation.en]
-- seen = "The picture sent for this lesson {how_en} one that was sent before for {where_en}."
-- normal = "The pictures of a lesson are taken in it and no two files are the same; one group picture sent twice for the same lesson does not count."
-- matters = "This picture cannot vouch for this lesson; the money at risk is the lesson's hours of those it vouches for ({people} people)."
-- look = "Lay both pictures side by side: when they were taken, when they were sealed; see whether the lesson has other videos or pictures."
--
-- [[innocent]]
-- zh = "上传时选错了文件。"
-- en = "The wrong file was chosen when uploading."
-- [[innocent]]
-- zh = "两个课节连着上，一张图片交给了两节。"
-- en = "Two lessons were held back to back, and one picture was sent for both."
-- [[innocent]]
-- zh = "图片是课件封面或公告，不是课堂画面。"
-- en = "The picture is a title slide or a notice, not the lesson itself."
--
-- [[innocent]]
-- zh = "两张都是同一个静止画面（平台的等候页、同一张幻灯片），画面里没有人。"
-- en = "Both show the same still scene (a platform's waiting page, one slide) without anybody in it."
--
-- A picture that was saved again, scaled, cut, framed, mirrored or marked counts as the same where what cameras saw in it is the same; candidates do not.
-- The first to be received may stand for its lesson; each other lesson or class that has the same picture is a finding. A picture for a whole class
-- and the same for one of its lessons is one use. What providers listed as course material that all use is no evidence of one lesson, and is left out.
with same as (
    select m.evidence, m.other, m.kind, e.class, e.lesson, e.trainee, e.received_at, o.class as other_class, o.lesson as other_lesson,
        row_number() over (
            partition by m.evidence
            order by case m.kind when 'bytes' then 0 when 'coded' then 1 else 2 end, m.score desc, o.received_at, m.other
        ) as choice
    from media_matches m
    join evidence e on e.evidence = m.evidence
    join evidence o on o.evidence = m.other
    where m.kind in ('bytes', 'coded', 'picture') and m.tier in ('exact', 'strong')
        and e.kind = 'screenshot' and o.kind = 'screenshot' and e.class is not null and o.class is not null
        and e.digest not in (select value from listed where list = 'course_material' and value is not null)
        and (e.class <> o.class or (e.lesson is not null and o.lesson is not null and e.lesson <> o.lesson))
),
used as materialized (
    select evidence, other, kind, class, lesson, trainee, other_class, other_lesson,
        row_number() over (partition by other, class, lesson order by received_at, evidence) as number
    from same
    where choice = 1
),
begun as (
    select class, min(starts_at) as starts_at from lessons group by class
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from used where number = 1 and trainee is null) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '100 days'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '100 days'
    group by a.lesson
)
select
    'evidence:' || u.evidence as subject,
    u.class,
    u.lesson,
    u.trainee,
    coalesce(l.starts_at, b.starts_at) as at,
    cast(1.0 as double) as score,
    case when l.lesson is null then 0 when u.trainee is not null then 1 else coalesce(p.people, 0) end * coalesce(l.worth_fen, 0) as money_fen,
    '[{"id":"' || u.evidence || '"},{"id":"' || u.other || '"}]' as evidence,
    '{"people":' || cast(case when l.lesson is null then 0 when u.trainee is not null then 1 else coalesce(p.people, 0) end as varchar)
        || ',"other_class":"' || u.other_class || '"'
        || case u.kind
            when 'bytes' then ',"how_zh":"逐字节相同","how_en":"is byte for byte"'
            when 'coded' then ',"how_zh":"图像数据相同，文件的其他部分改过","how_en":"has the same image data, in a file changed otherwise, as"'
            else ',"how_zh":"是同一画面，经过重新保存、缩放、裁剪或加标记","how_en":"shows the same scene, saved again, scaled, cut or marked, as"' end
        || case when u.other_lesson is null then '' else ',"other_lesson":"' || u.other_lesson || '"' end
        || case when u.class <> u.other_class then ',"where_zh":"另一个班级","where_en":"another class"'
            else ',"where_zh":"另一个课节","where_en":"another lesson"' end || '}' as detail
from used u
join begun b on b.class = u.class
left join lessons l on l.lesson = u.lesson
left join present p on p.lesson = u.lesson
where u.number = 1
    and coalesce(l.starts_at, b.starts_at) >= $since and coalesce(l.starts_at, b.starts_at) < $until

-- id = "few-people"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "lesson"
-- compares = ["screen", "media", "attendance", "lessons"]
--
-- [title]
-- zh = "画面上的人远少于签到的人"
-- en = "Far fewer people in the picture than signed in"
--
-- [parameters.least_confidence]
-- value = 0.8
-- source = "of drawn screens no wrong count of participants was surer (docs/ACCURACY.md)"
--
-- [parameters.least_missing]
-- value = 4
-- source = "measured: a detector of faces misses up to six of 56 in a gallery at 1080p, and some people turn away"
--
-- [parameters.part]
-- value = 0.5
-- source = "policy: of half and fewer, cameras that are off explain little"
--
-- [parameters.least_faces]
-- value = 2
-- source = "one face is the teacher beside the slides, and says nothing of who else is there"
--
-- [parameters.least_looks]
-- value = 3
-- source = "policy: one look may fall on a moment when another page of the gallery is shown"
--
-- [parameters.page]
-- value = 25
-- source = "meetings show 25 people on a page of the gallery"
--
-- [explanation.zh]
-- seen = "为本课节提交的画面里，{sign_zh}最多 {shown} 人；日志里签到 {people} 人。"
-- normal = "会议人数不少于日志里的人数；开着摄像头上课时，画面里能看到多数学员。"
-- matters = "签到的人可能并没有都来；摄像头可以不开，单凭这一点不计风险金额。"
-- look = "打开画面看人数和名单，与日志里同一时刻在场的人对照；看这节课有没有同一设备、同一网络的多人签到。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson shows {shown} people at most, by {sign_en}; the log has {people} who signed in."
-- normal = "A meeting counts no fewer than its log, and with cameras on most trainees can be seen."
-- matters = "Not all who signed in may have come; cameras may be off, so alone this counts no money."
-- look = "Open the pictures and compare people and names with who the log says was there at that moment; see whether several signed in from one device or network."
--
-- [[innocent]]
-- zh = "学员没有开摄像头，或者画面只显示了一页学员。"
-- en = "Cameras were off, or one page of several is shown."
-- [[innocent]]
-- zh = "截图是刚上课或快下课时截的，人还没到齐或已经离开。"
-- en = "The picture was taken at the beginning or the end, when not all had come or many had left."
-- [[innocent]]
-- zh = "多人在同一间教室用一台设备听课，签到是另外做的。"
-- en = "Several people sat before one device, and signed in otherwise."
-- [[innocent]]
-- zh = "人脸没有全部识别到，或者数字读错了。"
-- en = "Not all faces were found, or a digit was misread."
--
-- The most that any picture of the lesson shows counts. A meeting's own counter goes before faces. Pictures of one trainee show one.
with looks as (
    select s.lesson, s.evidence, 'counter' as sign, cast(s.value as bigint) as people, cast(1 as bigint) as looks
    from screen s
    where s.lesson is not null and s.trainee is null and s.reading = 'participants' and s.confidence >= $least_confidence
    union all
    select m.lesson, m.evidence, 'faces' as sign, m.faces as people, m.faces_looks as looks
    from media m
    where m.lesson is not null and m.trainee is null and m.faces is not null
),
shown as (
    select k.lesson, max(k.people) filter (where k.sign = 'counter') as counter, max(k.people) filter (where k.sign = 'faces') as faces,
        coalesce(sum(k.looks) filter (where k.sign = 'faces'), 0) as looks,
        string_agg(distinct '{"id":"' || k.evidence || '"}', ',' order by '{"id":"' || k.evidence || '"}') as ids
    from looks k
    join lessons l on l.lesson = k.lesson
    where l.mode = 'live' and l.starts_at >= $since and l.starts_at < $until
    group by k.lesson
),
present as (
    select lesson, count(distinct trainee) as people
    from attendance a
    where lesson is not null and trainee is not null and kind not in ('waiting_room', 'total', 'mark')
        and a.at >= $since - interval '1 day' and a.at < $until + interval '1 day'
    group by lesson
),
compared as (
    select s.lesson, s.ids, p.people, s.counter is not null as counted, coalesce(s.counter, s.faces) as shown,
        case when s.counter is not null then p.people else least(p.people, $page) end as expected
    from shown s
    join present p on p.lesson = s.lesson
    where s.counter is not null or (s.faces >= $least_faces and s.looks >= $least_looks)
)
select
    'lesson:' || c.lesson as subject,
    l.class,
    c.lesson,
    cast(null as varchar) as trainee,
    l.starts_at as at,
    case when c.counted then 0.7 else 0.4 end as score,
    cast(0 as bigint) as money_fen,
    '[' || c.ids || ']' as evidence,
    '{"people":' || cast(c.people as varchar) || ',"shown":' || cast(c.shown as varchar)
        || case when c.counted then ',"sign_zh":"会议自己的计数","sign_en":"the meeting''s own counter"' else ',"sign_zh":"能看到的人脸","sign_en":"the faces seen"' end
        || '}' as detail
from compared c
join lessons l on l.lesson = c.lesson
where c.shown <= c.expected * $part and c.expected - c.shown >= $least_missing

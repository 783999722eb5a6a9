-- id = "missing-media"
-- version = 4
-- severity = "medium"
-- strength = "strong"
-- typology = "evidence"
-- subject = "lesson"
-- compares = ["attendance", "lessons", "evidence"]
--
-- [title]
-- zh = "课节没有视频也没有图片"
-- en = "A lesson without video or pictures"
--
-- [parameters.grace_hours]
-- value = 72
-- source = "policy: recordings of a lesson may take three days to be sent"
--
-- [explanation.zh]
-- seen = "本课节有 {people} 人签到（{logs} 份日志），但没有收到任何视频或图片。"
-- normal = "线上培训的视频或图片等证明资料应当保存并上传（31号文 三）；每节课至少有一段录像或一张课堂图片。"
-- matters = "没有画面，就只有日志说有人上课；风险金额是签到的人在这节课的全部课时。"
-- look = "看日志来自哪个平台、何时收到；问承训单位要录像；同一教师相邻课节有没有录像。"
--
-- [explanation.en]
-- seen = "People signed in to this lesson: {people} (logs: {logs}); no video and no picture of it has been received."
-- normal = "Videos or pictures of online training must be kept and sent (notice 31, part 3); each lesson has a recording or at least one picture."
-- matters = "Without pictures a log alone says that the lesson was held; the money at risk is the hours of all who signed in."
-- look = "See which platform the logs come from and when they were received; ask the provider for the recording; see whether neighbouring lessons of the teacher have one."
--
-- [[innocent]]
-- zh = "录像还在平台上，没有在期限内提交。"
-- en = "The recording exists on the platform and was not sent in time."
-- [[innocent]]
-- zh = "录像提交到了别的课节或只写了班级而没有写时间。"
-- en = "The recording was sent for another lesson, or for the class without its time."
--
-- A lesson took place when a trainee of the class was seen in it, the waiting room apart. Media for the whole class count when the time they claim
-- touches the lesson. Recorded lessons are open for weeks, so rows count until a hundred days after the beginning.
with bare as materialized (
    select l.lesson, l.class, l.starts_at, l.hours_milli, l.worth_fen
    from lessons l
    where l.cancelled_at is null and l.mode <> 'in_person'
        and l.starts_at >= $since and l.starts_at < $until
        and date_part('epoch', l.ends_at) + $grace_hours * 3600 <= date_part('epoch', $now)
        and not exists (select 1 from evidence e where e.lesson = l.lesson and e.kind in ('video', 'screenshot'))
        and not exists (
            select 1 from evidence e
            where e.class = l.class and e.lesson is null and e.kind in ('video', 'screenshot')
                and e.claimed_from < l.ends_at and e.claimed_until > l.starts_at
        )
),
seen as (
    select a.lesson, a.evidence, a.trainee
    from attendance a
    join bare b on b.lesson = a.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and a.at >= b.starts_at - interval '1 day' and a.at < b.starts_at + interval '100 days'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '100 days'
    group by a.lesson, a.evidence, a.trainee
),
held as (
    select lesson, count(distinct trainee) as people, count(distinct evidence) as logs,
        string_agg(distinct '{"id":"' || evidence || '"}', ',' order by '{"id":"' || evidence || '"}') as ids
    from seen
    group by lesson
)
select
    'lesson:' || b.lesson as subject,
    b.class,
    b.lesson,
    cast(null as varchar) as trainee,
    b.starts_at as at,
    cast(1.0 as double) as score,
    h.people * b.worth_fen as money_fen,
    '[' || h.ids || ']' as evidence,
    '{"people":' || cast(h.people as varchar) || ',"logs":' || cast(h.logs as varchar) || ',"hours_milli":' || cast(b.hours_milli as varchar) || '}' as detail
from bare b
join held h on h.lesson = b.lesson

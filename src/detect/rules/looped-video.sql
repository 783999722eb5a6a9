-- id = "looped-video"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media", "lessons", "attendance"]
--
-- [title]
-- zh = "录像里有重复播放的片段"
-- en = "A recording that repeats a piece of itself"
--
-- [parameters.least_seconds]
-- value = 30
-- source = "policy: shorter repeats are a film's or a jingle's; a clip put in five times was found to the second and no repeat in lessons that have none"
--
-- [explanation.zh]
-- seen = "本课节的录像有 {seconds} 秒重复了自己先前的画面和声音，占全长的 {percent}%。"
-- normal = "讲课不会逐秒重复；再放一遍同一张幻灯片，声音不同。"
-- matters = "重复的片段不是上课，只是把时间填满；风险金额是签到的人（{people} 人）在这节课的课时中与重复时长相当的部分。"
-- look = "在证据页的时间条上看各段的起止和它最先出现的地方，两处各看一遍。"
--
-- [explanation.en]
-- seen = "The recording of this lesson shows and sounds again what it did before, for {seconds} s in all: {percent} % of its length."
-- normal = "No lesson repeats itself second by second; a slide that is shown again has other words said to it."
-- matters = "A repeated piece is not teaching, it fills time; the money at risk is, of the lesson's hours of those who signed in ({people} people), the part that the repeats fill."
-- look = "The time line on the page of the evidence shows where each piece lies and where it was first; watch both."
--
-- [[innocent]]
-- zh = "课上把同一段教学片放了两遍。"
-- en = "The same teaching film was played twice in the lesson."
-- [[innocent]]
-- zh = "课前等候画面配着循环的音乐。"
-- en = "A waiting picture with looped music before the lesson."
--
-- Repeats are known once all pictures of a recording have been seen; those without sound, or with the same sound, alone are kept as such.
with looped as materialized (
    select evidence, class, lesson, looped_ms, duration_ms
    from media
    where kind = 'video' and lesson is not null and looped_ms >= $least_seconds * 1000
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from looped) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '100 days'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '100 days'
    group by a.lesson
)
select
    'evidence:' || m.evidence as subject,
    m.class,
    m.lesson,
    cast(null as varchar) as trainee,
    l.starts_at as at,
    least(1.0, cast(m.looped_ms as double) / greatest(m.duration_ms, 1)) as score,
    cast(floor(coalesce(p.people, 0) * l.worth_fen * least(1.0, cast(m.looped_ms as double) / greatest(m.duration_ms, 1))) as bigint) as money_fen,
    '[{"id":"' || m.evidence || '"}]' as evidence,
    '{"people":' || cast(coalesce(p.people, 0) as varchar) || ',"seconds":' || cast(cast(floor(m.looped_ms / 1000.0) as bigint) as varchar)
        || ',"percent":' || cast(cast(least(100.0, floor(m.looped_ms * 100.0 / greatest(m.duration_ms, 1))) as bigint) as varchar) || '}' as detail
from looped m
join lessons l on l.lesson = m.lesson
left join present p on p.lesson = m.lesson
where l.mode <> 'in_person' and l.starts_at >= $since and l.starts_at < $until

-- id = "short-video"
-- version = 1
-- severity = "medium"
-- strength = "strong"
-- typology = "evidence"
-- subject = "lesson"
-- compares = ["media", "evidence", "lessons", "credits"]
--
-- [title]
-- zh = "录像比课节短"
-- en = "Recordings that are shorter than their lesson"
--
-- [parameters.least_percent]
-- value = 80
-- source = "policy corroboration.video_cover_percent: share of the lesson that its video has to cover to stand for pictures"
--
-- [parameters.hour_minutes]
-- value = 45
-- source = "policy lesson_hour.minutes: a recording may be stopped in breaks, so no more is asked for than the lesson hours"
--
-- [parameters.pictures_per_hour]
-- value = 2
-- source = "31号 三: 视频或图片; policy: one picture an hour is usual beside a recording, where there are more the lesson is shown by pictures and a short clip is an extra"
--
-- [parameters.grace_hours]
-- value = 72
-- source = "policy: recordings of a lesson may take three days to be sent"
--
-- [explanation.zh]
-- seen = "本课节的录像共 {videos} 个，合计 {shown_minutes} 分钟，而课节应有 {needed_minutes} 分钟，覆盖 {percent}%；没有足够的图片补充（{pictures} 张）。"
-- normal = "录像覆盖课节的 80% 以上，几段录像合并计算，课间休息可以不录；线上培训应当留存能够证明真实性的视频或图片（31号 三）。"
-- matters = "没有录到的时间只有日志说有人上课；风险金额是已计入的课时中与之相当的部分（{people} 人）。"
-- look = "看录像的起止和日志的进出时间；问承训单位有没有其余部分；看课是不是提前结束了。"
--
-- [explanation.en]
-- seen = "The recordings of this lesson ({videos}) last {shown_minutes} minutes in all; the lesson should last {needed_minutes}: {percent} % are covered, and there are too few pictures beside them ({pictures})."
-- normal = "Recordings cover at least 80 % of a lesson; several add up, and breaks need not be recorded. Videos or pictures that prove the training must be kept (notice 31, part 3)."
-- matters = "For what was not recorded a log alone says that anybody was taught; the money at risk is that part of what is credited in the lesson ({people} people)."
-- look = "Compare where the recording begins and ends with comings and goings in the log; ask the provider for the rest; see whether the lesson ended early."
--
-- [[innocent]]
-- zh = "录像分成几段，有一段没有提交或者提交到了别的课节。"
-- en = "The recording is in several parts, and one was not sent, or was sent for another lesson."
-- [[innocent]]
-- zh = "录制开始得晚或者中途断了，课照常上。"
-- en = "Recording was started late or broke off while the lesson went on."
-- [[innocent]]
-- zh = "视频只是课堂片段，图片或其他资料证明其余时间。"
-- en = "The video is a clip, and other material shows the rest."
--
-- Every recording of the lesson counts for its whole length, the same bytes once; recordings of the class or of another lesson count for what their claimed
-- time shares with this one. A lesson with one that is not measured, or with none of its own, is left alone, and so are videos of single trainees.
with own as materialized (
    select l.lesson, l.class, l.starts_at, l.ends_at,
        least(date_part('epoch', l.ends_at) - date_part('epoch', l.starts_at), cast(l.hours_milli as double) / 1000 * $hour_minutes * 60) as needed_s,
        cast(l.hours_milli as double) / 1000 * $pictures_per_hour as enough, m.digest, min(m.evidence) as evidence, max(m.duration_ms) as ms,
        max(case when m.duration_ms is null then 1 else 0 end) as unmeasured
    from lessons l
    join media m on m.lesson = l.lesson
    where m.kind = 'video' and m.trainee is null and l.mode = 'live' and l.cancelled_at is null
        and l.starts_at >= $since and l.starts_at < $until
        and date_part('epoch', l.ends_at) + $grace_hours * 3600 <= date_part('epoch', $now)
    group by l.lesson, l.class, l.starts_at, l.ends_at, l.hours_milli, m.digest
),
shown as materialized (
    select lesson, class, starts_at, ends_at, needed_s, enough, cast(sum(ms) as double) / 1000 as own_s, count(*) as videos
    from own
    group by lesson, class, starts_at, ends_at, needed_s, enough
    having max(unmeasured) = 0 and cast(sum(ms) as double) / 10 < needed_s * $least_percent
),
other as (
    select s.lesson, sum(least(cast(m.duration_ms as double) / 1000,
            date_part('epoch', least(e.claimed_until, s.ends_at)) - date_part('epoch', greatest(e.claimed_from, s.starts_at)))) as other_s
    from shown s
    join evidence e on e.class = s.class
    join media m on m.evidence = e.evidence
    where e.kind = 'video' and e.trainee is null and (e.lesson is null or e.lesson <> s.lesson)
        and e.claimed_from < s.ends_at and e.claimed_until > s.starts_at
    group by s.lesson
),
picture as (
    select lesson, count(distinct digest) as pictures from media where kind = 'screenshot' and trainee is null and lesson is not null group by lesson
),
covered as materialized (
    select s.*, least(1.0, (s.own_s + coalesce(o.other_s, 0)) / greatest(s.needed_s, 1.0)) as share, s.own_s + coalesce(o.other_s, 0) as all_s,
        coalesce(p.pictures, 0) as pictures
    from shown s
    left join other o on o.lesson = s.lesson
    left join picture p on p.lesson = s.lesson
    where coalesce(p.pictures, 0) < s.enough
),
credited as (
    select v.lesson, count(*) as people, sum(c.worth_fen) as fen
    from covered v
    join credits c on c.lesson = v.lesson
    where c.hours_milli > 0
    group by v.lesson
),
pointer as (
    select v.lesson, string_agg('{"id":"' || o.evidence || '"}', ',' order by o.evidence) as pointers
    from covered v
    join (select *, row_number() over (partition by lesson order by evidence) as number from own) o on o.lesson = v.lesson
    where v.share * 100 < $least_percent and o.number <= 9
    group by v.lesson
)
select
    'lesson:' || v.lesson as subject,
    v.class,
    v.lesson,
    cast(null as varchar) as trainee,
    v.starts_at as at,
    0.3 + 0.7 * (1.0 - v.share) as score,
    cast(floor(cast(c.fen as double) * (1.0 - v.share)) as bigint) as money_fen,
    '[' || p.pointers || ']' as evidence,
    '{"videos":' || cast(v.videos as varchar) || ',"shown_minutes":' || cast(cast(floor(v.all_s / 60) as bigint) as varchar)
        || ',"needed_minutes":' || cast(cast(floor(v.needed_s / 60) as bigint) as varchar)
        || ',"percent":' || cast(cast(floor(v.share * 100 + 0.000001) as bigint) as varchar) || ',"pictures":' || cast(v.pictures as varchar)
        || ',"people":' || cast(c.people as varchar) || '}' as detail
from covered v
join credited c on c.lesson = v.lesson
join pointer p on p.lesson = v.lesson
where v.share * 100 < $least_percent

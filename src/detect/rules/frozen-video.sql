-- id = "frozen-video"
-- version = 4
-- severity = "medium"
-- strength = "medium"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media", "lessons", "attendance"]
--
-- [title]
-- zh = "录像长时间黑屏或者静止无声"
-- en = "A recording that is black, or still and silent, for long"
--
-- [parameters.least_seconds]
-- value = 600
-- source = "policy: a break of ten minutes between two lesson hours is normal"
--
-- [parameters.least_percent]
-- value = 20
-- source = "policy: the break of ten minutes after a lesson hour of 45 is less than a fifth"
--
-- [explanation.zh]
-- seen = "本课节的录像有 {black} 秒黑屏、{dead} 秒静止且无声，占全长的 {percent}%。"
-- normal = "放着幻灯片讲课时画面静止而有人说话；课间休息十分钟左右没有画面也没有声音。"
-- matters = "这些时间里看不到也听不到上课；风险金额是签到的人（{people} 人）在这节课的课时中与之相当的部分。"
-- look = "在证据页的时间条上看黑屏和静止的起止；对照日志里这段时间的签到和互动；看同一课节有没有别的录像。"
--
-- [explanation.en]
-- seen = "The recording of this lesson is black for {black} s and still in silence for {dead} s: {percent} % of its length."
-- normal = "While a slide is explained the picture stands still and somebody speaks; in a break of ten minutes there is nothing to be seen or heard."
-- matters = "Nobody is seen or heard teaching then; the money at risk is, of the lesson's hours of those who signed in ({people} people), the part that this fills."
-- look = "The time line on the page of the evidence shows where; compare with what the logs say of that time; see whether the lesson has other recordings."
--
-- [[innocent]]
-- zh = "录制没有在下课时停止。"
-- en = "The recording was not stopped at the end of the lesson."
-- [[innocent]]
-- zh = "学员在做练习，教师关了麦克风。"
-- en = "Trainees were working on an exercise and the teacher had muted the microphone."
-- [[innocent]]
-- zh = "录制软件没有采到声音。"
-- en = "The recorder did not capture the sound."
--
-- Both bounds must be passed.
with video as (
    select evidence, class, lesson, coalesce(black_ms, 0) as black_ms, coalesce(dead_ms, 0) as dead_ms, greatest(duration_ms, 1) as duration_ms,
        sum(coalesce(black_ms, 0) + coalesce(dead_ms, 0)) over (partition by lesson) as lesson_dull_ms,
        sum(greatest(duration_ms, 1)) over (partition by lesson) as lesson_ms
    from media
    where kind = 'video' and lesson is not null and duration_ms is not null
),
-- A break is short beside the lesson, though the piece of the recording that it fell into may be short too.
dull as materialized (
    select evidence, class, lesson, black_ms, dead_ms, duration_ms
    from video
    where black_ms + dead_ms >= $least_seconds * 1000 and (black_ms + dead_ms) * 100 >= $least_percent * duration_ms
        and lesson_dull_ms * 100 >= $least_percent * lesson_ms
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from dull) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '100 days'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '100 days'
    group by a.lesson
)
select
    'evidence:' || d.evidence as subject,
    d.class,
    d.lesson,
    cast(null as varchar) as trainee,
    l.starts_at as at,
    least(1.0, cast(d.black_ms + d.dead_ms as double) / d.duration_ms) as score,
    cast(floor(coalesce(p.people, 0) * l.worth_fen * least(1.0, cast(d.black_ms + d.dead_ms as double) / d.duration_ms)) as bigint) as money_fen,
    '[{"id":"' || d.evidence || '"}]' as evidence,
    '{"people":' || cast(coalesce(p.people, 0) as varchar) || ',"black":' || cast(cast(floor(d.black_ms / 1000.0) as bigint) as varchar) || ',"dead":' || cast(cast(floor(d.dead_ms / 1000.0) as bigint) as varchar)
        || ',"percent":' || cast(cast(least(100.0, floor((d.black_ms + d.dead_ms) * 100.0 / d.duration_ms)) as bigint) as varchar) || '}' as detail
from dull d
join lessons l on l.lesson = d.lesson
left join present p on p.lesson = d.lesson
where l.mode <> 'in_person' and l.starts_at >= $since and l.starts_at < $until

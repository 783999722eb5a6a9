-- id = "too-fast"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "presence"
-- subject = "person"
-- scope = "class"
-- compares = ["attendance", "lessons", "trainees", "credits"]
--
-- [title]
-- zh = "学得比时间还多"
-- en = "More content than time"
--
-- [parameters.rate_percent]
-- value = 150
-- source = "policy: recorded.playback_rate_max_percent of shaanxi-2020-31; change both"
--
-- [parameters.gap_seconds]
-- value = 300
-- source = "policy: presence.idle_gap_seconds of shaanxi-2020-31; rows further apart are two sittings"
--
-- [parameters.jumps]
-- value = 3
-- source = "policy: who looks for a place moves the slider two or three times and then watches; so many of the largest steps of a run do not count"
--
-- [parameters.slack_seconds]
-- value = 3
-- source = "policy: positions are rounded to seconds, and beats come late"
--
-- [parameters.least_seconds]
-- value = 120
-- source = "policy: looking for a place, or a player that sends what it had stored, takes less"
--
-- [parameters.least_ahead_seconds]
-- value = 300
-- source = "policy: five minutes of content beyond what the allowed rate gives, jumps apart, are no rounding of positions"
--
-- [parameters.even_steps]
-- value = 3
-- source = "policy: who moves the slider lands anywhere; three steps at one speed, not all of one length, are a player that runs too fast, however far each goes"
--
-- [parameters.even_percent]
-- value = 2
-- source = "policy: speeds that differ by less are one speed, since times and positions are rounded to seconds"
--
-- [parameters.even_step_seconds]
-- value = 60
-- source = "policy: a shorter step does not tell its speed to the percent"
--
-- [parameters.even_ahead_seconds]
-- value = 600
-- source = "policy: ten minutes of content beyond the allowed rate at one speed; twenty minutes at twice the speed"
--
-- [parameters.day_hours]
-- value = 24
-- source = "fraud patterns: more than 24 hours of stated time a day; a day has no more"
--
-- [explanation.zh]
-- seen = "这名学员在本班 {lessons} 个录播课节里播放过快，最快为正常速度的 {speed_percent}%，比允许的倍速多走了 {ahead_minutes} 分钟内容；日志所称的学习时长一天最多 {day_hours} 小时（0 为没有超过一天）。"
-- normal = "31号 三：学习过程可查询、可追溯。录播内容按政策允许的倍速观看，一天的学习时长不会超过 24 小时。"
-- matters = "内容走得比时间快，说明没有人在看；风险金额是该学员在这些课节仍然计入的课时。"
-- look = "看所列进度行的时间和位置；看超速的时间是否已经不计；问平台是否允许倍速、进度由谁上报。"
--
-- [explanation.en]
-- seen = "The player of this trainee ran too fast, in recorded lessons of this class: {lessons}; at most {speed_percent} % of normal speed, {ahead_minutes} minutes of content beyond the allowed rate. Stated time of learning: at most {day_hours} hours a day (0: no day is too full)."
-- normal = "Notice 31, part 3: learning can be looked up and traced. Recorded content is watched at a rate that the policy allows, and no day has more than 24 hours of learning."
-- matters = "Content that runs ahead of the clock is watched by nobody; the money at risk is what the trainee is still credited in these lessons."
-- look = "See times and positions of the rows named; see whether the time that was too fast is already left out; ask the platform for its allowed rate and who reports progress."
--
-- [[innocent]]
-- zh = "平台允许的倍速高于政策。"
-- en = "The platform allows a higher rate than the policy."
-- [[innocent]]
-- zh = "学员快进浏览内容，没有当作学习。"
-- en = "The trainee ran through the content to see what is in it, and did not mean to be credited."
-- [[innocent]]
-- zh = "几个播放页一直开着，平台把各页的时长都算进去。"
-- en = "Several pages were left open, and the platform adds up the time of each."
--
-- A step is too fast when the position moves on by more than the rate allows; steps in a row make a run, which any other step ends: a jump, a rewind, a stop.
-- A run counts beyond its largest steps, which may be jumps; or where steps of the trainee in this class have one speed over unequal times, as jumps have not.
-- One jump to the end tells nothing: it is a skip.
-- Of a day: in each lesson the longest of what intervals span and totals state, a total only where it fits the span it is said of (else it is a running sum).
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select l.lesson, l.class, l.mode, b.at as class_at
    from lessons l
    join begun b on b.class = l.class
    where b.at >= $since and b.at < $until and l.cancelled_at is null and l.mode <> 'in_person'
),
place as (
    select a.lesson, a.trainee, a.platform, coalesce(a.device, '') as device, a.at as seen_at, a.position_ms,
        min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer
    from attendance a
    join asked k on k.lesson = a.lesson
    where k.mode = 'recorded' and a.trainee is not null and a.position_ms is not null and a.kind <> 'interval'
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
    group by a.lesson, a.trainee, a.platform, coalesce(a.device, ''), a.at, a.position_ms
),
step as (
    select *, date_part('epoch', seen_at) - date_part('epoch', lag(seen_at) over (partition by trainee, lesson, platform, device order by seen_at, position_ms))
            as clock,
        cast(position_ms - lag(position_ms) over (partition by trainee, lesson, platform, device order by seen_at, position_ms) as double) / 1000 as content
    from place
),
judged as (
    select *, case when clock > 0 and clock <= $gap_seconds and content - clock * $rate_percent / 100 > $slack_seconds then 1 else 0 end as fast from step
),
numbered as (
    select *, sum(1 - fast) over (partition by trainee, lesson, platform, device order by seen_at, position_ms
            rows between unbounded preceding and current row) as run
    from judged
),
sized as (
    select *, content - clock * $rate_percent / 100 as ahead, content / clock as speed,
        case when clock >= $even_step_seconds then 1 else 0 end as is_long,
        row_number() over (partition by trainee, lesson, platform, device, run order by content - clock * $rate_percent / 100 desc, seen_at) as place
    from numbered
    where fast = 1
),
paced as (
    select *, sum(clock) over (partition by trainee, lesson, platform, device, run) as run_clock,
        sum(content) over (partition by trainee, lesson, platform, device, run) as run_content,
        sum(case when place > $jumps then ahead else 0 end) over (partition by trainee, lesson, platform, device, run) as run_ahead,
        lag(speed) over (partition by trainee, is_long order by speed, lesson, seen_at) as slower
    from sized
),
even as (
    select *, sum(case when slower is null or speed > slower * (100 + $even_percent) / 100 then 1 else 0 end)
            over (partition by trainee, is_long order by speed, lesson, seen_at rows between unbounded preceding and current row) as pace
    from paced
),
weighed as (
    select *, count(*) over (partition by trainee, is_long, pace) as even_steps,
        sum(ahead) over (partition by trainee, is_long, pace) as even_ahead,
        max(clock) over (partition by trainee, is_long, pace) - min(clock) over (partition by trainee, is_long, pace) as even_spread
    from even
),
run as (
    select lesson, trainee, sum(ahead) as ahead, max(run_content * 100 / run_clock) as speed, min(pointer) as pointer
    from weighed
    where (run_clock >= $least_seconds and run_ahead >= $least_ahead_seconds)
        or (is_long = 1 and even_steps >= $even_steps and even_spread > $slack_seconds and even_ahead >= $even_ahead_seconds)
    group by lesson, trainee
),
stated as (
    select a.lesson, a.trainee, to_char(a.at + interval '8 hours', '%Y-%m-%d') as on_day,
        min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer,
        greatest(
            coalesce(max(case when a.kind = 'total' and a.stated_ms <= (date_part('epoch', a.until) - date_part('epoch', a.at)) * 1000
                then cast(a.stated_ms as double) / 1000 end), 0.0),
            coalesce(least(
                sum(case when a.kind = 'interval' then date_part('epoch', a.until) - date_part('epoch', a.at) end),
                max(case when a.kind = 'interval' then date_part('epoch', a.until) end) - min(case when a.kind = 'interval' then date_part('epoch', a.at) end)
            ), 0.0)) as seconds
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('interval', 'total') and a.until > a.at
        and date_part('epoch', a.until) - date_part('epoch', a.at) <= $day_hours * 3600
        and a.at >= $since - interval '2 days' and a.at < $ends + interval '3 days'
    group by a.lesson, a.trainee, to_char(a.at + interval '8 hours', '%Y-%m-%d')
),
day as (
    select *, sum(seconds) over (partition by trainee, on_day) as of_day from stated
),
doubted as (
    select lesson, trainee, pointer, 1 as fast, ahead, speed, 0.0 as of_day
    from run
    union all
    select lesson, trainee, pointer, 0 as fast, 0.0 as ahead, 0.0 as speed, of_day
    from day
    where of_day > $day_hours * 3600
),
one as (
    select k.class, k.class_at, d.lesson, d.trainee, min(d.pointer) as pointer, max(fast) as fast, sum(ahead) as ahead, max(speed) as speed, max(of_day) as of_day,
        row_number() over (partition by d.trainee order by d.lesson) as number
    from doubted d
    join asked k on k.lesson = d.lesson
    group by k.class, k.class_at, d.lesson, d.trainee
)
select
    'person:' || min(t.person) as subject,
    o.class,
    cast(null as varchar) as lesson,
    o.trainee,
    o.class_at as at,
    least(1.0, 0.5 + sum(o.ahead) / 7200 + case when max(o.of_day) > 0 then 0.5 else 0.0 end) as score,
    cast(coalesce(sum(c.worth_fen), 0) as bigint) as money_fen,
    '[' || string_agg(case when o.number <= 10 then o.pointer end, ',' order by o.number) || ']' as evidence,
    '{"lessons":' || cast(sum(o.fast) as varchar) || ',"ahead_minutes":' || cast(cast(floor(sum(o.ahead) / 60) as bigint) as varchar)
        || ',"speed_percent":' || cast(cast(round(max(o.speed)) as bigint) as varchar)
        || ',"day_hours":' || cast(cast(floor(max(o.of_day) / 3600) as bigint) as varchar) || '}' as detail
from one o
join trainees t on t.trainee = o.trainee
left join credits c on c.lesson = o.lesson and c.trainee = o.trainee
group by o.class, o.class_at, o.trainee

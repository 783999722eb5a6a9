-- id = "screen-clock"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["screen", "media", "lessons"]
--
-- [title]
-- zh = "画面上的日期或时钟不在本课节"
-- en = "A date or a clock on the screen is that of another time"
--
-- [parameters.least_confidence]
-- value = 0.8
-- source = "of drawn screens no wrong date and one wrong clock, off by two minutes, was surer (docs/ACCURACY.md)"
--
-- [parameters.slack_minutes]
-- value = 30
-- source = "policy: people gather before a lesson and stay after it, and clocks of computers go wrong"
--
-- [parameters.zone_hours]
-- value = 8
-- source = "clocks in China show Asia/Shanghai, without summer time since 1991"
--
-- [explanation.zh]
-- seen = "为本课节提交的画面上显示 {shown}，其中{which_zh}与上课时间不符。"
-- normal = "课上截取的画面显示上课当天和上课时段的时间，前后三十分钟算在内。"
-- matters = "单凭这一点说明不了问题，不计风险金额；和别的疑点一起看才有意义。"
-- look = "打开画面看屏幕角落；看这份证据和这节课还有没有别的疑点。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson shows {shown} on its screen, of which {which_en} is not the lesson's."
-- normal = "A picture taken in a lesson shows the day and the hours of the lesson, give or take thirty minutes."
-- matters = "Alone this tells nothing, and no money is counted; it counts together with other doubts."
-- look = "Open it and look at the corner of the screen; see what else is doubted of this evidence and this lesson."
--
-- [[innocent]]
-- zh = "截图是下课后才截的，或者截的是回放。"
-- en = "The picture was taken after the lesson, or of a repetition."
-- [[innocent]]
-- zh = "电脑在另一个时区，或者时钟不准。"
-- en = "The computer is in another time zone, or its clock is wrong."
-- [[innocent]]
-- zh = "读出的是课件里的时间或会议计时器，不是时钟。"
-- en = "What was read is a time in a slide or a meeting's timer, and no clock."
-- [[innocent]]
-- zh = "数字读错了。"
-- en = "A digit was misread."
--
-- What the rule screen-time finds is not found here again.
with readings as (
    select s.evidence, s.kind, s.class, s.lesson, s.trainee, s.reading, s.at_ms, s.value, s.clock_s,
        cast(floor(extract(epoch from l.starts_at)) as bigint) + $zone_hours * 3600 - $slack_minutes * 60 as from_s,
        cast(floor(extract(epoch from l.ends_at)) as bigint) + $zone_hours * 3600 + $slack_minutes * 60 as until_s
    from screen s
    join lessons l on l.lesson = s.lesson
    where l.mode = 'live' and s.confidence >= $least_confidence and s.reading in ('clock', 'date')
        and l.starts_at >= $since and l.starts_at < $until
),
-- How long after the earliest that fits a clock shows; on a dial of twelve hours it fits as well twelve hours later.
told as (
    select evidence, kind, class, lesson, trainee, reading, at_ms, value,
        case
            when reading = 'clock' then
                ((clock_s - from_s) % 86400 + 86400) % 86400 > until_s - from_s
                and (clock_s >= 46800 or clock_s < 3600 or ((clock_s + 43200 - from_s) % 86400 + 86400) % 86400 > until_s - from_s)
            when character_length(value) = 5 then
                value <> to_char(to_timestamp_seconds(from_s), '%m-%d') and value <> to_char(to_timestamp_seconds(until_s), '%m-%d')
            else value <> to_char(to_timestamp_seconds(from_s), '%Y-%m-%d') and value <> to_char(to_timestamp_seconds(until_s), '%Y-%m-%d')
        end as outside
    from readings
),
signs as (
    select evidence, max(class) as class, max(lesson) as lesson, max(trainee) as trainee,
        count(*) filter (where reading = 'clock' and outside) as clocks,
        count(distinct value) filter (where reading = 'date' and outside) as dates,
        min(value) filter (where reading = 'clock') as clock,
        min(value) filter (where reading = 'date') as date,
        count(*) filter (where not outside) as fitting
    from told
    group by evidence
),
judged as (
    select s.evidence, s.class, s.lesson, s.trainee, s.clocks, s.dates, s.fitting,
        coalesce(s.date, '') || case when s.date is null or s.clock is null then '' else ' ' end || coalesce(s.clock, '') as shown,
        case
            when try_cast(m.taken_at as timestamp) is null then 0
            when extract(epoch from try_cast(m.taken_at as timestamp)) < extract(epoch from l.starts_at) - $slack_minutes * 60
                or extract(epoch from try_cast(m.taken_at as timestamp)) > extract(epoch from l.ends_at) + $slack_minutes * 60 then 1
            else 0
        end as camera,
        l.starts_at, l.worth_fen
    from signs s
    join lessons l on l.lesson = s.lesson
    left join media m on m.evidence = s.evidence
    where s.clocks > 0 or s.dates > 0
)
select
    'evidence:' || j.evidence as subject,
    j.class,
    j.lesson,
    j.trainee,
    j.starts_at as at,
    cast(0.5 as double) as score,
    cast(0 as bigint) as money_fen,
    '[{"id":"' || j.evidence || '"}]' as evidence,
    '{"shown":"' || j.shown || '"' || case when j.dates = 0 then ',"which_zh":"时钟","which_en":"the clock"' when j.clocks = 0
        then ',"which_zh":"日期","which_en":"the date"' else ',"which_zh":"一部分","which_en":"a part"' end || '}' as detail
from judged j
where j.fitting > 0 or (case when j.clocks > 0 then 1 else 0 end + case when j.clocks > 1 then 1 else 0 end
    + case when j.dates > 0 then 1 else 0 end + j.camera) < 2

-- id = "screen-time"
-- version = 3
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["screen", "media", "lessons", "attendance"]
--
-- [title]
-- zh = "画面上的日期和时钟都不在本课节"
-- en = "Date and clock on the screen are both those of another time"
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
-- seen = "为本课节提交的画面上显示 {shown}，{because_zh}。"
-- normal = "课上截取的画面显示上课当天和上课时段的时间，前后三十分钟算在内。"
-- matters = "画面拍摄于另一个时间，不能证明这节课；风险金额是它所证明的人（{people} 人）在这节课的课时。"
-- look = "打开画面看屏幕角落的日期和时钟；查同一时间有没有别的课节，这个文件还有没有交给别处。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson shows {shown} on its screen: {because_en}."
-- normal = "A picture taken in a lesson shows the day and the hours of the lesson, give or take thirty minutes."
-- matters = "It was taken at another time and cannot vouch for this lesson; the money at risk is the lesson's hours of those it vouches for ({people} people)."
-- look = "Open it and look at date and clock in the corner of the screen; see which lesson was held then, and whether the file was sent for another one."
--
-- [[innocent]]
-- zh = "录屏或截图时在回放这节课，屏幕上是回放当时的时间。"
-- en = "The picture was taken while a repetition of the lesson was watched, and shows the time of that."
-- [[innocent]]
-- zh = "电脑的日期、时钟或时区设置有误。"
-- en = "Date, clock or time zone of the computer are set wrongly."
-- [[innocent]]
-- zh = "读出的是课件里另一台电脑的画面。"
-- en = "What was read belongs to a screen that the slides show."
-- [[innocent]]
-- zh = "课节改了时间，计划没有改。"
-- en = "The lesson was moved and the plan was not."
--
-- Two signs must agree: date and clock of the screen; the clock at two moments of a recording, between which it goes on as the recording does; or one
-- of them and the time that the camera wrote. Whatever fits the lesson speaks against it. Recorded lessons are watched at any time.
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
judged as materialized (
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
),
present as (
    select a.lesson, count(distinct a.trainee) as people
    from (select distinct lesson from judged where fitting = 0 and trainee is null) f
    join lessons l on l.lesson = f.lesson
    join attendance a on a.lesson = f.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'total', 'mark')
        and l.starts_at >= $since and l.starts_at < $until
        and a.at >= l.starts_at - interval '1 day' and a.at < l.starts_at + interval '1 day'
        and a.at >= $since - interval '1 day' and a.at < $until + interval '1 day'
    group by a.lesson
)
select
    'evidence:' || j.evidence as subject,
    j.class,
    j.lesson,
    j.trainee,
    j.starts_at as at,
    cast(1.0 as double) as score,
    case when j.trainee is not null then 1 else coalesce(p.people, 0) end * coalesce(j.worth_fen, 0) as money_fen,
    '[{"id":"' || j.evidence || '"}]' as evidence,
    '{"people":' || cast(case when j.trainee is not null then 1 else coalesce(p.people, 0) end as varchar) || ',"shown":"' || j.shown || '"'
        || case
            when j.clocks > 0 and j.dates > 0 then ',"because_zh":"日期和时钟都对不上","because_en":"neither the date nor the clock is the lesson''s"'
            when j.clocks > 1 then ',"because_zh":"录像里的时钟一直走着，始终不在上课时段","because_en":"the clock goes on through the recording and is never in the lesson"'
            else ',"because_zh":"与相机写下的拍摄时间一样，都不在上课时段","because_en":"as the time that the camera wrote, it is not in the lesson"' end || '}' as detail
from judged j
left join present p on p.lesson = j.lesson
where j.fitting = 0 and (case when j.clocks > 0 then 1 else 0 end + case when j.clocks > 1 then 1 else 0 end
    + case when j.dates > 0 then 1 else 0 end + j.camera) > 1

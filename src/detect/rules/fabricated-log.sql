-- id = "fabricated-log"
-- version = 2
-- severity = "high"
-- strength = "strong"
-- typology = "evidence"
-- subject = "lesson"
-- compares = ["attendance", "lessons", "evidence", "credits"]
--
-- [title]
-- zh = "日志的行互相矛盾或与另一来源矛盾"
-- en = "A log whose rows contradict each other or another source"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people with odd rows are a lost connection or a slip; a log that was written by hand is odd for several, in one way or another"
--
-- [parameters.tolerance_seconds]
-- value = 900
-- source = "policy: clocks differ by minutes, sums are rounded, and a connection that breaks is lost for one to six minutes; a quarter of an hour is none of these"
--
-- [parameters.longest_hours]
-- value = 24
-- source = "fraud patterns: more than 24 hours in one stay is impossible"
--
-- [parameters.numbered_percent]
-- value = 50
-- source = "policy: where most people of a log have a number of their own for each row, the platform numbers rows; where they have not, it numbers stays or accounts"
--
-- [explanation.zh]
-- seen = "本课节的日志里，合计时长远大于其各段之和的有 {stated} 人，一次停留超过一天的有 {endless} 人，课前就离开、后来才进入而再没有离开的有 {reversed} 人，平台给每行不同编号而各行编号都相同的有 {numbered} 人，同一平台的两个提交方所交日志相差很大的有 {contradicted} 人。"
-- normal = "平台导出的日志里合计等于各段之和，先进入后离开，编号各不相同，几个来源对同一人同一课节的记录只相差几分钟。线上签到等资料应当能够证明培训的真实性（31号 三）。"
-- matters = "互相矛盾的行不可能都出自平台；风险金额是所涉 {people} 名学员在这节课已计入的课时。"
-- look = "打开所列的行，对照两份日志的提交方和格式；请平台从后台重新导出本课节的记录。"
--
-- [explanation.en]
-- seen = "In the logs of this lesson totals state far more than their stays add up to ({stated}), single stays last more than a day ({endless}), people leave before the lesson, come afterwards and never leave ({reversed}), rows share one number where the platform gives each its own ({numbered}), and logs of one platform from two submitters differ widely ({contradicted})."
-- normal = "In what a platform exports a total is the sum of its stays, people come before they go, numbers differ, and sources of one lesson differ by minutes. Sign-in records must be able to prove that the training is real (notice 31, part 3)."
-- matters = "Rows that contradict each other cannot all be the platform's; the money at risk is what is credited in this lesson to those concerned ({people} people)."
-- look = "Open the rows named here, compare who sent both logs and in which format; ask the platform to export the lesson's records again."
--
-- [[innocent]]
-- zh = "学员在平台上掉线，承训单位按课堂点名另行登记了时间。"
-- en = "The trainees' connections were lost, and the provider wrote down the times of its own roll call."
-- [[innocent]]
-- zh = "平台的合计把回放或另一场会议的时长也算在内。"
-- en = "The platform's total counts a playback or another meeting as well."
-- [[innocent]]
-- zh = "平台没有关闭会话，到下次登录才写结束时间。"
-- en = "The platform did not close stays and wrote their end at the next sign-in."
--
-- Two sources are compared where they are read in one format and of one platform, in the time that both cover, by what all logs of a submitter say of a
-- trainee who is in both; who is in one alone may only have an unknown name in the other. Whoever has a join without a leave is not compared. Ends that
-- several stays of over a day share were filled in by the platform. A log that begins in the middle has leaves without a join, but not before the lesson. Rows far from the lesson earn nothing and may be a rehearsal: they are no sign.
-- The limits are never reached; they tell the planner what is fewer than the rows, which it would otherwise hold in memory.
with asked as (
    select lesson, class, starts_at, ends_at
    from lessons
    where cancelled_at is null and mode = 'live' and starts_at >= $since and starts_at < $until
),
-- All that is asked of a trainee's rows in a log, so that most of the evidence is read once.
own as materialized (
    select a.lesson, a.evidence, a.trainee, min(a.at) as first_at, max(coalesce(a.until, a.at)) as last_at, count(a.stated_ms) as totals,
        max(case when a.kind in ('interval', 'join', 'leave', 'total') and coalesce(a.mark, '') <> 'playback' then a.stated_ms end) as stated_ms,
        min(case when a.kind = 'total' then a."row" end) as total_row, max(case when a.kind in ('join', 'leave') then 1 else 0 end) as comings,
        sum(case when a.kind = 'interval' then date_part('epoch', a.until) - date_part('epoch', a.at) end) as stays,
        max(case when a.kind = 'interval' then date_part('epoch', a.until) - date_part('epoch', a.at) end) as longest,
        min(case when a.kind = 'interval' then a."row" end) as stay_row, max(case when a.kind = 'interval' then a.until end) as ended,
        min(a."row") as line, count(a.reference) as numbers, min(a.reference) as low, max(a.reference) as high,
        count(case when a.kind = 'join' then 1 end) as joins, count(case when a.kind = 'leave' then 1 end) as leaves,
        min(case when a.kind = 'join' then a.at end) as first_join, max(case when a.kind = 'join' then a.at end) as last_join,
        min(case when a.kind = 'leave' then a.at end) as first_leave, max(case when a.kind = 'leave' then a.at end) as last_leave
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.at >= $since - interval '2 days' and a.at < $until + interval '2 days'
    group by a.lesson, a.evidence, a.trainee
),
log as materialized (
    select o.lesson, o.evidence, coalesce(e.submitter, '') as submitter, coalesce(e.platform, '') || ' ' || coalesce(e.reader, '') as source, k.class,
        k.starts_at, k.ends_at, o.first_at, o.last_at, o.totals, o.longest
    from (
        select lesson, evidence, min(first_at) as first_at, max(last_at) as last_at, sum(totals) as totals, max(longest) as longest
        from own
        group by lesson, evidence
    ) o
    join asked k on k.lesson = o.lesson
    join evidence e on e.evidence = o.evidence
),
-- The time that both submitters of one kind of log cover.
sent as (
    select *, greatest(starts_at, max(first_at) over (partition by lesson, source)) as from_at,
        least(ends_at, min(last_at) over (partition by lesson, source)) as until_at, count(*) over (partition by lesson, source) as senders
    from (
        select lesson, source, submitter, min(starts_at) as starts_at, min(ends_at) as ends_at, min(first_at) as first_at, max(last_at) as last_at
        from log
        group by lesson, source, submitter
    ) each
),
coming as (
    select s.lesson, s.source, s.submitter, a.trainee, a.evidence, a."row", a.kind, s.from_at, s.until_at, a.at as came_at,
        a.until, lead(a.at) over (partition by s.lesson, s.source, s.submitter, a.trainee, a.kind = 'interval' order by a.at, a."row") as next_at,
        lead(a.kind) over (partition by s.lesson, s.source, s.submitter, a.trainee, a.kind = 'interval' order by a.at, a."row") as next_kind
    from sent s
    join log g on g.lesson = s.lesson and g.source = s.source and g.submitter = s.submitter
    join attendance a on a.lesson = g.lesson and a.evidence = g.evidence
    where s.senders > 1 and a.trainee is not null and a.kind in ('interval', 'join', 'leave')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '2 days'
),
stay as (
    select *, max(went_at) over (
            partition by lesson, source, submitter, trainee order by came_at, went_at, "row" rows between unbounded preceding and 1 preceding
        ) as reached
    from (
        select *, case when kind = 'interval' then c.until when next_kind = 'leave' then next_at end as went_at from coming c where kind <> 'leave'
    ) came
),
told as (
    select lesson, source, submitter, trainee, max(case when went_at is null then 1 else 0 end) as unclosed,
        min('{"id":"' || evidence || '","row":' || cast("row" as varchar) || '}') as pointer,
        sum(greatest(0.0, date_part('epoch', least(went_at, until_at)) - date_part('epoch', greatest(came_at, reached, from_at)))) as seconds
    from stay
    group by lesson, source, submitter, trainee
),
-- Totals against the stays of the same log, and stays that do not end.
summed as (
    select o.*
    from log g
    join own o on o.lesson = g.lesson and o.evidence = g.evidence
    where g.totals > 0 or g.longest >= $longest_hours * 3600
),
doubted as (
    select *, case when comings = 0 and cast(stated_ms as double) / 1000 > stays + $tolerance_seconds then 'stated'
        when longest >= $longest_hours * 3600 and count(*) over (partition by evidence, lesson, ended) = 1 then 'endless' end as what
    from summed
    where stays > 0 and (longest >= $longest_hours * 3600 or cast(stated_ms as double) / 1000 > stays + $tolerance_seconds)
),
-- Comings and goings in an order that cannot be, and numbers that the platform does not give.
strange as (
    select o.lesson, o.evidence, o.trainee, o.line,
        case when date_part('epoch', last_leave) - date_part('epoch', last_join) >= $longest_hours * 3600
                and count(*) over (partition by o.evidence, o.lesson, last_leave) = 1 then 'endless'
            when joins = leaves and first_leave < first_join and first_leave < k.starts_at and last_leave < last_join then 'reversed'
            when numbers > 1 and low = high and 100 * sum(case when numbers > 1 and low <> high then 1 else 0 end) over (partition by o.evidence, o.lesson)
                >= $numbered_percent * sum(case when numbers > 1 then 1 else 0 end) over (partition by o.evidence, o.lesson) then 'numbered' end as what
    from own o
    join asked k on k.lesson = o.lesson
),
sign as (
    select lesson, trainee, 'contradicted' as what, min(pointer) as one, max(pointer) as other
    from told
    group by lesson, source, trainee
    having count(*) > 1 and max(unclosed) = 0 and max(seconds) - min(seconds) > $tolerance_seconds
    union all
    select lesson, trainee, what, '{"id":"' || evidence || '","row":' || cast(stay_row as varchar) || '}' as one,
        '{"id":"' || evidence || '","row":' || cast(coalesce(total_row, stay_row) as varchar) || '}' as other
    from doubted
    where what is not null
    union all
    select lesson, trainee, what, '{"id":"' || evidence || '","row":' || cast(line as varchar) || '}' as one, cast(null as varchar) as other
    from strange
    where what is not null
),
-- What is odd in itself counts together, whatever it is; what differs from another log counts apart.
person as (
    select lesson, trainee, case when what = 'contradicted' then 1 else 0 end as apart,
        max(case when what = 'stated' then 1 else 0 end) as stated, max(case when what = 'endless' then 1 else 0 end) as endless,
        max(case when what = 'reversed' then 1 else 0 end) as reversed, max(case when what = 'numbered' then 1 else 0 end) as numbered,
        min(one) as one, max(other) as other, count(*) over (partition by lesson, case when what = 'contradicted' then 1 else 0 end) as many
    from sign
    group by lesson, trainee, case when what = 'contradicted' then 1 else 0 end
),
kept as (
    select lesson, trainee, max(stated) as stated, max(endless) as endless, max(reversed) as reversed, max(numbered) as numbered,
        max(apart) as contradicted, min(one) as one, max(other) as other, row_number() over (partition by lesson order by trainee) as number
    from person
    where many >= $least_people
    group by lesson, trainee
),
counted as (
    select k.lesson, min(l.class) as class, min(l.starts_at) as at, count(*) as people, sum(c.worth_fen) as fen,
        sum(k.stated) as stated, sum(k.endless) as endless, sum(k.reversed) as reversed, sum(k.numbered) as numbered, sum(k.contradicted) as contradicted,
        string_agg(case when number <= 5 then one || coalesce(',' || nullif(other, one), '') end, ',' order by number) as pointers
    from kept k
    join lessons l on l.lesson = k.lesson
    left join credits c on c.lesson = k.lesson and c.trainee = k.trainee
    where l.cancelled_at is null and l.mode = 'live' and l.starts_at >= $since and l.starts_at < $until
    group by k.lesson
)
select
    'lesson:' || o.lesson as subject,
    o.class,
    o.lesson,
    cast(null as varchar) as trainee,
    o.at,
    least(1.0, 0.3 + cast(o.people as double) / 50 + 0.3 * (case when stated > 0 then 1 else 0 end
        + case when endless > 0 then 1 else 0 end + case when reversed > 0 then 1 else 0 end + case when numbered > 0 then 1 else 0 end
        + case when contradicted > 0 then 1 else 0 end)) as score,
    cast(coalesce(o.fen, 0) as bigint) as money_fen,
    '[' || o.pointers || ']' as evidence,
    '{"people":' || cast(o.people as varchar) || ',"stated":' || cast(cast(o.stated as bigint) as varchar)
        || ',"endless":' || cast(cast(o.endless as bigint) as varchar)
        || ',"reversed":' || cast(cast(o.reversed as bigint) as varchar) || ',"numbered":' || cast(cast(o.numbered as bigint) as varchar)
        || ',"contradicted":' || cast(cast(o.contradicted as bigint) as varchar) || '}' as detail
from counted o

-- id = "too-perfect"
-- version = 2
-- severity = "low"
-- strength = "weak"
-- typology = "presence"
-- subject = "class"
-- scope = "all"
-- compares = ["credits", "lessons", "roster", "classes"]
--
-- [title]
-- zh = "全班每节课都满勤"
-- en = "Everybody present, to the minute, always"
--
-- [parameters.least_people]
-- value = 10
-- source = "policy: a handful of people may well miss nothing"
--
-- [parameters.least_lessons]
-- value = 8
-- source = "policy: a day or two may pass without anybody being late or ill"
--
-- [parameters.full_percent]
-- value = 99
-- source = "policy: one in a hundred sittings may be short, which is less than any class known that was not made up"
--
-- [parameters.tolerance_seconds]
-- value = 60
-- source = "policy: lesson_hour.tolerance_seconds of shaanxi-2020-31; a minute missed is nothing missed"
--
-- [parameters.least_peers]
-- value = 3
-- source = "policy: of fewer classes nobody can say what is usual on the platform"
--
-- [parameters.peer_percent]
-- value = 95
-- source = "policy: where other classes are nearly full as well, the platform or its logs make them so"
--
-- [explanation.zh]
-- seen = "本班 {people} 名学员在 {lessons} 个直播课节里，{full_percent}% 的人次从头到尾在场；同平台另外 {peers} 个班平均 {peer_percent}%。"
-- normal = "总有人请假、迟到、早退或者断线。"
-- matters = "全班满勤可能是统一登录或者编造的日志；单独看不说明问题。风险金额是本班这些课节已计入的课时。"
-- look = "看其他发现，例如同一设备多人签到、日志的行像是复制；看录像和图片里的人数。"
--
-- [explanation.en]
-- seen = "In this class of {people} trainees and {lessons} live lessons {full_percent} % of all sittings are present from beginning to end; in {peers} other classes of the platform {peer_percent} % are."
-- normal = "Somebody is always ill, late, gone early or cut off."
-- matters = "A class that misses nothing may be signed in together, or its logs made up; alone it says little. The money at risk is what the class was credited in these lessons."
-- look = "See other findings, such as one device with many people or rows that look copied; count people in recordings and pictures."
--
-- [[innocent]]
-- zh = "企业在上班时间集中组织，有人现场督促。"
-- en = "The enterprise held it in working time, all together, with somebody to see to it."
-- [[innocent]]
-- zh = "平台的日志只记到场，不记实际进出时刻。"
-- en = "The platform's log enters that people came, and not when they really came and went."
--
-- Sittings are trainees on the roster, who alone have credits, times lessons that anybody attended. Recorded lessons do not count: whoever completes one was there for all of it.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
withdrawn as (
    select trainee from roster where withdrawn_at is not null
),
sitting as (
    select c.class, c.lesson, c.worth_fen, c.presence_ms,
        case when c.presence_ms + $tolerance_seconds * 1000 >= (date_part('epoch', l.ends_at) - date_part('epoch', l.starts_at)) * 1000
            then 1 else 0 end as full_one
    from withdrawn w
    right join credits c on c.trainee = w.trainee
    join lessons l on l.lesson = c.lesson
    where w.trainee is null and l.cancelled_at is null and l.mode not in ('recorded', 'in_person')
),
lesson as (
    select class, lesson, max(presence_ms) as longest_ms, sum(full_one) as full_ones, sum(worth_fen) as fen
    from sitting
    group by class, lesson
),
held as (
    select class, count(case when longest_ms > 0 then lesson end) as lessons, sum(full_ones) as full_ones, sum(fen) as fen
    from lesson
    group by class
),
on_roster as (
    select class, count(*) as people from roster where withdrawn_at is null group by class
),
share as (
    select h.class, k.platform, h.lessons, n.people, h.fen, cast(h.full_ones as double) * 100 / (n.people * h.lessons) as percent
    from held h
    join on_roster n on n.class = h.class
    join classes k on k.class = h.class
    where n.people >= $least_people and h.lessons >= $least_lessons
),
beside as (
    select *, count(*) over (partition by platform) - 1 as peers, sum(percent) over (partition by platform) - percent as others from share
)
select
    'class:' || s.class as subject,
    s.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    b.at,
    least(1.0, 0.3 + (s.percent - s.others / s.peers) / 100) as score,
    cast(coalesce(s.fen, 0) as bigint) as money_fen,
    '[]' as evidence,
    '{"people":' || cast(s.people as varchar) || ',"lessons":' || cast(s.lessons as varchar)
        || ',"full_percent":' || cast(cast(floor(s.percent) as bigint) as varchar) || ',"peers":' || cast(s.peers as varchar)
        || ',"peer_percent":' || cast(cast(floor(s.others / s.peers) as bigint) as varchar) || '}' as detail
from beside s
join begun b on b.class = s.class
where b.at >= $since and b.at < $until and s.percent >= $full_percent and s.peers >= $least_peers and s.others <= s.peers * $peer_percent

-- id = "idle"
-- version = 3
-- severity = "medium"
-- strength = "medium"
-- typology = "presence"
-- subject = "person"
-- compares = ["attendance", "lessons", "trainees", "credits"]
--
-- [title]
-- zh = "整节课没有互动，心跳分秒不差"
-- en = "A whole lesson without interaction, with beats equal to the second"
--
-- [parameters.least_beats]
-- value = 12
-- source = "policy: a dozen gaps are not equal to the second by chance (of 34,000 stays drawn by chance none had eight)"
--
-- [parameters.cover_percent]
-- value = 90
-- source = "policy: the whole lesson, but for coming a little late; a program does not come late"
--
-- [parameters.least_peers]
-- value = 10
-- source = "policy: of fewer nobody can say how beats come on this platform and client"
--
-- [parameters.peer_percent]
-- value = 60
-- source = "policy: where most others with the same kind of client have uneven beats that day, even ones are not the platform's way; a whole class may be left to programs"
--
-- [parameters.uneven_percent]
-- value = 20
-- source = "policy: one connection that dropped makes one gap uneven, a real client and its network make many"
--
-- [parameters.answered_percent]
-- value = 50
-- source = "policy: that somebody does nothing says something only where most others have something to do"
--
-- [explanation.zh]
-- seen = "这名学员在本课节有 {beats} 次心跳，间隔全部正好 {gap_seconds} 秒，没有作答，也没有人脸核验；当天同一平台、同类客户端的另外 {peers} 人次中，有 {uneven} 人次的间隔有快有慢，{answered} 人次有作答或核验。"
-- normal = "31号 三：实时互动、教师答疑、考核测试是线上培训的方式；真实的客户端受网络影响，心跳间隔有快有慢。"
-- matters = "心跳分秒不差又没有任何互动，像是程序挂机；风险金额是该学员在本课节已计入的课时。"
-- look = "看心跳和互动的行；比较这名学员在其他课节的记录；看图片和录像里有没有本人。"
--
-- [explanation.en]
-- seen = "The trainee's {beats} beats in this lesson are all {gap_seconds} seconds apart, without an answer or a face check; of {peers} other stays that day with the same platform and kind of client {uneven} have uneven beats, and {answered} have an answer or a check."
-- normal = "Notice 31, part 3: interaction, questions and tests are part of online training; beats of a real client come unevenly, as its network does."
-- matters = "Beats equal to the second and no interaction at all look like a program left running; the money at risk is what the trainee was credited in this lesson."
-- look = "See the rows of beats and answers; compare the trainee's rows of other lessons; see whether pictures and recordings show the person."
--
-- [[innocent]]
-- zh = "这名学员的客户端版本不同，由服务器按固定间隔记心跳。"
-- en = "The trainee's client is of another version, whose beats the server enters at fixed gaps."
-- [[innocent]]
-- zh = "教师没有向这名学员提问，网络也特别稳定。"
-- en = "The teacher asked this trainee nothing, and the network was very steady."
--
-- Beats of one moment have no gap, so that logs handed in twice change nothing. People are compared with those of the same day, platform and kind of
-- client, in whichever class, since a whole class may be left to programs; where all beats are even (a server's clock, whole minutes) nobody stands out. Recorded lessons are judged by positions, not here.
-- Which rows these are is looked up for the few that are found: carried along from the beginning it would be most of what is sorted.
with asked as (
    select lesson, class, starts_at, to_char(starts_at + interval '8 hours', '%Y-%m-%d') as on_day,
        date_part('epoch', ends_at) - date_part('epoch', starts_at) as length
    from lessons
    where cancelled_at is null and mode not in ('recorded', 'in_person')
        and starts_at >= $since - interval '1 day' and starts_at < $until + interval '1 day'
),
gap as (
    select a.lesson, a.trainee, a.platform, coalesce(a.client, a.user_agent, '') as client, a.kind,
        case when a.kind = 'heartbeat' then round(date_part('epoch', a.at) - date_part('epoch', lag(a.at) over (
            partition by a.lesson, a.trainee, a.platform, coalesce(a.client, a.user_agent, ''), a.kind = 'heartbeat' order by a.at))) end as seconds
    from attendance a
    join asked k on k.lesson = a.lesson
    where a.trainee is not null and a.kind in ('heartbeat', 'answer', 'face_check', 'progress')
        and a.at >= $since - interval '2 days' and a.at < $until + interval '3 days'
),
counted as (
    select lesson, trainee, platform, client, seconds, count(*) as times, max(case when kind = 'heartbeat' then 0 else 1 end) as acts
    from gap
    where seconds > 0 or kind <> 'heartbeat'
    group by lesson, trainee, platform, client, seconds
),
stay as (
    select lesson, trainee, platform, client, max(acts) as acts, sum(case when seconds is not null then times end) as gaps,
        max(case when seconds is not null then times end) as alike, max(seconds) as seconds, sum(times * seconds) + max(seconds) as lasted
    from counted
    group by lesson, trainee, platform, client
),
known as (
    select *, max(acts) over (partition by lesson, trainee) as acted from stay
),
beside as (
    select p.*, count(*) over (partition by k.on_day, p.platform, p.client) - 1 as peers,
        sum(p.acted) over (partition by k.on_day, p.platform, p.client) as answered,
        sum(case when p.alike * 100 <= p.gaps * (100 - $uneven_percent) then 1 else 0 end) over (partition by k.on_day, p.platform, p.client) as uneven,
        k.class, k.starts_at, k.length
    from known p
    join asked k on k.lesson = p.lesson
    where p.gaps + 1 >= $least_beats
),
odd as (
    select *
    from beside
    where alike = gaps and acted = 0 and lasted * 100 >= length * $cover_percent and starts_at >= $since and starts_at < $until
        and peers >= $least_peers and uneven * 100 >= peers * $peer_percent and answered * 100 >= peers * $answered_percent
),
log as (
    select o.lesson, o.trainee, o.platform, o.client, o.class, o.starts_at, o.gaps, o.seconds, o.peers, o.uneven, o.answered, a.evidence,
        min(a."row") as first_line, max(a."row") as last_line,
        row_number() over (partition by o.lesson, o.trainee, o.platform, o.client order by a.evidence) as number
    from odd o
    join attendance a on a.lesson = o.lesson and a.trainee = o.trainee and a.platform = o.platform
    where a.kind = 'heartbeat' and coalesce(a.client, a.user_agent, '') = o.client
        and a.at >= $since - interval '2 days' and a.at < $until + interval '3 days'
    group by o.lesson, o.trainee, o.platform, o.client, o.class, o.starts_at, o.gaps, o.seconds, o.peers, o.uneven, o.answered, a.evidence
)
select
    'person:' || t.person as subject,
    b.class,
    b.lesson,
    b.trainee,
    b.starts_at as at,
    0.5 + 0.4 * cast(b.answered as double) / b.peers as score,
    cast(coalesce(c.worth_fen, 0) as bigint) as money_fen,
    '[{"id":"' || b.evidence || '","row":' || cast(b.first_line as varchar) || '},{"id":"' || b.evidence || '","row":' || cast(b.last_line as varchar)
        || '}]' as evidence,
    '{"beats":' || cast(cast(b.gaps as bigint) + 1 as varchar) || ',"gap_seconds":' || cast(cast(b.seconds as bigint) as varchar)
        || ',"peers":' || cast(b.peers as varchar) || ',"uneven":' || cast(b.uneven as varchar)
        || ',"answered":' || cast(b.answered as varchar) || '}' as detail
from log b
join trainees t on t.trainee = b.trainee
left join credits c on c.lesson = b.lesson and c.trainee = b.trainee
where b.number = 1

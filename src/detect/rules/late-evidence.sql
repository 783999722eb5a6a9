-- id = "late-evidence"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "class"
-- scope = "class"
-- compares = ["classes", "lessons", "attendance", "evidence", "credits"]
--
-- [title]
-- zh = "证据在上课很久之后一次补交"
-- en = "Evidence that came in one go, long after the lessons"
--
-- [parameters.late_days]
-- value = 30
-- source = "policy: reports.claim_days of the policy file; by then a class is claimed for, and what proves it is there. 7 days (reports.late_after_days) are late for a report and nothing strange"
--
-- [parameters.least_lessons]
-- value = 5
-- source = "policy: a few lessons whose logs were forgotten are no bulk"
--
-- [parameters.least_days]
-- value = 3
-- source = "policy: lessons of one or two days come in one export"
--
-- [parameters.share_percent]
-- value = 50
-- source = "policy: half of the class; less is a gap that was filled when it was noticed"
--
-- [explanation.zh]
-- seen = "本班 {lessons} 个线上课节（分布在 {days} 天，占 {share_percent}%）首次收到{what_zh}的日期是同一天，距下课至少 {least_late_days} 天，最多 {most_late_days} 天。"
-- normal = "签到日志、录像和图片在上课后几天内提交，随课程陆续到达（31号 三：确保学习过程可查询、可追溯）。"
-- matters = "很久以后一次补交的证据可能是事后制作的；单凭这一点不能说明问题，要和其他发现一起看。风险金额是这些课节已计入的课时。"
-- look = "看文件自称的制作时间、导出时间和平台；比较这些文件是否由同一软件同时生成；问承训单位为什么晚交。"
--
-- [explanation.en]
-- seen = "Online lessons: {lessons}, on days: {days}, {share_percent} % of the class. The first {what_en} of all of them came on one and the same day, at least {least_late_days} and at most {most_late_days} days after the lesson."
-- normal = "Logs, recordings and pictures are handed in within days of a lesson and arrive as the course goes on (notice, part 3: learning must be queryable and traceable)."
-- matters = "What comes in one go long afterwards may have been made up. It says nothing by itself and counts beside other findings; the money at risk is what was credited in these lessons."
-- look = "See when the files say they were made and exported, and on which platform; compare whether one program made them at one time; ask the provider why they came late."
--
-- [[innocent]]
-- zh = "系统上线或平台开放导出之前的材料，按要求补录（31号 六（五））。"
-- en = "Material of the time before the system or the platform's export was there, back-filled as the notice asks (part 6 (5))."
-- [[innocent]]
-- zh = "平台在结业后才一次导出整班日志。"
-- en = "The platform exports the logs of a class once, after it is over."
-- [[innocent]]
-- zh = "被退回补正，重新整理后提交。"
-- en = "The claim was returned, and the evidence handed in after that."
--
-- Of each lesson the first log and the first picture or recording count, so what is handed in twice is not late. Days run from the end of the lesson, or
-- from when class and lesson were registered here, if that was later: nothing can be handed in before. Logs are one sort of evidence, pictures and
-- recordings the other; the day and sort that hold the most lessons stand for the class.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
held as materialized (
    select l.class, l.lesson, b.at, greatest(l.ends_at, l.created_at, k.created_at) as due_at, to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') as on_day,
        count(*) over (partition by l.class) as all_lessons
    from lessons l
    join begun b on b.class = l.class
    join classes k on k.class = l.class
    where b.at >= $since and b.at < $until and l.cancelled_at is null and l.mode <> 'in_person'
),
came as (
    select h.class, h.lesson, h.at, h.due_at, h.on_day, h.all_lessons, 1 as source, min(a.received_at) as received_at, min(a.evidence) as evidence
    from attendance a
    join held h on h.lesson = a.lesson
    group by h.class, h.lesson, h.at, h.due_at, h.on_day, h.all_lessons
    union all
    select h.class, h.lesson, h.at, h.due_at, h.on_day, h.all_lessons, 2 as source, min(e.received_at) as received_at, min(e.evidence) as evidence
    from evidence e
    join held h on h.lesson = e.lesson
    where e.kind in ('video', 'screenshot')
    group by h.class, h.lesson, h.at, h.due_at, h.on_day, h.all_lessons
),
late as materialized (
    select c.class, c.lesson, c.at, c.on_day, c.all_lessons, c.source, c.evidence, to_char(c.received_at + interval '8 hours', '%Y-%m-%d') as came_on,
        floor((date_part('epoch', c.received_at) - date_part('epoch', c.due_at)) / 86400) as late_days
    from came c
    where date_part('epoch', c.received_at) - date_part('epoch', c.due_at) >= $late_days * 86400
),
paid as (
    select lesson, sum(worth_fen) as fen from credits group by lesson
),
bulk as (
    select l.class, l.source, l.came_on, min(l.at) as at, count(*) as lessons, count(distinct l.on_day) as days, max(l.all_lessons) as all_lessons,
        min(l.late_days) as least_late, max(l.late_days) as most_late, sum(coalesce(p.fen, 0)) as fen
    from late l
    left join paid p on p.lesson = l.lesson
    group by l.class, l.source, l.came_on
    having count(*) >= $least_lessons and count(distinct l.on_day) >= $least_days and count(*) * 100 >= max(l.all_lessons) * $share_percent
),
most as (
    select *, row_number() over (partition by class order by lessons desc, source, came_on) as place from bulk
),
pointer as (
    select class, source, came_on, string_agg('{"id":"' || evidence || '"}', ',' order by evidence) as pointers
    from (
        select class, source, came_on, evidence, row_number() over (partition by class, source, came_on order by evidence) as number
        from late
        group by class, source, came_on, evidence
    ) numbered
    where number <= 10
    group by class, source, came_on
)
select
    'class:' || m.class as subject,
    m.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    m.at,
    least(1.0, cast(m.lessons as double) / m.all_lessons) as score,
    cast(m.fen as bigint) as money_fen,
    '[' || p.pointers || ']' as evidence,
    '{"lessons":' || cast(m.lessons as varchar) || ',"days":' || cast(m.days as varchar)
        || ',"share_percent":' || cast(cast(floor(cast(m.lessons as double) * 100 / m.all_lessons) as bigint) as varchar)
        || ',"what_zh":"' || case when m.source = 1 then '签到日志' else '录像或图片' end
        || '","what_en":"' || case when m.source = 1 then 'log of signing in' else 'picture or recording' end
        || '","least_late_days":' || cast(cast(m.least_late as bigint) as varchar)
        || ',"most_late_days":' || cast(cast(m.most_late as bigint) as varchar) || ',"came_on":"' || m.came_on || '"}' as detail
from most m
join pointer p on p.class = m.class and p.source = m.source and p.came_on = m.came_on
where m.place = 1

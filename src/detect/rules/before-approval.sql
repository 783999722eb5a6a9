-- id = "before-approval"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "plan"
-- subject = "class"
-- scope = "class"
-- compares = ["applications", "lessons", "attendance", "credits"]
--
-- [title]
-- zh = "未经同意就开展线上培训"
-- en = "Online training before it was approved"
--
-- [parameters.grace_hours]
-- value = 24
-- source = "policy: a written decision is entered a day after it was given at the latest"
--
-- [parameters.least_people]
-- value = 3
-- source = "policy: one or two people who sign in to a lesson try the platform out"
--
-- [parameters.long_days]
-- value = 10
-- source = "policy: training that began so many days before its approval makes the score whole"
--
-- [explanation.zh]
-- seen = "本班有 {lessons} 个线上课节在同意开班之前（或不予同意的情况下）已有学员签到，涉及 {people} 名学员；其中 {before_filing} 个早于提交申请。最早的早于审核同意 {days} 天。不予同意：{refused}（1 为是）。"
-- normal = "拟开展线上培训的，应在培训前上报开班申请，经审核同意后方可组织开展培训（31号 四）；承诺先行开班的也须先经同意，已开班的班次只对同意之后的剩余理论课程开展线上培训。"
-- matters = "未经同意的培训不在补贴范围内；风险金额是这些学员在这些课节已计入的课时。"
-- look = "对照申请、审核意见和所列的签到行；问是否此前已书面申请或者口头同意；看签到时间是否真实。"
--
-- [explanation.en]
-- seen = "In online lessons of this class trainees signed in before it was approved, or although it was refused; lessons: {lessons}, trainees: {people}, lessons even before the application was filed: {before_filing}. The earliest was {days} days before the approval. Refused: {refused} (1: yes)."
-- normal = "Whoever means to train online applies before training and trains when that is approved (notice, part 4). A class opened on a promise is approved first as well, and a class already running goes online with what is left of its theory after approval."
-- matters = "Training without approval is not subsidised; the money at risk is what was credited to these trainees in these lessons."
-- look = "Lay the application and the decision beside the rows of signing in named here; ask whether it was applied for on paper or approved by word before; see whether the times of signing in are true."
--
-- [[innocent]]
-- zh = "书面申请和同意在前，登记到系统在后（包括系统上线后的补录）。"
-- en = "Application and approval were on paper, and entered here later; so is what was back-filled when the system went live."
-- [[innocent]]
-- zh = "疫情初期口头同意先行开班，书面意见后补。"
-- en = "In the first days of the epidemic it was approved by word of mouth, and in writing later."
-- [[innocent]]
-- zh = "日志的日期写错。"
-- en = "The log has a wrong date."
--
-- An approval stands once it is given, and the moment of it is compared with each sign of a trainee, since recorded lessons are open long before and
-- after. A class that is undecided or was returned says nothing yet. All kinds of application need the approval (promise_first too: the promise is for the
-- full plan); lessons in person are not a matter of this approval. A class that was entered after a lesson is asked for that lesson only if its log was here
-- before the decision: otherwise everything was back-filled, and the dates are those of the keyboard.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select p.class, b.at, p.applied_at, p.decided_at, p.decision
    from applications p
    join begun b on b.class = p.class
    where b.at >= $since and b.at < $until and p.decision in ('approve', 'refuse') and p.decided_at is not null
),
early as (
    select l.lesson, l.class, l.starts_at, k.at, k.applied_at, k.decided_at, k.decision
    from lessons l
    join asked k on k.class = l.class
    where l.cancelled_at is null and l.mode <> 'in_person'
        and (k.decision = 'refuse' or date_part('epoch', l.starts_at) + $grace_hours * 3600 < date_part('epoch', k.decided_at))
),
seen as (
    select e.class, e.lesson, e.at, e.applied_at, e.decided_at, e.decision, a.trainee, min(a.at) as first_at,
        min('{"id":"' || a.evidence || '","row":' || cast(a."row" as varchar) || '}') as pointer
    from attendance a
    join early e on e.lesson = a.lesson
    where a.trainee is not null and a.kind not in ('waiting_room', 'away', 'mark')
        and (e.decision = 'refuse' or (date_part('epoch', a.at) + $grace_hours * 3600 < date_part('epoch', e.decided_at)
            and (e.applied_at <= e.starts_at or a.received_at < e.decided_at)))
    group by e.class, e.lesson, e.at, e.applied_at, e.decided_at, e.decision, a.trainee
),
paid as materialized (
    select s.*, coalesce(c.worth_fen, 0) as fen, count(*) over (partition by s.lesson) as here
    from seen s
    left join credits c on c.lesson = s.lesson and c.trainee = s.trainee
),
by_lesson as (
    select class, lesson, min(p.at) as at, min(applied_at) as applied_at, min(decided_at) as decided_at, min(decision) as decision,
        min(first_at) as first_at, min(pointer) as pointer, sum(fen) as fen,
        row_number() over (partition by class order by min(first_at), lesson) as number
    from paid p
    where here >= $least_people
    group by class, lesson
),
attended as (
    select class, count(distinct trainee) as people from paid where here >= $least_people group by class
),
found as (
    select class, min(l.at) as at, min(decision) as decision, count(*) as lessons, sum(fen) as fen,
        sum(case when first_at < applied_at then 1 else 0 end) as before_filing,
        greatest(floor((date_part('epoch', min(decided_at)) - date_part('epoch', min(first_at))) / 86400), 0) as days,
        string_agg(case when number <= 10 then case when number > 1 then ',' else '' end || pointer else '' end, '' order by number) as pointers
    from by_lesson l
    group by class
)
select
    'class:' || f.class as subject,
    f.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    f.at,
    case when f.decision = 'refuse' then 1.0 else least(1.0, 0.5 + 0.5 * cast(f.days as double) / $long_days) end as score,
    cast(f.fen as bigint) as money_fen,
    '[' || f.pointers || ']' as evidence,
    '{"lessons":' || cast(f.lessons as varchar) || ',"people":' || cast(a.people as varchar)
        || ',"before_filing":' || cast(f.before_filing as varchar) || ',"days":' || cast(cast(f.days as bigint) as varchar)
        || ',"refused":' || case when f.decision = 'refuse' then '1' else '0' end || '}' as detail
from found f
join attended a on a.class = f.class

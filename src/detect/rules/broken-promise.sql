-- id = "broken-promise"
-- version = 1
-- severity = "medium"
-- strength = "strong"
-- typology = "plan"
-- subject = "class"
-- scope = "class"
-- compares = ["applications", "papers", "lessons", "credits"]
--
-- [title]
-- zh = "承诺补报的培训方案没有按期补报"
-- en = "The full plan was promised and did not come in time"
--
-- [parameters.grace]
-- value = "3 days"
-- source = "policy: papers that come by post or over the counter (31号 六（二）) are entered some days later"
--
-- [parameters.long_days]
-- value = 30
-- source = "policy: so many days over the promise make the score whole"
--
-- [explanation.zh]
-- seen = "本班凭承诺先行开班，完整培训方案应在 {due} 前补报，已超过 {days_over} 天；之后补报 {late}（1 为已补报，0 为至今没有）。"
-- normal = "承诺在一定时限内提供完整培训方案的，可先行开班，开班后在承诺时限内补报（31号 四）。"
-- matters = "没有完整培训方案，就不知道所上的课是否在同意的范围内；至今没有补报的，风险金额是本班已计入的全部课时，期限之后补报了的不计金额。"
-- look = "看班次材料里有没有完整培训方案、何时提交；提醒承训单位补报。"
--
-- [explanation.en]
-- seen = "The class was opened on a promise; the full plan was due by {due}, which is {days_over} days ago. It came afterwards: {late} (1: yes, 0: not to this day)."
-- normal = "Who promises the full plan by a day may open the class first, and files the plan by that day (notice, part 4)."
-- matters = "Without the full plan nobody knows whether the lessons are what was approved. Where it has not come to this day, the money at risk is all that was credited in the class; where it came late, none."
-- look = "See whether the papers of the class have the full plan, and since when; remind the provider."
--
-- [[innocent]]
-- zh = "完整培训方案以纸质交了，没有登记，或登记成了别的材料。"
-- en = "The full plan was handed in on paper and was not entered, or was entered as another kind of paper."
-- [[innocent]]
-- zh = "经同意延长了期限。"
-- en = "The day was put off by agreement."
--
-- The first paper of the class that was filed as its full plan, whenever that was, against the day promised. A class that was entered after that day was
-- back-filled, and so were its papers.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select p.class, b.at, p.promise_due, to_char(cast(p.promise_due as timestamp) + cast($grace as interval), '%Y-%m-%d') as last_day
    from applications p
    join begun b on b.class = p.class
    where b.at >= $since and b.at < $until and p.application = 'promise_first' and p.promise_due is not null and p.decision = 'approve'
        and to_char(p.applied_at + interval '8 hours', '%Y-%m-%d') <= p.promise_due
),
broken as (
    select k.class, k.at, k.promise_due, min(p.filed_at) as filed_at, min(p.evidence) as evidence,
        floor((date_part('epoch', $now) - date_part('epoch', cast(k.promise_due as timestamp)) + 28800) / 86400) as days
    from asked k
    left join papers p on p.class = k.class and p.kind = 'full_plan'
    where to_char($now + interval '8 hours', '%Y-%m-%d') > k.last_day
    group by k.class, k.at, k.promise_due, k.last_day
    having min(p.filed_at) is null or to_char(min(p.filed_at) + interval '8 hours', '%Y-%m-%d') > k.last_day
),
worth as (
    select c.class, sum(c.worth_fen) as fen from credits c join asked k on k.class = c.class group by c.class
)
select
    'class:' || b.class as subject,
    b.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    b.at,
    case when b.filed_at is not null then 0.5 else least(1.0, 0.6 + 0.4 * b.days / $long_days) end as score,
    case when b.filed_at is not null then cast(0 as bigint) else cast(coalesce(w.fen, 0) as bigint) end as money_fen,
    case when b.evidence is null then '[]' else '[{"id":"' || b.evidence || '"}]' end as evidence,
    '{"due":"' || b.promise_due || '","days_over":' || cast(cast(b.days as bigint) as varchar)
        || ',"late":' || case when b.filed_at is null then '0' else '1' end || '}' as detail
from broken b
left join worth w on w.class = b.class

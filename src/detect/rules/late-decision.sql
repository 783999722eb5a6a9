-- id = "late-decision"
-- version = 1
-- severity = "info"
-- strength = "strong"
-- typology = "plan"
-- subject = "class"
-- scope = "class"
-- compares = ["applications", "lessons", "claims"]
--
-- [title]
-- zh = "审核或预拨超过期限"
-- en = "A decision or a prepayment after its limit"
--
-- [parameters.long_days]
-- value = 10
-- source = "policy: so many days late make the score whole"
--
-- [explanation.zh]
-- seen = "本班的开班审核晚了 {decision_days} 天，预拨晚了 {prepay_days} 天（0 为没有晚；还没有办的计到今天）。"
-- normal = "31号 四：3 个工作日内完成审核；五（三）：审核同意后 5 日内预拨 50% 的线上培训补贴资金。期限按工作日历计算。"
-- matters = "这是人社部门的期限，不说明承训单位有问题；没有风险金额。"
-- look = "在期限页查看申请、审核和预拨的日期。"
--
-- [explanation.en]
-- seen = "The decision on this class was {decision_days} days late, and the prepayment {prepay_days} (0: not late; what is still to be done is counted to today)."
-- normal = "Notice, part 4: applications are decided within 3 working days; part 5 (3): half of the budget is paid in advance within 5 days of approval. Limits are counted on the working-day calendar."
-- matters = "These are limits of the authority and say nothing against the provider; no money is at risk."
-- look = "The page of deadlines shows when the application was filed, decided and paid for in advance."
--
-- [[innocent]]
-- zh = "决定或者付款已经按期作出，登记得晚。"
-- en = "The decision or the payment was made in time and entered late."
-- [[innocent]]
-- zh = "材料不齐，当面退回补正，没有登记为退回。"
-- en = "Papers were missing and were asked for in person, without the application being returned in the system."
--
-- What was claimed before a prepayment was made needs none from then on. A limit that the calendar cannot tell for certain is null and never late.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
claimed as (
    select class, min(filed_at) as at from claims group by class
),
late as (
    select a.class, b.at,
        case when coalesce(a.decided_at, $now) >= a.decision_due_at
            then floor((date_part('epoch', coalesce(a.decided_at, $now)) - date_part('epoch', a.decision_due_at)) / 86400) + 1 else 0 end as decision_days,
        case when a.prepaid_on is not null and a.prepaid_on >= to_char(a.prepay_due_at + interval '8 hours', '%Y-%m-%d')
            then floor((date_part('epoch', cast(a.prepaid_on as timestamp)) - date_part('epoch', a.prepay_due_at) - 28800) / 86400) + 1
            when a.prepaid_on is null and least(coalesce(c.at, $now), $now) >= a.prepay_due_at
            then floor((date_part('epoch', least(coalesce(c.at, $now), $now)) - date_part('epoch', a.prepay_due_at)) / 86400) + 1
            else 0 end as prepay_days
    from applications a
    join begun b on b.class = a.class
    left join claimed c on c.class = a.class
    where b.at >= $since and b.at < $until
)
select
    'class:' || l.class as subject,
    l.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    l.at,
    least(1.0, cast(greatest(decision_days, prepay_days) as double) / $long_days) as score,
    cast(0 as bigint) as money_fen,
    '[]' as evidence,
    '{"decision_days":' || cast(cast(decision_days as bigint) as varchar) || ',"prepay_days":' || cast(cast(prepay_days as bigint) as varchar) || '}' as detail
from late l
where decision_days > 0 or prepay_days > 0

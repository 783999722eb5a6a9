-- id = "amount-over-formula"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "money"
-- subject = "class"
-- scope = "class"
-- compares = ["claims", "applications", "classes", "certificates", "roster", "lessons"]
--
-- [title]
-- zh = "金额高于公式计算的结果"
-- en = "An amount above what the formula gives"
--
-- [parameters.tolerance_fen]
-- value = 0
-- source = "31号 五（二）（三）: the formula is exact and rounded once for each trainee, so nothing is above it by rounding"
--
-- [explanation.zh]
-- seen = "本班申报或核准的金额为 {amount_fen} 分；按现在登记的 {certificates} 名取得证书的学员和批准的标准，公式的结果为 {formula_fen} 分。"
-- normal = "每名在册学员按取得的证书中标准最高的一种计一次；线上部分按 {percent}% 计，金额不高于各人之和（31号 五）。"
-- matters = "多出的部分没有证书或标准支持；风险金额就是多出的部分。"
-- look = "在申报页看申报时的计算，再看申报之后哪些证书、标准或花名册的登记有变化。"
--
-- [explanation.en]
-- seen = "The amount claimed or granted for this class is {amount_fen} fen; by what is on record now (trainees with a certificate: {certificates}) and the standards approved, the formula gives {formula_fen} fen."
-- normal = "Each trainee on the roster counts once, by the certificate with the highest standard, the online part at {percent} %; an amount is never above the sum of them (notice, part 5)."
-- matters = "No certificate or standard supports what is above it; that is the money at risk."
-- look = "The page of the claim shows how it was computed when it was filed; see which certificates, standards or trainees were changed afterwards."
--
-- [[innocent]]
-- zh = "申报之后更正了证书，或有学员退出，还没有重新申报。"
-- en = "A certificate was corrected or a trainee withdrew after the claim was filed, and it was not filed again."
-- [[innocent]]
-- zh = "核准时依据另外的文件增加了补助。"
-- en = "A supplement was granted by another document."
--
-- docs/SUBSIDY.md in whole numbers: standard x (online x percent + (total - online) x 100) over total x 100, a half rounded up. What was granted takes
-- the place of what was claimed.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
claimed as (
    select c.class, max(coalesce(c.granted_fen, c.amount_fen)) as amount_fen, min(b.at) as at
    from claims c
    join begun b on b.class = c.class
    where c.replaced_at is null and c.state in ('filed', 'approved', 'settled')
        and b.at >= $since and b.at < $until
    group by c.class
),
obtained as (
    select t.class, t.trainee,
        max(case t.kind when 'qualified' then a.qualified_fen when 'skill_level' then a.skill_level_fen
            when 'vocational' then a.vocational_fen when 'special_operation' then a.special_operation_fen end) as standard
    from claimed c
    join certificates t on t.class = c.class
    join roster r on r.class = t.class and r.trainee = t.trainee
    join applications a on a.class = t.class
    where t.replaced_at is null and r.withdrawn_at is null
    group by t.class, t.trainee
),
part as (
    select o.class, cast(o.standard as double) * (cast(k.hours_online_milli as double) * a.online_percent
            + (cast(k.hours_total_milli as double) - k.hours_online_milli) * 100) as over, cast(k.hours_total_milli as double) * 100 as under
    from obtained o
    join classes k on k.class = o.class
    join applications a on a.class = o.class
    where o.standard is not null and k.hours_total_milli > 0
),
sums as (
    select class, count(*) as certificates, sum(floor((over * 2 + under) / (under * 2))) as fen from part group by class
)
select
    'class:' || c.class as subject,
    c.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    c.at,
    least(1.0, (c.amount_fen - coalesce(s.fen, 0.0)) / greatest(c.amount_fen, 1)) as score,
    cast(c.amount_fen - coalesce(s.fen, 0.0) as bigint) as money_fen,
    '[]' as evidence,
    '{"amount_fen":' || cast(c.amount_fen as varchar) || ',"formula_fen":' || cast(cast(coalesce(s.fen, 0.0) as bigint) as varchar)
        || ',"certificates":' || cast(coalesce(s.certificates, 0) as varchar) || ',"percent":' || cast(a.online_percent as varchar) || '}' as detail
from claimed c
join applications a on a.class = c.class
left join sums s on s.class = c.class
where a.online_percent is not null and c.amount_fen > coalesce(s.fen, 0.0) + $tolerance_fen

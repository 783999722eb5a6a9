-- id = "double-subsidy"
-- version = 2
-- severity = "high"
-- strength = "strong"
-- typology = "money"
-- subject = "person"
-- scope = "class"
-- compares = ["certificates", "claims", "applications", "roster", "classes", "lessons", "credits"]
--
-- [title]
-- zh = "同一人一年内以同类证书两次申领补贴"
-- en = "One person claimed for twice by the same kind of certificate in a year"
--
-- [parameters.other_trades]
-- value = 1
-- source = "policy: 31号 五（三） pays by the kind of certificate, 合格证, 职业技能等级证, 职业资格证 or 特种作业操作证, and is silent on repetition; once per kind and calendar year is attested elsewhere (深圳市盐田区 2024). 0 where another trade may be paid for as well: then the same trade alone is told"
--
-- [parameters.same_trade_score]
-- value = 0.9
-- source = "policy: the same trade twice in a year (同一职业同一等级只能享受一次) is one training paid twice, unless the grade differs"
--
-- [parameters.other_trade_score]
-- value = 0.5
-- source = "policy: another trade is another training, which some regions pay for in the same year"
--
-- [explanation.zh]
-- seen = "同一人（身份证号相同）同一年内在本班之前已有 {earlier} 个班以同一类证书申报补贴，本班又申报一次；其中同一工种 {same_trade} 个，证书号相同 {same_number} 个，承训单位不同 {other_provider} 个。"
-- normal = "一个人每年凭同一类证书享受一次补贴，最终标准按取得的证书类型确定（31号 五（三））。"
-- matters = "同一培训可能被支付两次；风险金额是这名学员在后申报的班已计入的课时。"
-- look = "对照两个班的证书和发证日期、等级；看两次上课的内容和登录记录；查当地对重复享受的规定。"
--
-- [explanation.en]
-- seen = "The same person (by ID number) was claimed for by the same kind of certificate of the same year before this class; earlier classes: {earlier}, of them of the same trade: {same_trade}, with the same certificate number: {same_number}, of another provider: {other_provider}."
-- normal = "A person brings a subsidy once a year by a kind of certificate; what it is follows from the certificate obtained (notice, part 5 (3))."
-- matters = "One training may be paid for twice; the money at risk is what was credited to this trainee in the class claimed later."
-- look = "Compare the certificates of both classes, their days and grades; see what was taught in either and how the person signed in; see what the local rule on repetition is."
--
-- [[innocent]]
-- zh = "两个班是不同工种或不同等级，当地规定可以分别享受。"
-- en = "The classes are of different trades or grades, and the local rule pays for both."
-- [[innocent]]
-- zh = "一次培训分成两个班申报，各占一部分课时。"
-- en = "One training was claimed as two classes, each with a part of its hours."
-- [[innocent]]
-- zh = "证书登记错了学员，或者登记错了类型。"
-- en = "A certificate was entered for the wrong trainee, or as another kind."
--
-- Of several certificates in a class the one with the highest approved standard is paid for, so only that counts; one without a standard brings nothing.
-- The year is that of the day on the certificate. Claims that stand count: filed, approved or settled, not replaced; the last one
-- counts as well where it was returned, since it will be filed again, but an earlier one may have been given up. The finding stands at the class that was
-- claimed later. Twice in one class is a matter of its roster (bad-identity).
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as (
    select b.class, b.at from begun b where b.at >= $since and b.at < $until
),
person_of as (
    select distinct t.person from certificates t join asked k on k.class = t.class
),
claimed as (
    select class, min(filed_at) as filed_at, max(case when state = 'returned' then 0 else 1 end) as stands
    from claims
    where replaced_at is null and state in ('filed', 'returned', 'approved', 'settled')
    group by class
),
obtained as (
    select t.class, t.person, t.trainee, t.kind, t.number_key, t.evidence, substr(t.issued_on, 1, 4) as year, k.trade_code, k.provider, c.filed_at, c.stands,
        case t.kind when 'qualified' then a.qualified_fen when 'skill_level' then a.skill_level_fen
            when 'vocational' then a.vocational_fen when 'special_operation' then a.special_operation_fen end as standard
    from certificates t
    join person_of p on p.person = t.person
    join claimed c on c.class = t.class
    join roster r on r.class = t.class and r.trainee = t.trainee
    join classes k on k.class = t.class
    join applications a on a.class = t.class
    where t.replaced_at is null and r.withdrawn_at is null and t.issued_on is not null
),
ranked as (
    select *, row_number() over (partition by class, person order by standard desc, kind, trainee) as place from obtained where standard > 0
),
counted as (
    select *, row_number() over (partition by person, kind, year order by filed_at desc, class desc) as last from ranked where place = 1
),
ordered as (
    select *,
        row_number() over (partition by person, kind, year order by filed_at, class) - 1 as earlier,
        case when trade_code is null then 0
            else row_number() over (partition by person, kind, year, trade_code order by filed_at, class) - 1 end as same_trade,
        case when number_key is null then 0
            else row_number() over (partition by person, kind, year, number_key order by filed_at, class) - 1 end as same_number,
        row_number() over (partition by person, kind, year order by filed_at, class)
            - row_number() over (partition by person, kind, year, provider order by filed_at, class) as other_provider,
        lag(class) over (partition by person, kind, year order by filed_at, class) as before,
        lag(evidence) over (partition by person, kind, year order by filed_at, class) as evidence_before
    from counted
    where stands = 1 or last = 1
),
again as (
    select o.*, b.at
    from ordered o
    join asked b on b.class = o.class
    where o.earlier > 0 and (o.same_trade > 0 or $other_trades = 1)
),
worth as (
    select c.class, c.trainee, sum(c.worth_fen) as fen
    from credits c
    join asked k on k.class = c.class
    group by c.class, c.trainee
)
select
    'person:' || g.person as subject,
    g.class,
    cast(null as varchar) as lesson,
    g.trainee,
    g.at,
    cast(case when g.same_number > 0 then 1.0 when g.same_trade > 0 then $same_trade_score else $other_trade_score end as double) as score,
    cast(coalesce(w.fen, 0) as bigint) as money_fen,
    case when g.evidence is not null and g.evidence_before is not null and g.evidence <> g.evidence_before
            then '[{"id":"' || g.evidence_before || '"},{"id":"' || g.evidence || '"}]'
        when coalesce(g.evidence, g.evidence_before) is not null then '[{"id":"' || coalesce(g.evidence, g.evidence_before) || '"}]'
        else '[]' end as evidence,
    '{"earlier":' || cast(g.earlier as varchar) || ',"same_trade":' || cast(g.same_trade as varchar) || ',"same_number":' || cast(g.same_number as varchar)
        || ',"other_provider":' || cast(g.other_provider as varchar) || ',"before":"' || g.before || '","kind":"' || g.kind || '"}' as detail
from again g
left join worth w on w.class = g.class and w.trainee = g.trainee

-- id = "placeholder-account"
-- version = 1
-- severity = "medium"
-- strength = "strong"
-- typology = "identity"
-- subject = "class"
-- scope = "class"
-- compares = ["classes", "trainees", "roster", "lessons", "credits"]
--
-- [title]
-- zh = "编造或共用的账号和联系方式"
-- en = "Accounts and contacts that are made up or shared"
--
-- [parameters.least_providers]
-- value = 3
-- source = "policy: two providers on one account may be an enterprise and the institution it entrusts (31号 一（二）: 可委托目录清单内培训机构); three that have nothing else in common are one hand"
--
-- [parameters.least_people]
-- value = 5
-- source = "policy: a slip of the pen happens to one or two; five of a class were filled in"
--
-- [parameters.least_percent]
-- value = 30
-- source = "policy: numbers filled in are many of a roster, slips a few of a hundred"
--
-- [explanation.zh]
-- seen = "本班的收款账号不可能是真的或校验不符：{account_faults} 个；使用同一账号的机构：{account_providers} 个；花名册 {people} 名学员中，电话不可能是真的有 {made_up} 人，电话或邮箱与别的机构的多名学员相同的有 {shared} 人。"
-- normal = "账号是承训单位自己的，校验相符；学员的电话和邮箱是本人的，错写的只有个别。"
-- matters = "编造或共用的账号和联系方式说明人或者单位可能是编造的；账号有问题时风险金额是全班已计入的课时，否则是所涉学员已计入的课时。"
-- look = "核对开户许可证和账号；给名单上的学员打电话；看这些学员有没有登录、图片和作答。"
--
-- [explanation.en]
-- seen = "Accounts of this class that cannot be real or fail their check digit: {account_faults}; providers that use its account: {account_providers}. Of {people} trainees on the roster, {made_up} have a phone number that cannot be real, and {shared} a phone or mail address of several trainees of other providers too."
-- normal = "The account is the provider's own and its check digit holds; phones and mail addresses are the trainees' own, but for a slip here and there."
-- matters = "Where accounts and contacts are made up or shared, people or providers may be, too. The money at risk is what is credited to the whole class where the account is in doubt, and otherwise to the trainees concerned."
-- look = "Compare the account with the bank's certificate; ring the trainees concerned; see whether they have signed in, are in pictures, and have answered."
--
-- [[innocent]]
-- zh = "账号抄错了一位。"
-- en = "One digit of the account was copied wrong."
-- [[innocent]]
-- zh = "集团内各单位由同一个财务中心收款。"
-- en = "Companies of one group are paid through one finance centre."
-- [[innocent]]
-- zh = "乡镇统一报名，没有电话的学员都填了工作人员的号码。"
-- en = "A township enrolled its people for several providers and filled in an official's number for those who have no phone."
--
-- An account with letters in it is left alone: banks' names are written behind numbers. A phone or address counts as shared where so many people of
-- several providers have it; within one provider it may be the office's that enrols them.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
asked as materialized (
    select k.class, k.provider, k.account_key, b.at,
        case when k.account_fault in ('length', 'checksum', 'repeated', 'sequence') then 1 else 0 end as faulty
    from classes k
    join begun b on b.class = k.class
    where b.at >= $since and b.at < $until
),
account as (
    select account_key, count(distinct provider) as providers from classes where account_key is not null group by account_key
),
phone as (
    select phone_key
    from (select phone_key, person, min(provider) as low, max(provider) as high from trainees where phone_key is not null group by phone_key, person) each
    group by phone_key
    having count(*) >= $least_people and min(low) <> max(high)
),
mail as (
    select email_key
    from (select email_key, person, min(provider) as low, max(provider) as high from trainees where email_key is not null group by email_key, person) each
    group by email_key
    having count(*) >= $least_people and min(low) <> max(high)
),
enrolled as (
    select r.class, r.trainee, case when t.phone_fault is not null then 1 else 0 end as made_up,
        case when p.phone_key is not null or m.email_key is not null then 1 else 0 end as shared
    from roster r
    join asked a on a.class = r.class
    join trainees t on t.trainee = r.trainee
    left join phone p on p.phone_key = t.phone_key
    left join mail m on m.email_key = t.email_key
    where r.withdrawn_at is null
),
worth as materialized (
    select c.class, c.trainee, sum(c.worth_fen) as fen
    from credits c
    join asked a on a.class = c.class
    group by c.class, c.trainee
),
people as (
    select e.class, count(*) as people, sum(e.made_up) as made_up, sum(e.shared) as shared,
        sum(case when e.made_up + e.shared > 0 then w.fen else 0 end) as fen
    from enrolled e
    left join worth w on w.class = e.class and w.trainee = e.trainee
    group by e.class
),
whole as (
    select class, sum(fen) as fen from worth group by class
),
judged as (
    select a.class, a.at, a.faulty, coalesce(n.providers, 0) as providers, coalesce(p.people, 0) as people, coalesce(p.made_up, 0) as made_up,
        coalesce(p.shared, 0) as shared, coalesce(p.fen, 0) as people_fen, coalesce(w.fen, 0) as whole_fen,
        case when a.faulty = 1 or coalesce(n.providers, 0) >= $least_providers then 1 else 0 end as by_account,
        case when coalesce(p.made_up, 0) >= $least_people and p.made_up * 100 >= p.people * $least_percent then 1
            when coalesce(p.shared, 0) >= $least_people and p.shared * 100 >= p.people * $least_percent then 1 else 0 end as by_people
    from asked a
    left join account n on n.account_key = a.account_key
    left join people p on p.class = a.class
    left join whole w on w.class = a.class
)
select
    'class:' || j.class as subject,
    j.class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    j.at,
    cast(case when by_account + by_people = 2 then 1.0 when by_people = 1 then 0.8 else 0.7 end as double) as score,
    cast(case when by_account = 1 then whole_fen else people_fen end as bigint) as money_fen,
    '[]' as evidence,
    '{"account_faults":' || cast(faulty as varchar) || ',"account_providers":' || cast(providers as varchar)
        || ',"people":' || cast(people as varchar) || ',"made_up":' || cast(made_up as varchar) || ',"shared":' || cast(shared as varchar) || '}' as detail
from judged j
where by_account = 1 or by_people = 1

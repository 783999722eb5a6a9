-- id = "outlier-provider"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "provider"
-- scope = "all"
-- compares = ["classes", "lessons", "roster", "credits", "evidence", "certificates"]
--
-- [title]
-- zh = "各项比率远离同行的机构"
-- en = "A provider whose figures are far from its peers'"
--
-- [parameters.least_classes]
-- value = 5
-- source = "policy: of fewer classes a share says little of the provider"
--
-- [parameters.least_providers]
-- value = 8
-- source = "policy: a median of fewer peers says nothing"
--
-- [parameters.z]
-- value = 3.5
-- source = "Iglewicz and Hoaglin 1993: modified z-scores above 3.5 are outliers"
--
-- [parameters.least_spread]
-- value = 0.03
-- source = "policy: where peers are all alike, a few of a hundred are no distance"
--
-- [parameters.settled_days]
-- value = 30
-- source = "policy reports.claim_days: certificates and the last evidence of a class come within a month of its end"
--
-- [explanation.zh]
-- seen = "与 {providers} 家同行相比，该机构偏离最大的是{what_zh}：{percent}%，同行中位数 {median}%，稳健 z 值 {score_z}；{far} 项超过界限。统计 {classes} 个已结束的班次。"
-- normal = "总有人缺课、缺材料、没有取得证书；同类机构的比率相近。"
-- matters = "几乎全勤、几乎全部通过，或者大量课节没有画面，可能是编造或疏于管理；比率本身不说明哪些课时有假，不计风险金额。"
-- look = "按班次看是哪些班拉高了比率；抽查其中的课节、证书和学员；看其他规则在这些班里发现了什么。"
--
-- [explanation.en]
-- seen = "Among {providers} providers this one is furthest in {what_en}: {percent} %, median {median} %, robust z {score_z}; figures beyond the limit: {far}. Classes that have ended: {classes}."
-- normal = "Somebody always misses lessons, material or the certificate; providers of a kind have similar shares."
-- matters = "Nearly full attendance, nearly everybody passing, or many lessons without a picture may be made up or badly run; a share does not say which hours are false, so no money is counted."
-- look = "See which classes make the figure; draw lessons, certificates and trainees from them; see what other rules found there."
--
-- [[innocent]]
-- zh = "只培训本企业职工，上课算工作时间，人人到齐。"
-- en = "An enterprise trains its own staff in working hours, and everybody is there."
-- [[innocent]]
-- zh = "考核简单，或者报名前已经筛选。"
-- en = "The test is easy, or trainees were selected beforehand."
-- [[innocent]]
-- zh = "录像保存在平台上，没有提交。"
-- en = "Recordings are kept on the platform and were not sent."
--
-- Shares of providers with enough classes whose last lesson is long over: hours credited of those planned for the roster, lessons with credits for which
-- neither video nor picture was received (nor for the whole class), and trainees with a certificate where any of the provider's has one. Only what is suspiciously high is found.
-- The finding stands at the provider's first lesson.
with held as (
    select k.provider, k.class, min(l.starts_at) as begun_at,
        sum(case when l.cancelled_at is null then l.hours_milli else 0 end) as milli
    from classes k
    join lessons l on l.class = k.class
    group by k.provider, k.class
    having date_part('epoch', max(l.ends_at)) + $settled_days * 86400 <= date_part('epoch', $now)
),
enrolled as (
    select r.class, count(*) as people, count(c.trainee) as passed
    from roster r
    left join (select distinct trainee from certificates where replaced_at is null) c on c.trainee = r.trainee
    where r.withdrawn_at is null
    group by r.class
),
shown as (
    select distinct coalesce(lesson, 'class ' || class) as what from evidence where kind in ('video', 'screenshot') and class is not null
),
credited as (
    select c.class, sum(c.milli) as milli, count(*) as lessons, sum(case when s.what is null and w.what is null then 1 else 0 end) as bare
    from (select class, lesson, sum(hours_milli) as milli from credits where hours_milli > 0 group by class, lesson) c
    left join shown s on s.what = c.lesson
    left join shown w on w.what = 'class ' || c.class
    group by c.class
),
figures as (
    select h.provider, min(h.begun_at) as at, count(*) as classes,
        cast(sum(coalesce(c.milli, 0)) as double) / greatest(1, sum(h.milli * coalesce(e.people, 0))) as credited,
        cast(sum(coalesce(c.bare, 0)) as double) / greatest(1, sum(coalesce(c.lessons, 0))) as bare,
        cast(sum(coalesce(e.passed, 0)) as double) / greatest(1, sum(coalesce(e.people, 0))) as passed
    from held h
    left join enrolled e on e.class = h.class
    left join credited c on c.class = h.class
    group by h.provider
    having count(*) >= $least_classes
),
figure as (
    select f.provider, f.at, f.classes, n.what, case n.what when 1 then f.credited when 2 then f.bare else f.passed end as share
    from figures f
    cross join (select 1 as what union all select 2 as what union all select 3 as what) n
    where n.what < 3 or f.passed > 0
),
ranked as (
    select *, count(*) over (partition by what) as providers, row_number() over (partition by what order by share, provider) as place from figure
),
centred as (
    select *, avg(case when place * 2 >= providers and place * 2 <= providers + 2 then share end) over (partition by what) as middle from ranked
),
spread as (
    select *, row_number() over (partition by what order by abs(share - middle), provider) as step from centred
),
measured as (
    select *, 0.6745 * (share - middle)
        / greatest($least_spread, avg(case when step * 2 >= providers and step * 2 <= providers + 2 then abs(share - middle) end) over (partition by what))
        as far_off
    from spread
),
far as (
    select *, count(*) over (partition by provider) as many, row_number() over (partition by provider order by far_off desc, what) as number
    from measured
    where providers >= $least_providers and far_off >= $z
)
select
    'provider:' || f.provider as subject,
    cast(null as varchar) as class,
    cast(null as varchar) as lesson,
    cast(null as varchar) as trainee,
    f.at,
    least(1.0, cast(f.far_off as double) / (4 * $z) + 0.2 * (f.many - 1)) as score,
    cast(0 as bigint) as money_fen,
    '[]' as evidence,
    '{"providers":' || cast(f.providers as varchar) || ',"classes":' || cast(f.classes as varchar) || ',"far":' || cast(f.many as varchar)
        || ',"percent":' || cast(cast(round(f.share * 100) as bigint) as varchar) || ',"median":' || cast(cast(round(f.middle * 100) as bigint) as varchar)
        || ',"score_z":' || cast(round(f.far_off, 1) as varchar)
        || case f.what when 1 then ',"what_zh":"计入课时占计划课时的比例","what_en":"the share of planned hours that is credited"'
            when 2 then ',"what_zh":"没有视频和图片的课节的比例","what_en":"the share of lessons without video or picture"'
            else ',"what_zh":"取得证书的学员的比例","what_en":"the share of trainees with a certificate"' end || '}' as detail
from far f
where f.number = 1 and f.at >= $since and f.at < $until

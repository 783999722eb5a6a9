-- id = "ineligible"
-- version = 2
-- severity = "high"
-- strength = "strong"
-- typology = "identity"
-- subject = "person"
-- scope = "class"
-- compares = ["listed", "roster", "classes", "lessons", "credits", "certificates"]
--
-- [title]
-- zh = "不在补贴范围内的人"
-- en = "Somebody the subsidy is not for"
--
-- [parameters.min_age]
-- value = 16
-- source = "劳动法 第十五条: 禁止用人单位招用未满十六周岁的未成年人; who is younger is no employee and no jobseeker"
--
-- [parameters.known]
-- value = "14 days"
-- source = "policy: lists come by the month; an entry without an end holds for two weeks after the day of its list, since who was employed or detained then may have ceased to be, and the next list says so"
--
-- [parameters.final_year]
-- value = "366 days"
-- source = "31号 一（一）: 就业重点群体 include graduates of the year (毕业年度高校毕业生), who are still on the list of students"
--
-- [explanation.zh]
-- seen = "花名册上的这名学员，上课当日在其他部门的名单上，各涉及课节数：领取养老金 {pension}、机关事业单位在职 {payroll}、在校学生 {student}、去世之后 {deceased}、服刑或在押 {detained}；按身份证号未满年龄 {under_age}。"
-- normal = "培训对象是企业职工、就业重点群体和贫困家庭劳动力：不领养老金，不是机关事业单位人员或在校学生，年满十六周岁，上课时在世并有自由。"
-- matters = "不属于培训对象的人不能享受补贴；去世或在押的人不可能上课、取证。风险金额是这些课节已计入的课时。"
-- look = "看名单文件里所列的行和它截至的日期；对照身份证和劳动合同；再看录像、图片和登录记录里是谁。"
--
-- [explanation.en]
-- seen = "This trainee is, on the day of lessons, on a list of another office; lessons concerned: drawing a pension {pension}, employed in the public sector {payroll}, full-time student {student}, after death {deceased}, detained {detained}; by the ID number under age {under_age}."
-- normal = "Training is for employees of enterprises, key employment groups and poor households: people who draw no pension, are no public servants and no students, are sixteen or older, and are alive and free when they sit in a lesson."
-- matters = "Nobody else brings a subsidy, and who is dead or detained cannot have attended or been certified. The money at risk is what was credited in these lessons."
-- look = "See the rows named in the file of the list and the day as of which it holds; compare the identity card and the contract of employment; then see who is in recordings, pictures and logs of signing in."
--
-- [[innocent]]
-- zh = "花名册的身份证号填成了家人的。"
-- en = "The roster has the ID number of a relative by mistake."
-- [[innocent]]
-- zh = "养老金名单里有领取遗属待遇或病残津贴的在职人员。"
-- en = "The list of pensions has people in work who draw a survivor's or an invalidity benefit."
-- [[innocent]]
-- zh = "名单没有及时更新：已经离校、离职或者释放。"
-- en = "The list is behind: the person had left the school or the post, or had been released."
--
-- A day of a lesson is held against the days of an entry. Pension and death hold for good; the other lists know nothing much later than the day they
-- are of. An entry without a beginning holds from the day of its list on. Of the dead and the detained only credited lessons count, since a
-- roster may not have heard; all do where they got a certificate of a class of which every lesson was too late for them. Students in their last year are a key group.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
enrolled as materialized (
    select r.class, r.trainee, r.person, r.category, r.age_years, r.withdrawn_at, b.at
    from roster r
    join begun b on b.class = r.class
    where b.at >= $since and b.at < $until
),
entry as (
    select person, list, evidence, "row", until_on,
        coalesce(from_on, as_of) as first_day,
        case when list in ('pension', 'deceased') then coalesce(until_on, '9999-12-31')
            else coalesce(until_on, to_char(cast(as_of as timestamp) + cast($known as interval), '%Y-%m-%d')) end as last_day
    from listed
    where list in ('pension', 'student', 'deceased', 'detained') or (list = 'payroll' and value = 'public')
),
reason as (
    select e.class, e.trainee, e.person, e.at, e.withdrawn_at, l.lesson, x.list as why, x.evidence, x."row"
    from enrolled e
    join entry x on x.person = e.person
    join lessons l on l.class = e.class
    where l.cancelled_at is null
        and to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') >= x.first_day
        and to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') <= x.last_day
        and (x.list <> 'deceased' or to_char(l.starts_at + interval '8 hours', '%Y-%m-%d') > x.first_day)
        and (x.list <> 'student' or e.category <> 'key_group'
            or x.until_on is null or x.until_on > to_char(l.starts_at + cast($final_year as interval), '%Y-%m-%d'))
    union all
    select e.class, e.trainee, e.person, e.at, e.withdrawn_at, l.lesson, 'under_age' as why, cast(null as varchar) as evidence, cast(null as bigint) as "row"
    from enrolled e
    join lessons l on l.class = e.class
    where e.age_years < $min_age and l.cancelled_at is null
),
taught as (
    select class, count(*) as lessons from lessons where cancelled_at is null group by class
),
certified as (
    select distinct class, trainee from certificates where replaced_at is null
),
covered as (
    select r.*, count(*) over (partition by r.class, r.trainee, r.why, r.evidence, r."row") as days from reason r
),
held as materialized (
    select r.class, r.trainee, r.person, r.at, r.lesson, r.why, r.evidence, r."row", c.worth_fen
    from covered r
    join taught t on t.class = r.class
    left join certified z on z.class = r.class and z.trainee = r.trainee
    left join credits c on c.lesson = r.lesson and c.trainee = r.trainee
    where c.hours_milli > 0
        or (r.withdrawn_at is null and (r.why not in ('deceased', 'detained') or (z.trainee is not null and r.days = t.lessons)))
),
by_lesson as (
    select class, trainee, lesson, min(person) as person, min(h.at) as at, coalesce(max(worth_fen), 0) as fen,
        max(case when why = 'pension' then 1 else 0 end) as pension, max(case when why = 'payroll' then 1 else 0 end) as payroll,
        max(case when why = 'student' then 1 else 0 end) as student, max(case when why = 'deceased' then 1 else 0 end) as deceased,
        max(case when why = 'detained' then 1 else 0 end) as detained, max(case when why = 'under_age' then 1 else 0 end) as under_age
    from held h
    group by class, trainee, lesson
),
found as (
    select class, trainee, min(person) as person, min(b.at) as at, count(*) as lessons, sum(fen) as fen, sum(pension) as pension, sum(payroll) as payroll,
        sum(student) as student, sum(deceased) as deceased, sum(detained) as detained, sum(under_age) as under_age
    from by_lesson b
    group by class, trainee
),
pointer as (
    select class, trainee, string_agg('{"id":"' || evidence || '","row":' || cast("row" as varchar) || '}', ',' order by evidence, "row") as pointers
    from (
        select class, trainee, evidence, "row", row_number() over (partition by class, trainee order by evidence, "row") as number
        from held
        where evidence is not null
        group by class, trainee, evidence, "row"
    ) rows_of_lists
    where number <= 10
    group by class, trainee
)
select
    'person:' || f.person as subject,
    f.class,
    cast(null as varchar) as lesson,
    f.trainee,
    f.at,
    cast(case when f.deceased + f.detained > 0 then 1.0 else 0.9 end as double) as score,
    cast(f.fen as bigint) as money_fen,
    '[' || coalesce(p.pointers, '') || ']' as evidence,
    '{"lessons":' || cast(f.lessons as varchar) || ',"pension":' || cast(f.pension as varchar) || ',"payroll":' || cast(f.payroll as varchar)
        || ',"student":' || cast(f.student as varchar) || ',"deceased":' || cast(f.deceased as varchar)
        || ',"detained":' || cast(f.detained as varchar) || ',"under_age":' || cast(f.under_age as varchar) || '}' as detail
from found f
left join pointer p on p.class = f.class and p.trainee = f.trainee

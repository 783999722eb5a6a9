-- id = "bad-identity"
-- version = 1
-- severity = "high"
-- strength = "strong"
-- typology = "identity"
-- subject = "person"
-- scope = "class"
-- compares = ["roster", "lessons", "credits", "certificates"]
--
-- [title]
-- zh = "身份证号不成立，或一人在同一班登记两次"
-- en = "An ID number that cannot be, or one person twice in a class"
--
-- [parameters.typing]
-- value = 0.4
-- source = "policy: a number of the wrong length or with letters is a slip of the pen or another document's (passport, permit) as often as not"
--
-- [parameters.checksum]
-- value = 0.5
-- source = "GB 11643: the check character tells every single wrong digit, so that one slip explains it"
--
-- [parameters.impossible]
-- value = 0.7
-- source = "GB 11643 and GB/T 2260: a province or birth date that does not exist is seldom one slip"
--
-- [parameters.twice]
-- value = 0.9
-- source = "31号 五（三）: 根据参训人员取得的证书类型确定, a person is paid for once in a class"
--
-- [parameters.each_other]
-- value = 0.1
-- source = "policy: each further number at fault in the class makes a slip less likely"
--
-- [explanation.zh]
-- seen = "这名学员在本班计入了课时或取得了证书，但身份证号按 GB 11643 不成立（1 为是）：位数 {length}、其他字符 {characters}、省份 {region}、出生日期不存在 {birth_date}、出生日期在今天之后 {birth_to_come}、校验码 {checksum}。同一身份证号在本班登记 {rows} 次。本班这样的号码共 {class_faults} 个。"
-- normal = "花名册上每人一行，身份证号与证件一致；其他证件在申请中说明。"
-- matters = "不知道领取补贴的是谁，或者同一个人领取两次；风险金额是这名学员在本班已计入的课时，重复登记的为多出的一份。"
-- look = "对照身份证原件；用登记的电话联系本人；重复登记的，看两份记录各由哪些登录行而来。"
--
-- [explanation.en]
-- seen = "This trainee was credited hours or has a certificate in this class, and the ID number is none by GB 11643 (1: yes): length {length}, other characters {characters}, province {region}, no such birth date {birth_date}, birth date to come {birth_to_come}, check character {checksum}. Entries of this number in the class: {rows}. Numbers at fault in the class: {class_faults}."
-- normal = "The roster has one row for each person, with the number on the card; another document is named in the application."
-- matters = "Nobody knows whom the subsidy is for, or one person has it twice; the money at risk is what was credited to the trainee in this class, of a person entered twice what is one too many."
-- look = "Compare the card; reach the person by the phone on record; of a person entered twice see which rows of logs each entry rests on."
--
-- [[innocent]]
-- zh = "录入时写错一位。"
-- en = "A digit was mistyped."
-- [[innocent]]
-- zh = "用的是护照、港澳台通行证等其他证件。"
-- en = "The number is a passport's or another document's."
-- [[innocent]]
-- zh = "两名学员中一人误填了另一人的身份证号。"
-- en = "Of two trainees one was entered with the other's number."
--
-- A number at fault on a roster is for its sender to correct; it is told when somebody was credited or certified by it. Entered twice is a person of whom two
-- entries were: a roster sent again under other numbers leaves one of them without anything. Numbers of one trainee at several persons cannot be seen.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
enrolled as (
    select r.class, r.trainee, r.person, r.id_number_fault as fault, b.at
    from roster r
    join begun b on b.class = r.class
    where b.at >= $since and b.at < $until and r.withdrawn_at is null
),
credited as (
    select c.class, c.trainee, sum(c.hours_milli) as milli, sum(c.worth_fen) as fen
    from credits c
    join begun b on b.class = c.class
    where b.at >= $since and b.at < $until
    group by c.class, c.trainee
),
certified as (
    select class, trainee, count(*) as certificates from certificates where replaced_at is null group by class, trainee
),
counting as (
    select e.class, e.trainee, e.person, e.fault, e.at, coalesce(c.milli, 0) as milli, coalesce(c.fen, 0) as fen
    from enrolled e
    left join credited c on c.class = e.class and c.trainee = e.trainee
    left join certified t on t.class = e.class and t.trainee = e.trainee
    where c.milli > 0 or t.certificates > 0
),
by_person as (
    select class, person, min(trainee) as trainee, min(n.at) as at, min(fault) as fault, count(*) as entries, sum(milli) as milli, sum(fen) as fen,
        max(fen) as most_fen, sum(case when min(fault) is null then 0 else 1 end) over (partition by class) as class_faults
    from counting n
    group by class, person
),
scored as (
    select *, greatest(
            case when fault is null then 0.0 when fault in ('length', 'characters') then $typing when fault = 'checksum' then $checksum else $impossible end
                + case when fault is null then 0.0 else $each_other * cast(class_faults - 1 as double) end,
            case when entries > 1 then $twice else 0.0 end) as score
    from by_person
    where fault is not null or entries > 1
)
select
    'person:' || s.person as subject,
    s.class,
    cast(null as varchar) as lesson,
    s.trainee,
    s.at,
    least(1.0, cast(s.score as double)) as score,
    cast(case when s.fault is not null then s.fen else s.fen - s.most_fen end as bigint) as money_fen,
    '[]' as evidence,
    '{"length":' || case when s.fault = 'length' then '1' else '0' end || ',"characters":' || case when s.fault = 'characters' then '1' else '0' end
        || ',"region":' || case when s.fault = 'region' then '1' else '0' end
        || ',"birth_date":' || case when s.fault = 'birth_date' then '1' else '0' end
        || ',"birth_to_come":' || case when s.fault = 'birth_to_come' then '1' else '0' end
        || ',"checksum":' || case when s.fault = 'checksum' then '1' else '0' end
        || ',"rows":' || cast(s.entries as varchar) || ',"class_faults":' || cast(s.class_faults as varchar)
        || ',"hours":' || cast(round(cast(s.milli as double) / 1000, 1) as varchar) || '}' as detail
from scored s

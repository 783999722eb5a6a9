-- id = "ghost-trainee"
-- version = 2
-- severity = "medium"
-- strength = "medium"
-- typology = "identity"
-- subject = "person"
-- scope = "class"
-- compares = ["roster", "trainees", "attendance", "evidence", "lessons", "credits"]
--
-- [title]
-- zh = "查不到任何痕迹的学员"
-- en = "A trainee who leaves no trace"
--
-- [parameters.least_hours]
-- value = 4
-- source = "policy: half a day of credited hours without a single trace; less may be one log of one meeting"
--
-- [parameters.class_percent]
-- value = 50
-- source = "policy: where half of the class or more are seen with devices, answers or pictures, the platform records them, and their absence says something"
--
-- [parameters.class_people]
-- value = 5
-- source = "policy: of fewer nobody can say what is usual in the class"
--
-- [parameters.region_percent]
-- value = 80
-- source = "policy: in a class whose ID numbers are of one province nearly all, another province is far away; many migrant workers keep the number of their birthplace, hence a sign among others only"
--
-- [parameters.contact_people]
-- value = 3
-- source = "policy: a household shares a phone, three strangers do not"
--
-- [explanation.zh]
-- seen = "这名学员在本班计入了 {hours} 课时，但在任何班级的日志里都没有设备、网络地址、作答、心跳或人脸核验，也没有本人的图片；同班 {mates} 名学员中有 {traced} 名留有这些痕迹。此外：没有可用的联系方式 {no_contact}，联系方式与另外多人相同 {shared_contact}，身份证号的省份与同班绝大多数人不同 {far_region}（1 为是）。"
-- normal = "上过课的人会留下设备或网络地址、作答、核验或图片，联系方式是本人的。"
-- matters = "这个人可能是编造的，或者没有参加培训；风险金额是该学员在本班已计入的课时。"
-- look = "看计入课时所依据的日志行；用登记的电话联系本人；核对身份证和录像、截图里的人。"
--
-- [explanation.en]
-- seen = "This trainee is credited {hours} lesson hours in this class, yet no log of any class has a device, a network address, an answer, a heartbeat or a face check of the person, and there is no picture; of {mates} others credited in the class {traced} left such traces. Besides: no usable contact {no_contact}, a contact that several other people have {shared_contact}, an ID number of another province than nearly all the class {far_region} (1: yes)."
-- normal = "Whoever attends leaves a device or an address, answers, checks or pictures, and has a contact of their own."
-- matters = "The person may be made up, or did not attend; the money at risk is what was credited to the trainee in this class."
-- look = "See the rows of logs that the hours rest on; reach the person by the phone on record; compare the identity card with who is in recordings and pictures."
--
-- [[innocent]]
-- zh = "学员打电话接入会议，平台没有设备和地址。"
-- en = "The trainee dialled in by phone, and the platform has no device and no address."
-- [[innocent]]
-- zh = "学员的记录来自另一份只有合计时长的导出。"
-- en = "The trainee's record is from another export, which states totals alone."
-- [[innocent]]
-- zh = "外省户籍的务工人员没有自己的电话。"
-- en = "A migrant worker of another province has no phone of their own."
--
-- No trace alone is what a poor export looks like, so half of the class must have left some, and the contact or the province must be odd as well.
with begun as (
    select class, min(starts_at) as at from lessons group by class
),
credited as materialized (
    select c.class, c.trainee, min(b.at) as at, sum(c.hours_milli) as milli, sum(c.worth_fen) as fen
    from credits c
    join begun b on b.class = c.class
    where b.at >= $since and b.at < $until and c.hours_milli > 0
    group by c.class, c.trainee
),
asked as (
    select distinct t.person from credited c join trainees t on t.trainee = c.trainee
),
-- Traces of these people, in whichever class.
trace as (
    select t.person, t.class
    from asked p
    join trainees t on t.person = p.person
    join attendance a on a.trainee = t.trainee
    where a.device is not null or a.ip is not null or a.user_agent is not null or a.kind in ('answer', 'heartbeat', 'face_check')
    group by t.person, t.class
    union all
    select t.person, t.class
    from asked p
    join trainees t on t.person = p.person
    join evidence e on e.trainee = t.trainee
    where e.kind in ('screenshot', 'video')
    group by t.person, t.class
),
traced as (
    select c.class, c.trainee, t.person, t.phone_key, c.at, c.milli, c.fen, r.id_region,
        case when (t.phone_key is null or t.phone_fault is not null) and t.email_key is null then 1 else 0 end as no_contact,
        count(x.person) as anywhere, max(case when x.class = c.class then 1 else 0 end) as here
    from credited c
    join trainees t on t.trainee = c.trainee
    join roster r on r.trainee = c.trainee and r.class = c.class
    left join trace x on x.person = t.person
    group by c.class, c.trainee, t.person, t.phone_key, c.at, c.milli, c.fen, r.id_region,
        case when (t.phone_key is null or t.phone_fault is not null) and t.email_key is null then 1 else 0 end
),
mate as (
    select *, count(*) over (partition by class) - 1 as mates, sum(here) over (partition by class) as traced,
        count(id_region) over (partition by class) as known, count(id_region) over (partition by class, id_region) as alike
    from traced
),
beside as (
    select *, max(alike) over (partition by class) as most from mate
),
phone as (
    select phone_key from trainees where phone_key is not null group by phone_key having count(distinct person) >= $contact_people
),
doubted as (
    select b.class, b.trainee, b.person, b.at, b.milli, b.fen, b.mates, b.traced, b.no_contact,
        case when p.phone_key is not null then 1 else 0 end as shared_contact,
        case when b.id_region is not null and b.alike * 2 < b.most and b.most * 100 >= b.known * $region_percent then 1 else 0 end as far_region
    from beside b
    left join phone p on p.phone_key = b.phone_key
    where b.anywhere = 0 and b.milli >= $least_hours * 1000
        and b.mates >= $class_people and b.traced * 100 >= b.mates * $class_percent
)
select
    'person:' || d.person as subject,
    d.class,
    cast(null as varchar) as lesson,
    d.trainee,
    d.at,
    cast(4 + 2 * (d.no_contact + d.shared_contact + d.far_region) as double) / 10 as score,
    cast(d.fen as bigint) as money_fen,
    '[]' as evidence,
    '{"hours":' || cast(round(cast(d.milli as double) / 1000, 1) as varchar) || ',"mates":' || cast(d.mates as varchar)
        || ',"traced":' || cast(d.traced as varchar) || ',"no_contact":' || cast(d.no_contact as varchar)
        || ',"shared_contact":' || cast(d.shared_contact as varchar) || ',"far_region":' || cast(d.far_region as varchar) || '}' as detail
from doubted d
where d.no_contact + d.shared_contact + d.far_region > 0

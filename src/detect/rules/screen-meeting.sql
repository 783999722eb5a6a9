-- id = "screen-meeting"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["screen", "lessons"]
--
-- [title]
-- zh = "画面上的会议号不是本课节的"
-- en = "The meeting number on the screen is not the lesson's"
--
-- [parameters.least_confidence]
-- value = 0.8
-- source = "of drawn screens no wrong meeting number was surer (docs/ACCURACY.md)"
--
-- [parameters.least_digits]
-- value = 2
-- source = "policy: one digit may have been misread"
--
-- [parameters.number_digits]
-- value = 9
-- source = "numbers of Tencent Meeting and DingTalk have nine digits, those of Zoom ten or eleven; shorter references are rooms of other kinds"
--
-- [explanation.zh]
-- seen = "为本课节提交的画面上显示会议号 {shown}，计划里是 {planned}{other_zh}。"
-- normal = "课上截取的画面显示这节课自己的会议号。"
-- matters = "画面可能出自另一场会议；单凭这一点不计风险金额。"
-- look = "打开画面看会议号和参会人；问机构这节课是不是换过会议。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson shows meeting number {shown} on its screen; the plan says {planned}{other_en}."
-- normal = "A picture taken in a lesson shows the lesson's own meeting number."
-- matters = "It may come from another meeting; alone this counts no money."
-- look = "Open it and look at the number and the people; ask the provider whether the lesson was moved to another meeting."
--
-- [[innocent]]
-- zh = "会议中断，换了一个会议继续上课。"
-- en = "The meeting broke off, and the lesson went on in another."
-- [[innocent]]
-- zh = "计划里填的是个人会议室，实际用的是预定的会议，或者反过来。"
-- en = "The plan names a personal meeting room and the lesson was held in a scheduled meeting, or the other way round."
-- [[innocent]]
-- zh = "数字读错了。"
-- en = "Digits were misread."
--
-- A recording that shows the lesson's own number at any moment is left alone.
with planned as (
    select lesson, class, starts_at, split_part(meeting_ref, sign, 1) || split_part(meeting_ref, sign, 2) || split_part(meeting_ref, sign, 3) as number
    from (select lesson, class, starts_at, mode, meeting_ref, case when strpos(meeting_ref, '-') > 0 then '-' else ' ' end as sign from lessons) grouped
    where mode = 'live' and meeting_ref is not null
),
seen as (
    select s.evidence, max(s.class) as class, max(s.lesson) as lesson, max(s.trainee) as trainee, max(p.starts_at) as starts_at,
        max(p.number) as planned, max(s.value) as shown, min(levenshtein(s.value, p.number)) as digits
    from screen s
    join planned p on p.lesson = s.lesson
    where s.reading = 'meeting' and s.confidence >= $least_confidence and character_length(p.number) >= $number_digits
        and try_cast(p.number as bigint) is not null
        and p.starts_at >= $since and p.starts_at < $until
    group by s.evidence
)
select
    'evidence:' || s.evidence as subject,
    s.class,
    s.lesson,
    s.trainee,
    s.starts_at as at,
    cast(0.5 as double) as score,
    cast(0 as bigint) as money_fen,
    '[{"id":"' || s.evidence || '"}]' as evidence,
    '{"shown":"' || s.shown || '","planned":"' || s.planned || '"'
        || case when o.number is not null
            then ',"other_zh":"；画面上的是另一个课节的会议号","other_en":", and that on the screen is another lesson''s"'
            else ',"other_zh":"","other_en":""' end || '}' as detail
from seen s
left join (select distinct number from planned) o on o.number = s.shown
where s.digits >= $least_digits

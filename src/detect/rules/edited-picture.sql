-- id = "edited-picture"
-- version = 1
-- severity = "low"
-- strength = "weak"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["media", "lessons"]
--
-- [title]
-- zh = "图片有编辑痕迹"
-- en = "A picture has traces of editing"
--
-- [parameters.both]
-- value = 0.6
-- source = "policy: two traces are more than one, and still no proof"
--
-- [parameters.one]
-- value = 0.3
-- source = "policy: an editor is also used to turn a picture upright or make it smaller"
--
-- [explanation.zh]
-- seen = "为本课节提交的图片{trace_zh}。"
-- normal = "截图和照片由手机、电脑或会议软件直接保存，内嵌小图与画面一致。"
-- matters = "画面可能被改过；很多编辑只是裁剪或旋转，单凭这一点不计风险金额。"
-- look = "放大查看人物边缘、文字和时间；要原图；看这张图片与别的证据有没有相同之处。"
--
-- [explanation.en]
-- seen = "A picture sent for this lesson {trace_en}."
-- normal = "Screenshots and photographs are saved by the telephone, the computer or the meeting, and the small picture inside shows the same."
-- matters = "What it shows may have been changed; most editing only cuts or turns, so alone this counts no money."
-- look = "Enlarge it and look at edges of people, at text and at times; ask for the original; see what it has in common with other evidence."
--
-- [[innocent]]
-- zh = "只是裁剪、旋转、压缩或打了马赛克。"
-- en = "It was only cut, turned, made smaller, or names were blurred."
-- [[innocent]]
-- zh = "修图程序被设为默认的看图或保存程序。"
-- en = "An editor is the default program to look at and save pictures."
-- [[innocent]]
-- zh = "多张截图拼成了一张。"
-- en = "Several screenshots were put into one."
--
select
    'evidence:' || m.evidence as subject,
    l.class,
    l.lesson,
    m.trainee,
    l.starts_at as at,
    case when m.editor is not null and m.other_thumbnail = 1 then $both else $one end as score,
    cast(0 as bigint) as money_fen,
    '[{"id":"' || m.evidence || '"}]' as evidence,
    case
        when m.editor is null then '{"trace_zh":"内嵌的小图与画面不同","trace_en":"holds a small picture that shows something else"}'
        when m.other_thumbnail = 1 then '{"trace_zh":"由 ' || m.editor || ' 保存，内嵌的小图与画面不同","trace_en":"was saved by ' || m.editor
            || ' and holds a small picture that shows something else"}'
        else '{"trace_zh":"由 ' || m.editor || ' 保存","trace_en":"was saved by ' || m.editor || '"}'
    end as detail
from media m
join lessons l on l.lesson = m.lesson
where l.starts_at >= $since and l.starts_at < $until and (m.editor is not null or m.other_thumbnail = 1)

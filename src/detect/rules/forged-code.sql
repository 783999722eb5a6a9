-- id = "forged-code"
-- version = 1
-- severity = "medium"
-- strength = "weak"
-- typology = "evidence"
-- subject = "evidence"
-- compares = ["session_codes", "evidence", "lessons"]
--
-- [title]
-- zh = "画面里的课堂码不是本系统签发的"
-- en = "The session code in it was not made by this server"
--
-- [explanation.zh]
-- seen = "为本课节提交的证据里有 {codes} 个样子像课堂码的二维码，签名不符，不是本系统签发的。"
-- normal = "课堂码由本系统签发，任何人都能照样子画一个，但签不出来；二维码自带纠错，不会读错成这样。"
-- matters = "有人可能自己做了一个码，想让画面看起来是当时拍的；证据本身的真假还要看别的，所以这里不计风险金额。"
-- look = "打开证据看码出现在哪里；问提交方这个码从哪里来；看同一课节的其他证据里有没有本系统签发的码。"
--
-- [explanation.en]
-- seen = "What was sent for this lesson has {codes} QR codes that look like session codes and whose signature does not hold: this server did not make them."
-- normal = "This server makes session codes; anybody can draw something like one, and nobody can sign it. A QR code corrects its own errors and is not misread as this."
-- matters = "Somebody may have made a code so that the picture seems to be of that time; whether the rest is genuine, other things must tell, so no money is counted here."
-- look = "See where in the evidence the code is; ask the sender where it is from; see whether the lesson's other evidence shows codes that this server made."
--
-- [[innocent]]
-- zh = "码出自另一套系统，例如演示或测试用的服务器。"
-- en = "The code is of another server, such as one for a demonstration or a rehearsal."
-- [[innocent]]
-- zh = "服务器从备份恢复时用了另一套密钥。"
-- en = "The server was restored from a copy with other keys."
--
-- Lesson and minute of such a code are what somebody made up, and are not used.
with forged as (
    select evidence, count(*) as codes from session_codes where genuine = 0 group by evidence
),
begun as (
    select class, min(starts_at) as starts_at from lessons group by class
)
select
    'evidence:' || e.evidence as subject,
    e.class,
    e.lesson,
    e.trainee,
    coalesce(l.starts_at, b.starts_at) as at,
    cast(0.3 as double) as score,
    cast(0 as bigint) as money_fen,
    '[{"id":"' || e.evidence || '"}]' as evidence,
    '{"codes":' || cast(f.codes as varchar) || '}' as detail
from forged f
join evidence e on e.evidence = f.evidence
join begun b on b.class = e.class
left join lessons l on l.lesson = e.lesson
where coalesce(l.starts_at, b.starts_at) >= $since and coalesce(l.starts_at, b.starts_at) < $until

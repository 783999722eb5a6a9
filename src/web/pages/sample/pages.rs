//! The pages themselves, made of the sample's values.

use super::evidence::evidence;
use super::*;

pub(super) fn class(frame: &Frame, trainees: u64, lessons: u64) -> Class {
    let matrix = matrix(trainees, lessons);
    let rows = matrix.columns.iter().take(12).enumerate().map(|(place, column)| LessonRow {
        line: lesson_line(place as u64),
        credited: column.credited,
        possible: trainees as i64 * 1000,
    });
    Class {
        frame: frame.clone(),
        class: ClassHead {
            id: typed(1, 1),
            title: class_title(0),
            external_id: "AK-2020-003".into(),
            provider: (id(6, 1), "安康市高新职业培训学校".into()),
            platform: ("sx-zxpx".into(), Name::same("陕西职业在线培训平台")),
            trade: ("6-29-03-07".into(), "电工".into()),
            starts_on: "2020-03-02".into(),
            ends_on: "2020-03-20".into(),
            application: "full".into(),
            decision: Some("approve".into()),
            policy: Some("shaanxi-2020-31@1a2b3c4d".into()),
            hours_total: 80_000,
            hours_online: 48_000,
            epidemic: true,
            standards_fen: [None; 4],
            findings: 3,
            at_risk: 105_000,
            calculated: Some(at("16:12:00")),
        },
        platform: "陕西职业在线培训平台".into(),
        possible: trainees as i64 * lessons as i64 * 900,
        lessons: rows.collect(),
        matrix,
        money: super::money::money(trainees),
        submits: true,
        sort: "roster",
        waiting: (3, 41),
        names: true,
        policy: ("shaanxi-2020-31@1a2b3c4d".into(), "陕西省职业技能提升行动线上培训（陕人社函〔2020〕31号）".into()),
        checks: super::opening::checks(frame),
        opening: super::opening::opening(false),
        faults: vec![(id(3, 5), "AK-006".into(), "checksum".into())],
        rate: (750, "没有登记补贴标准，按预算标准计（陕人社函〔2020〕31号 五(三)）。".into()),
    }
}

fn upload(frame: &Frame) -> Upload {
    let row = RowError { row: 7, code: "bad_time".into(), message: "at is a text that is no time.".into() };
    let handed = |name: &str, outcome, rows: &[RowError]| Handed { name: name.into(), outcome, rows: rows.to_vec() };
    Upload {
        frame: frame.clone(),
        class: id(1, 1),
        title: class_title(0),
        lessons: (0..12).map(lesson_line).collect(),
        chosen: id(2, 1),
        choices: ["attendance", "video", "screenshot", "document"].map(|kind| KindChoice { kind, endings: "csv xlsx".into() }).into(),
        handed: vec![
            handed("签到.xlsx", Ok((id(9, 1), 1042, true)), std::slice::from_ref(&row)),
            handed("录像.mp4", Ok((id(9, 2), 1043, false)), &[]),
            handed("坏的.csv", Err(("unreadable_log".into(), "No row could be read.".into())), &[row]),
        ],
        unfinished: vec![Unfinished {
            id: id(12, 1),
            name: "第三课.mp4".into(),
            received: 3 << 28,
            size: 5 << 28,
            expires: frame.now.plus(7 * DAY),
        }],
    }
}

fn hour(frame: &Frame, number: u64) -> Hour {
    let mut one = lesson(0);
    one.people = vec![person(number)];
    let spans = one.people[0].spans.clone();
    let events = spans
        .iter()
        .filter(|span| !span.sources.is_empty())
        .map(|span| EventRow {
            kind: if span.state == State::Partial { "waiting_room" } else { "interval" }.into(),
            at: span.from,
            until: Some(span.until),
            position: None,
            stated: None,
            whence: "113.200.18.7 · iPhone".into(),
            source: source(Some(number + 2)),
        })
        .chain([EventRow {
            kind: "total".into(),
            at: at("09:00:00"),
            until: Some(at("09:45:00")),
            position: None,
            stated: Some("平台所写时长 45:00，没有写明起止时间，不计入认定。".into()),
            whence: String::new(),
            source: source(Some(number + 3)),
        }])
        .collect();
    let line = Line::draw(frame, one, Order::Evidence);
    Hour {
        frame: frame.clone(),
        head: lesson_head(),
        fen: 450,
        watched: None,
        rounding: "认定时长 26:41；一课时为 45:00，按 0.1 课时的倍数舍去零头。得 0.5 课时。".into(),
        row: line.rows[0].clone(),
        line,
        events,
        findings: if number % 11 == 7 { vec![finding_row(0)] } else { Vec::new() },
        run: Some(Run { leaf: Some(1077), at: at("10:05:00"), policy: "shaanxi-2020-31@1a2b3c4d".into() }),
        said: if number == 5 {
            vec![SaidOfHour {
                id: id(11, 1),
                by: "高新职业培训学校".into(),
                at: at("12:00:00"),
                reason: "与本人电话核实。".into(),
                leaf: Some(1091),
            }]
        } else {
            Vec::new()
        },
        earlier: vec![(at("10:03:00"), 0)],
    }
}

/// The hour of one who watched a part twice.
fn recorded_hour(frame: &Frame) -> Hour {
    let mut one = recorded_lesson(4);
    one.people = vec![one.people.remove(3)];
    let line = Line::draw(frame, one, Order::Evidence);
    let events = line.rows[0].person.spans.iter().filter(|span| span.content.is_some()).map(|span| EventRow {
        kind: "progress".into(),
        at: span.from,
        until: None,
        position: span.content.map(|(from, _)| from),
        stated: None,
        whence: "113.200.18.7 · web".into(),
        source: source(Some(139)),
    });
    Hour {
        head: recorded_head(),
        watched: Some(frame.say("hour.watched_again", &["25:00".into(), "45:00".into(), "15:00".into()])),
        events: events.collect(),
        row: line.rows[0].clone(),
        line,
        findings: Vec::new(),
        earlier: Vec::new(),
        ..hour(frame, 5)
    }
}

pub(super) fn proof() -> Proof {
    let hash = |seed: u64| {
        format!("{}=", "Jk3xQm8LrT5vYw2ZbN7cPd4FgH6sAaKe9uXoVyRtUq1".chars().cycle().skip(seed as usize).take(43).collect::<String>())
    };
    Proof {
        origin: "keshi.example/log".into(),
        index: 1042,
        tree_size: 1080,
        leaf: r#"{"kind":"evidence","media_type":"text/csv","received_at":"2020-03-03T02:02:11Z","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size":18233}"#.into(),
        leaf_base64: "eyJ2IjoxfQ==".into(),
        path: (0..7).map(hash).collect(),
        checkpoint: "keshi.example/log\n1080\nJk3xQm8LrT5vYw2ZbN7cPd4FgH6sAaKe9uXoVyRtUq0=\n\n— keshi.example/log mT0c4Q8x…\n".into(),
        vkey: "keshi.example/log+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
    }
}

fn finding(frame: &Frame, number: u64) -> Finding {
    let scale = Scale { from: at("08:55:00"), until: at("09:50:00") };
    let strip = |label: &str, from: &str, until: &str| {
        let (x, w) = scale.span(at(from), at(until)).expect("inside");
        (label.to_string(), x, w, format!("{label} {from}–{until}"))
    };
    let overlay = number.is_multiple_of(3).then(|| Overlay {
        ticks: scale.ticks(frame),
        strips: vec![strip("电工基础与安全用电", "09:00:10", "09:22:30"), strip("焊接工艺（另一承训单位）", "09:10:00", "09:46:00")],
        clash: scale.span(at("09:10:00"), at("09:22:30")),
    });
    let exhibit = |place: u64, kind: &str| Exhibit {
        evidence: id(9, place),
        name: if kind == "screenshot" { "IMG_0005.jpg" } else { "腾讯会议_参会成员_20200303.xlsx" }.into(),
        kind: kind.into(),
        row: (kind == "attendance").then_some(12),
        text: (kind == "attendance").then(|| "赵志强(AK-009)\t2020-03-03 09:02:11\t2020-03-03 09:44:58\t00:42:47".into()),
        place: "2020年第3期电工班 · 电工基础与安全用电".into(),
        at: Some(at("09:02:11")),
        leaf: Some(1042 + place),
        stretch: number.is_multiple_of(2).then(|| ("0:40–2:10".into(), 40, 130)),
    };
    let kind = if number % 3 == 2 { "screenshot" } else { "attendance" };
    Finding {
        frame: frame.clone(),
        head: finding_row(number),
        trainee: Some((id(3, 7), name(7))),
        rule_version: 1,
        normal: "一个人同一时间只能在一处上课；前后两节课相接时，重叠不超过 1 分钟。".into(),
        otherwise: vec!["两人共用一个账号或手机。".into(), "一个平台的时钟不准：请比较同一平台其他学员的时间。".into()],
        matters: "两处课时只有一处可能是真的；风险金额按较便宜的一节课一个人的课时计。".into(),
        follow: number.is_multiple_of(3).then(|| ("device".into(), "7f3a91c07e5b4d20".into())),
        belongs: Some(super::cases::belongs(number)),
        look_words: "对照两份签到日志中所列的行。".into(),
        look: vec![
            Look { label: "第 1 课 电工基础与安全用电 · 赵志强".into(), href: "/hours/a/b".into() },
            Look { label: "赵志强的全部课时".into(), href: "/trainees/b".into() },
        ],
        overlay,
        exhibits: vec![exhibit(1, kind), exhibit(2, kind)],
        exhibits_total: 9,
        detail: vec![("overlap_minutes".into(), "12".into()), ("other_lessons".into(), "1".into())],
        snoozed_until: None,
        ceased: Some(at("15:00:00")),
        history: vec![
            Word {
                at: at("12:00:00"),
                who: "zhao.inspector".into(),
                status: "open".into(),
                saw: None,
                note: "已电话询问，等承训单位的说明。".into(),
            },
            Word { at: at("11:00:00"), who: String::new(), status: "open".into(), saw: Some("found".into()), note: String::new() },
        ],
        may_decide: true,
    }
}

fn lesson_page(frame: &Frame, people: u64) -> lesson::Lesson {
    lesson::Lesson {
        frame: frame.clone(),
        head: lesson_head(),
        line: Line::draw(frame, lesson(people), Order::Evidence),
        sort: "evidence",
        evidence: (0..5).map(evidence_row).collect(),
        unmatched: 2,
        names: true,
        code: true,
        run: Some((Some(1077), at("10:05:00"))),
    }
}

fn trainee(frame: &Frame) -> Trainee {
    let matrix = matrix(14, 24);
    let hours = matrix.rows[5].cells.iter().enumerate().map(|(place, cell)| HourRow {
        lesson: lesson_line(place as u64),
        state: cell.state,
        credited: cell.credited,
        presence: cell.credited * 2_700,
        corroborated: cell.credited * 2_100,
        reason: (cell.credited < 1000 && cell.state != State::Pending).then(|| ("gap".into(), 45 * 60_000 - cell.credited * 2_700)),
    });
    Trainee {
        frame: frame.clone(),
        head: TraineeHead {
            line: TraineeLine { id: typed(3, 5), external_id: "AK-006".into(), name: name(5), category: "employee".into() },
            class: typed(1, 1),
            class_title: class_title(0),
            elsewhere: vec![(typed(3, 105), "2019年第7期电工班".into())],
        },
        name: name(5),
        personal: Some(personal::kept()),
        looks: Some(vec![personal::look("personal.seen")]),
        corrections: Some(vec![personal::correction(1, "corrected"), personal::correction(2, "open")]),
        hours: hours.collect(),
        fen: 12_750,
        findings: vec![finding_row(0)],
    }
}

fn work(frame: &Frame, quiet: bool) -> Work {
    let attention = |key, count, fen, href: &str| Attention { key, count, fen, href: href.into() };
    Work {
        frame: frame.clone(),
        attention: if quiet {
            Vec::new()
        } else {
            vec![
                attention("work.attention.findings", 17, Some(1_281_250), "/findings"),
                attention("work.attention.overdue", 5, None, "/deadlines?state=overdue"),
                attention("work.attention.due", 1, None, "/deadlines?state=open"),
                attention("work.attention.bare", 2, None, "/classes?bare=1"),
                attention("work.attention.failed", 1, None, "/evidence?state=failed"),
                attention("work.attention.dead", 1, None, "/jobs"),
            ]
        },
        findings: if quiet { Vec::new() } else { (0..5).map(finding_row).collect() },
        evidence: if quiet { Vec::new() } else { (0..8).map(evidence_row).collect() },
        classes: if quiet { Vec::new() } else { (0..3).map(class_row).collect() },
        log: Some((1080, at("16:18:00"))),
    }
}

fn job(number: u64) -> JobRow {
    JobRow {
        id: id(8, number),
        kind: ["ingest", "link", "detect"][(number % 3) as usize].into(),
        key: id(9, number),
        state: ["waiting", "running"][(number % 2) as usize].into(),
        attempts: 5,
        asked: at("15:00:00"),
        due: Some(at("16:30:00")),
        error: Some("storage_away: The object storage does not answer; nothing was acknowledged. Try again in a moment.".into()),
    }
}

fn log(frame: &Frame) -> Log {
    Log {
        frame: frame.clone(),
        origin: "keshi.example/log".into(),
        size: 1080,
        root: "Jk3xQm8LrT5vYw2ZbN7cPd4FgH6sAaKe9uXoVyRtUq0=".into(),
        signed: Some(at("16:18:00")),
        checkpoint: "keshi.example/log\n1080\nJk3xQm8LrT5vYw2ZbN7cPd4FgH6sAaKe9uXoVyRtUq0=\n\n— keshi.example/log mT0c4Q8x…\n".into(),
        vkey: "keshi.example/log+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        staged: 2,
        newest: (0..12)
            .map(|number| LeafRow {
                index: 1079 - number,
                kind: ["evidence", "credit_run", "rule"][(number % 3) as usize].into(),
                sealed: at("16:18:00"),
                href: (number % 3 == 0).then(|| format!("/evidence/{}", id(9, number))),
            })
            .collect(),
        leaf: Some(proof()),
    }
}

fn unmatched(frame: &Frame) -> Unmatched {
    let waits = |number: u64, name: &str, doubt: &str, choices: Vec<(u64, u8)>| Waits {
        identity: format!("{number:064x}"),
        name: name.into(),
        keys: if number == 0 { vec![("platform_user", "wx_8001".into()), ("phone", "1*********01".into())] } else { Vec::new() },
        doubt: doubt.into(),
        rows: 24 - number as i64 * 6,
        logs: 6,
        span_ms: 3 * 2_700_000 - number as i64 * 600_000,
        file: "腾讯会议_参会成员_20200303.xlsx".into(),
        row: 7 + number,
        href: format!("/evidence/{}?row={}#row", id(9, 1), 7 + number),
        choices: choices
            .into_iter()
            .map(|(who, likeness)| Choice { trainee: id(3, who), number: format!("AK-{:03}", who + 1), name: super::name(who), likeness })
            .collect(),
    };
    let said = |number: u64, written: &str, says: &'static str, replaced| Said {
        id: id(11, number),
        identity: format!("{number:064x}"),
        written: written.into(),
        says,
        trainee: (says == "trainee").then(|| (id(3, 4), super::name(4))),
        by: "高新职业培训学校".into(),
        at: at("12:00:00"),
        reason: "与本人电话核实，微信昵称。".into(),
        replaced,
        leaf: Some(1090 + number),
    };
    Unmatched {
        frame: frame.clone(),
        class: id(1, 1),
        class_title: class_title(0),
        rows: vec![
            waits(0, "快乐每一天", "unknown", vec![(3, 66), (8, 66)]),
            waits(1, "王伟", "shared", vec![(5, 100), (6, 100)]),
            waits(2, "张三&李四", "several_people", Vec::new()),
            waits(3, "小李(李四)", "contradiction", vec![(7, 100)]),
        ],
        people: 4,
        rows_total: 41,
        more: 12,
        next: Some("?cursor=6~00".into()),
        said: vec![said(3, "雪梅", "trainee", false), said(2, "iPhone", "nobody", false), said(1, "雪梅", "open", true)],
        may_resolve: true,
    }
}

/// Every page, each with data that reaches all of its parts: file name, HTML.
fn webhook(frame: &Frame, active: bool) -> Webhook {
    use crate::tell::delivery::Delivery;
    let delivery = |number, event: &str, state: &str, problem: Option<&str>| Delivery {
        message: typed(12, number),
        event: event.into(),
        key: id(9, number),
        at: at("16:00:00"),
        state: state.into(),
        attempts: 3,
        next_at: (state == "waiting").then(|| at("16:21:30")),
        last_at: Some(at("16:20:00")),
        status: problem.is_some_and(|problem| problem == "status").then_some(503),
        problem: problem.map(Into::into),
    };
    let events = crate::tell::EVENTS.map(String::from);
    let mut deliveries = vec![delivery(0, crate::tell::TEST, "delivered", None)];
    for (number, problem) in (1..).zip(["timeout", "connect", "broken", "status", "redirect", "not_public", "gone", "ended", "too_late"]) {
        let state = if number % 2 == 0 { "given_up" } else { "waiting" };
        deliveries.push(delivery(number, &events[number as usize % events.len()], state, Some(problem)));
    }
    let row = WebhookRow {
        id: id(11, 1),
        name: "培训平台业务系统".into(),
        url: "example.org/keshi?…".into(),
        events: events.into(),
        owner: active.then(|| "陕西职业在线培训平台".into()),
        made: at("09:00:00"),
        both_until: active.then(|| at("18:00:00")),
        active,
        waiting: 5,
        given_up: 4,
    };
    let secret = active.then(|| "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
    Webhook {
        frame: Frame { section: Section::Webhooks, ..frame.clone() },
        row,
        secret,
        deliveries,
        next: active.then(|| "?cursor=a".into()),
    }
}

fn session_code_page(frame: &Frame, why: &'static str) -> session_code::Page {
    let code = why.is_empty().then(|| session_code::Shown {
        side: 9,
        dark: "M4 4h1v1h-1z".into(),
        digits: "482 913".into(),
        minute: at("09:12:00"),
        left: 37_000,
    });
    session_code::Page { frame: frame.clone(), head: lesson_head(), code, why }
}

pub(in super::super) fn every_page(lang: Lang) -> Vec<(String, String)> {
    let mut frame = Frame { lang, ..frame() };
    let mut outside = Frame { viewer: None, section: Section::Nowhere, ..frame.clone() };
    outside.place = "/login?next=/classes".into();
    let mut pages: Vec<(&str, String)> = Vec::new();
    let html = |page: &dyn askama::DynTemplate| page.dyn_render().expect("a page of plain data renders");
    pages.push(("login", html(&Login { frame: outside.clone(), failed: false, name: String::new(), next: "/".into() })));
    pages.push(("login-failed", html(&Login { frame: outside.clone(), failed: true, name: "zhao".into(), next: "/".into() })));
    for (name, status, code) in [
        ("trouble-404", 404, "not_found"),
        ("trouble-403", 403, "forbidden"),
        ("trouble-500", 500, "internal"),
        ("trouble-422", 422, "odd_code"),
    ] {
        let frame = if status == 404 { frame.clone() } else { outside.clone() };
        let message = "The message of the error, as the API says it.".to_string();
        pages.push((name, html(&Trouble { frame, status, code: code.into(), message })));
    }
    pages.push(("class", html(&class(&frame, 40, 48))));
    pages.push(("class-large", html(&class(&frame, 200, 200))));
    pages.push((
        "class-empty",
        html(&Class { matrix: Matrix::default(), lessons: Vec::new(), money: Default::default(), ..class(&frame, 1, 1) }),
    ));
    pages.extend(super::opening::every_page(&frame));
    pages.push((
        "classes",
        html(&Classes {
            frame: frame.clone(),
            rows: (0..3).map(class_row).collect(),
            total: 3,
            q: String::new(),
            next: Some("?cursor=a".into()),
        }),
    ));
    pages.push(("classes-empty", html(&Classes { frame: frame.clone(), rows: Vec::new(), total: 0, q: "焊".into(), next: None })));
    pages.extend(super::money::pages(&frame));
    pages.push(("upload", html(&upload(&frame))));
    pages.push(("upload-empty", html(&Upload { lessons: Vec::new(), handed: Vec::new(), unfinished: Vec::new(), ..upload(&frame) })));
    pages.push(("lesson", html(&lesson_page(&frame, 40))));
    for (name, why) in
        [("session-code", ""), ("session-code-early", "early"), ("session-code-over", "over"), ("session-code-recorded", "recorded")]
    {
        pages.push((name, html(&session_code_page(&frame, why))));
    }
    pages.push(("lesson-large", html(&lesson_page(&frame, 200))));
    let bare = Drawn { recordings: Vec::new(), pictures: Vec::new(), people: Vec::new(), ..lesson(0) };
    let bare = Line::draw(&frame, bare, Order::Name);
    pages.push(("lesson-empty", html(&lesson::Lesson { line: bare, evidence: Vec::new(), run: None, ..lesson_page(&frame, 0) })));
    let watched = Line::draw(&frame, recorded_lesson(38), Order::Evidence);
    pages.push(("lesson-recorded", html(&lesson::Lesson { head: recorded_head(), line: watched, ..lesson_page(&frame, 0) })));
    pages.push(("hour-recorded", html(&recorded_hour(&frame))));
    pages.push(("hour", html(&hour(&frame, 5))));
    pages.push(("hour-disputed", html(&hour(&frame, 7))));
    pages.push(("hour-absent", html(&hour(&frame, 3))));
    pages.push(("trainee", html(&trainee(&frame))));
    let shown = Personal { clear: true, fault: None, ..personal::kept() };
    pages.push(("trainee-shown", html(&Trainee { personal: Some(shown), looks: Some(Vec::new()), corrections: None, ..trainee(&frame) })));
    pages.extend(personal::pages(&frame));
    pages.push(("unmatched", html(&unmatched(&frame))));
    let none = Unmatched { rows: Vec::new(), said: Vec::new(), people: 0, rows_total: 0, more: 0, next: None, ..unmatched(&frame) };
    pages.push(("unmatched-none", html(&Unmatched { may_resolve: false, ..none })));
    let (of, ended) = (webhook(&frame, true), webhook(&frame, false));
    let rows = vec![of.row.clone(), ended.row.clone()];
    pages.push(("webhooks", html(&Webhooks { frame: of.frame.clone(), rows, next: Some("?cursor=a".into()) })));
    pages.push(("webhooks-none", html(&Webhooks { frame: of.frame.clone(), rows: Vec::new(), next: None })));
    pages.push(("webhook-none", html(&Webhook { deliveries: Vec::new(), ..ended })));
    pages.push(("webhook", html(&of)));
    frame.section = Section::Deadlines;
    pages.extend(super::reports::every_page(&frame));
    frame.section = Section::Evidence;
    let list = |rows: Vec<EvidenceRow>, filter| EvidenceList {
        frame: frame.clone(),
        total: rows.len() as i64,
        rows,
        filter,
        class_title: Some(class_title(0)),
        next: Some("?cursor=a".into()),
    };
    pages.push((
        "evidence-list",
        html(&list((0..20).map(evidence_row).collect(), EvidenceFilter { kind: "video".into(), class: "c".into(), ..Default::default() })),
    ));
    pages.push(("evidence-list-empty", html(&list(Vec::new(), EvidenceFilter::default()))));
    for (name, number) in
        [("evidence-log", 0), ("evidence-video", 1), ("evidence-picture", 2), ("evidence-failed", 3), ("evidence-unsealed", 4)]
    {
        pages.push((name, html(&evidence(&frame, number))));
    }
    frame.section = Section::Findings;
    let queue = |rows: Vec<FindingRow>, status: &str, ran| Findings {
        frame: frame.clone(),
        total: rows.len() as i64,
        fen: rows.iter().map(|row| row.fen).sum(),
        rows,
        filter: findings::Filter { status: status.into(), order: "money".into(), ..Default::default() },
        rules: vec![("overlap-person".into(), "同一人同时在两处上课".into())],
        class_title: None,
        provider_name: (status == "all").then(|| "高新区启明职业培训学校".into()),
        belongs: (status == "all").then(|| super::cases::belongs(2)),
        ran,
        next: None,
    };
    pages.push(("findings", html(&queue((0..9).map(finding_row).collect(), "open", Some(at("16:10:00"))))));
    pages.push(("findings-empty", html(&queue(Vec::new(), "open", None))));
    pages.push(("findings-cases", html(&queue((0..9).map(finding_row).collect(), "all", Some(at("16:10:00"))))));
    for choose in ["1", "none"] {
        let mut choosing = queue((0..9).map(finding_row).collect(), "all", Some(at("16:10:00")));
        choosing.filter.choose = choose.into();
        pages.push((if choose == "1" { "findings-choose" } else { "findings-choose-none" }, html(&choosing)));
    }
    super::cases::pages(&frame, &mut pages);
    let ranking = |rows: Vec<scores::Row>, kind: &str| Scores {
        frame: frame.clone(),
        rows,
        filter: scores::Filter { kind: kind.into(), typology: "all".into(), ..Default::default() },
        typologies: vec!["all".into(), "evidence".into(), "presence".into()],
        next: Some("?cursor=a".into()),
    };
    pages.push(("scores", html(&ranking((0..8).map(score_row).collect(), "provider"))));
    pages.push(("scores-empty", html(&ranking(Vec::new(), "class"))));
    pages.push(("finding-overlap", html(&finding(&frame, 0))));
    pages.push(("finding-photo", html(&finding(&frame, 2))));
    frame.section = Section::Work;
    pages.push(("work", html(&work(&frame, false))));
    pages.push(("work-quiet", html(&work(&frame, true))));
    frame.viewer = Some(Viewer { name: "admin".into(), role: "admin", findings: true, cases: true, subscribes: true, decides: true });
    frame.section = Section::Jobs;
    let jobs = |dead, open, more: i64| Jobs { frame: frame.clone(), open_total: more + 3, dead_total: more, dead, open };
    pages.push(("jobs", html(&jobs(vec![job(0)], (0..3).map(job).collect(), 20))));
    pages.push(("jobs-empty", html(&jobs(Vec::new(), Vec::new(), 0))));
    frame.section = Section::Log;
    pages.push(("log", html(&log(&frame))));
    let empty = Log { size: 0, signed: None, newest: Vec::new(), leaf: None, ..log(&frame) };
    pages.push(("log-empty", html(&empty)));
    pages.into_iter().map(|(name, html)| (format!("{name}.{}.html", lang.name()), html)).collect()
}

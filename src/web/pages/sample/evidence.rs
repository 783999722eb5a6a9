//! A piece of evidence of each kind.

use super::pages::proof;
use super::*;
use crate::link::{By, Placed, Sign, Sure};

pub(super) fn evidence(frame: &Frame, number: u64) -> Evidence {
    let row = number.is_multiple_of(4).then(|| RawRow {
        row: 12,
        text: Some("赵志强(AK-009)\t13800000000\t2020-03-03 09:02:11\t2020-03-03 09:44:58\t00:42:47\t1".into()),
        read_as: vec![("interval", at("09:02:11"), Some(at("09:44:58")))],
        trainee: Some((id(3, 9), name(9))),
        lesson: Some((id(2, 1), TITLES[0].into())),
        matched: Some(("name_part", "possible")),
        said: (number == 4).then(|| id(1, 1)),
    });
    Evidence {
        belongs: (number == 2).then(|| super::cases::belongs(0)),
        frame: frame.clone(),
        head: evidence_row(number),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        media_type: ["text/csv", "video/mp4", "image/jpeg", "text/csv"][(number % 4) as usize].into(),
        claimed: Some((at("09:00:00"), at("09:45:00"))),
        trainee: None,
        reader: (number.is_multiple_of(4)).then(|| "tencent-meeting-xlsx".into()),
        assumptions: vec!["时间按平台的时区 Asia/Shanghai 读取".into(), "同一人多行合并前各自保留".into()],
        facts: vec![("duration".into(), "23:30".into()), ("picture_size".into(), "1280 × 720".into())],
        codes: if number % 4 == 1 || number % 4 == 2 { codes(number) } else { Vec::new() },
        placed: (number % 4 == 1).then(|| Placed {
            from: at("09:00:00"),
            until: at("09:23:30"),
            by: By::Claim,
            sure: if number % 8 == 1 { Sure::Proven } else { Sure::Doubtful },
            signs: vec![
                Sign { by: By::Claim, at: at("09:00:00"), agrees: true },
                Sign { by: By::Code, at: at("09:01:00"), agrees: number % 8 == 1 },
                Sign { by: By::Container, at: at("06:31:07"), agrees: false },
            ],
        }),
        accepted: Some(41),
        refused: if number % 4 == 3 {
            vec![RowError { row: 7, code: "bad_time".into(), message: "The leave time is before the join time; correct the row.".into() }]
        } else {
            Vec::new()
        },
        row,
        hours: (0..14).map(|number| (id(3, number), name(number), id(2, 1), TITLES[0].into())).collect(),
        hours_total: 38,
        marks: (number % 4 == 1).then(|| {
            let span =
                |kind, from: u64, until: u64, first| media::Span { kind, from_ms: from * 1000, until_ms: until * 1000, first_ms: first };
            let spans = [
                span(SpanKind::Frozen, 30, 420, None),
                span(SpanKind::Silent, 300, 420, None),
                span(SpanKind::Looped, 900, 1_260, Some(480_000)),
                span(SpanKind::Black, 1_380, 1_410, None),
            ];
            (marks::lanes(frame, "/v1/evidence/a/content", 1_410_000, &spans), number % 8 == 1)
        }),
        pictures: (number % 4 == 1).then(|| {
            marks::row("/v1/evidence/a/content", &Strip { width: 160, height: 90, at_ms: (0..12).map(|number| number * 117_500).collect() })
        }),
        matches: if number % 4 == 2 {
            vec![
                Match {
                    evidence: id(9, 77),
                    name: "IMG_0001.jpg".into(),
                    kind: "picture".into(),
                    tier: "strong".into(),
                    thumbnail: true,
                    place: "2020年第2期 · 电路图识读".into(),
                    because: None,
                    runs: Vec::new(),
                    seen: (None, None),
                },
                Match {
                    evidence: id(9, 79),
                    name: "第1课_录屏.mp4".into(),
                    kind: "moment".into(),
                    tier: "strong".into(),
                    thumbnail: true,
                    place: "2020年第2期 · 电路图识读".into(),
                    because: None,
                    runs: vec![marks::moment("/v1/evidence/b/content", 751_000, 751_500)],
                    seen: (None, Some("/v1/evidence/b/content#t=751.250".into())),
                },
            ]
        } else if number % 4 == 1 {
            vec![Match {
                evidence: id(9, 78),
                name: "第1课_录屏_2.mp4".into(),
                kind: "recording".into(),
                tier: "strong".into(),
                thumbnail: true,
                place: "2020年第2期 · 电路图识读".into(),
                because: Some("together".into()),
                runs: marks::shared("/v1/evidence/a/content", "/v1/evidence/b/content", &[Stretch(10_000, 1_400_000, 310_000, 1_700_000)]),
                seen: (Some("/v1/evidence/a/content#t=705.000".into()), Some("/v1/evidence/b/content#t=1005.000".into())),
            }]
        } else {
            Vec::new()
        },
        findings: if number % 4 == 2 { vec![finding_row(2)] } else { Vec::new() },
        signed: (number % 4 < 2)
            .then(|| SignedBy {
                platform: "陕西职业在线培训平台".into(),
                key: "sx-zxpx-2020".into(),
                at: at("10:02:11"),
                leaf: Some(1043),
                revoked: (number % 4 == 1).then(|| at("09:00:00")),
            })
            .into_iter()
            .collect(),
        custody: [("received", "陕西职业在线培训平台"), ("sealed", ""), ("analysed", ""), ("seen", "zhao.inspector")]
            .into_iter()
            .enumerate()
            .map(|(place, (what, who))| (at("10:02:11").plus(place as i64 * MINUTE), what, who))
            .map(|(at, what, who)| Kept { at, until: at, what: what.into(), who: who.into(), times: 1 })
            .collect(),
        proof: (number % 5 != 4).then(proof),
    }
}

/// A line of each kind.
fn codes(number: u64) -> Vec<CodeLine> {
    let line = |standing, count: i64, lesson: Option<u64>| CodeLine {
        standing,
        lesson: lesson.map(|lesson| (id(2, lesson), TITLES[lesson as usize].into())),
        minutes: (standing != "forged").then(|| (at("09:03:00"), at("09:03:00").plus((count - 1) * MINUTE))),
        count,
        at: (number % 4 == 1).then(|| ("3:12".into(), 192)),
    };
    vec![
        line("own", 38, None),
        line("class", 1, Some(1)),
        line("named", 1, Some(2)),
        line("other_time", 2, None),
        line("other_lesson", 1, Some(3)),
        line("forged", 3, None),
    ]
}

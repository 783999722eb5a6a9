//! The deadline board and the weekly report, made of invented values.

use super::super::deadlines::{Deadlines, Row};
use super::super::frame::Frame;
use super::super::reports::{Corrected, Line, Part, Reports};
use super::{at, class_title, id};
use crate::audit::deadline::{Counts, Deadline, Kind, tally};
use crate::audit::report::filed::Filed;
use crate::audit::report::{Figure, Figures};
use crate::register::calendar::Due;
use crate::time::{DAY, Time};
use chrono::NaiveDate;
use storage::Digest;

fn row(number: u64) -> Row {
    let today = NaiveDate::from_ymd_opt(2020, 3, 3).expect("a day");
    let days = [-4, -1, 0, 1, 12, 30, 300][(number % 7) as usize];
    let due = Due { on: today + chrono::TimeDelta::days(days), certain: number != 6 };
    let kind = Kind::ALL[(number % 7) as usize];
    let mut one = Deadline::new(kind, id(1, number), today - chrono::TimeDelta::days(5), due, today);
    if kind != Kind::WeeklyReport {
        one.class = Some(id(1, number));
        one.class_title = Some(class_title(number));
        one.provider_name = Some("安康市高新职业培训学校".into());
    }
    Row {
        due: Time::day_start(one.due_on, chrono_tz::Asia::Shanghai).expect("a morning"),
        one,
        href: format!("/classes/{}", id(1, number)),
    }
}

fn board(frame: &Frame, rows: u64) -> Deadlines {
    let rows: Vec<Row> = (0..rows).map(row).collect();
    let counted = tally(rows.iter().map(|row| &row.one));
    Deadlines {
        frame: Frame { place: "/deadlines".into(), ..frame.clone() },
        rows,
        all: counted.all,
        kinds: counted.kinds.into_iter().collect(),
        state: String::new(),
        kind: String::new(),
        next: Some("?cursor=a".into()),
        reports: true,
    }
}

fn figures(scale: i64, category: bool) -> Figures {
    let mut figures = Figures::default();
    for (place, figure) in Figure::ALL.iter().enumerate() {
        let counted = matches!(figure, Figure::Trainees | Figure::PersonHoursPlanned | Figure::PersonHoursCredited | Figure::Certificates);
        if !category || counted {
            figures.add(*figure, scale * (place as i64 + 1) * 1_500);
        }
    }
    figures
}

fn report(frame: &Frame, filed: bool, over: bool) -> Reports {
    let part = |code, names: &[&str]| Part {
        code,
        lines: names
            .iter()
            .zip(1..)
            .map(|(name, scale)| Line { name: (*name).into(), figures: figures(scale, code == "category") })
            .collect(),
        more: 0,
    };
    let one = Filed {
        version: 2,
        document: "{}".into(),
        digest: Digest::of(b"filed"),
        actor: "login:1".into(),
        at: at("09:12:00"),
        log_index: Some(1077),
    };
    let corrected = |name: &str, figure, filed, now| Corrected { name: name.into(), figure, filed, now };
    Reports {
        frame: Frame { place: "/reports".into(), ..frame.clone() },
        monday: "2020-02-24".into(),
        iso: "2020-W09".into(),
        days: (at("00:00:00").plus(-8 * DAY), at("00:00:00").plus(-2 * DAY)),
        beside: ("2020-02-17".into(), over.then(|| "2020-03-02".into())),
        over,
        files: over,
        totals: figures(3, false),
        parts: vec![
            part("region", &["610900", "安康高新区"]),
            part("provider", &["安康市高新职业培训学校", "陕西某某纺织有限公司"]),
            part("platform", &["陕西职业在线培训平台"]),
            Part { more: 7, ..part("category", &["企业职工", "就业重点群体"]) },
            part("trade", &["电工 6-29-03-07"]),
        ],
        versions: if filed { vec![one] } else { Vec::new() },
        corrections: if filed && over {
            vec![
                corrected("安康市高新职业培训学校", Figure::PersonHoursCredited, Some(312_500), Some(320_000)),
                corrected("安康技师学院", Figure::Trainees, None, Some(38)),
                corrected("安康技师学院", Figure::ClaimedFen, Some(75_000), None),
            ]
        } else {
            Vec::new()
        },
        more: 4,
    }
}

pub(super) fn every_page(frame: &Frame) -> Vec<(&'static str, String)> {
    let html = |page: &dyn askama::DynTemplate| page.dyn_render().expect("a page of plain data renders");
    let empty = Deadlines { all: Counts::default(), reports: false, next: None, ..board(frame, 0) };
    let none_such = Deadlines { state: "overdue".into(), kind: "claim".into(), next: None, ..board(frame, 0) };
    vec![
        ("deadlines", html(&board(frame, 7))),
        ("deadlines-empty", html(&empty)),
        ("deadlines-none-such", html(&none_such)),
        ("reports", html(&report(frame, false, true))),
        ("reports-corrected", html(&report(frame, true, true))),
        ("reports-same", html(&Reports { files: false, corrections: Vec::new(), more: 0, ..report(frame, true, true) })),
        ("reports-now", html(&report(frame, false, false))),
    ]
}

//! The mail itself: Chinese, then English; counts, days and the providers' own ids of classes. Pure.

use super::{Digest, Line};
use crate::audit::deadline::Counts;
use chrono::NaiveDate;
use std::fmt::Write as _;

/// What the kinds are called.
const KINDS: [(&str, &str, &str); 7] = [
    ("decision", "开班审核", "decision on an opening application"),
    ("prepayment", "补贴预拨", "prepayment"),
    ("full_plan", "补报完整方案", "promised full plan"),
    ("claim_decision", "补贴申报审核", "decision on a claim"),
    ("certificates", "结业证书", "certificates after the end of a class"),
    ("claim", "补贴申报", "claim after the end of a class"),
    ("weekly_report", "周报", "weekly report"),
];

/// Subject and body of a day's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

impl Letter {
    /// The mail of a day; `board` is the address of the deadline board.
    pub fn of(day: NaiveDate, digest: &Digest, board: &str) -> Letter {
        let Counts { open, overdue } = digest.counts;
        let subject = format!("课时：{day} 逾期 {overdue} 项，待办 {open} 项 / keshi: {overdue} overdue, {open} due");
        let mut body = String::new();
        for (language, told) in [Language::Zh, Language::En].into_iter().enumerate() {
            if language > 0 {
                body.push_str("\n----\n\n");
            }
            told.write(&mut body, day, digest, board);
        }
        Letter { subject, body }
    }
}

#[derive(Clone, Copy)]
enum Language {
    Zh,
    En,
}

impl Language {
    fn write(self, body: &mut String, day: NaiveDate, digest: &Digest, board: &str) {
        let Counts { open, overdue } = digest.counts;
        let head = match self {
            Language::Zh => format!("{day} 办理期限：逾期 {overdue} 项，尚在期限内 {open} 项。\n"),
            Language::En => format!("Deadlines on {day}: {overdue} overdue, {open} still in time.\n"),
        };
        body.push_str(&head);
        if !digest.skipped.is_empty() {
            let days: Vec<String> = digest.skipped.iter().map(ToString::to_string).collect();
            let said = match self {
                Language::Zh => format!("以下日期没有发出每日提醒：{}。\n", days.join("、")),
                Language::En => format!("No digest was brought on: {}.\n", days.join(", ")),
            };
            body.push_str(&said);
        }
        body.push('\n');
        for (kind, counts) in &digest.kinds {
            let _ = match self {
                Language::Zh => writeln!(body, "{}：逾期 {}，待办 {}", self.kind(kind), counts.overdue, counts.open),
                Language::En => writeln!(body, "{}: {} overdue, {} due", self.kind(kind), counts.overdue, counts.open),
            };
        }
        body.push('\n');
        for line in &digest.lines {
            self.line(body, line);
        }
        let left = (open + overdue) - digest.lines.len() as i64;
        if left > 0 {
            let _ = match self {
                Language::Zh => writeln!(body, "另有 {left} 项"),
                Language::En => writeln!(body, "and {left} more"),
            };
        }
        let _ = match self {
            Language::Zh => writeln!(body, "\n办理期限：{board}"),
            Language::En => writeln!(body, "\nThe board: {board}"),
        };
    }

    fn line(self, body: &mut String, line: &Line) {
        let Line { kind, of, due_on, certain, days_left } = line;
        let kind = self.kind(kind);
        let _ = match self {
            Language::Zh => {
                let state = if *days_left < 0 { format!("逾期 {} 天", -days_left) } else { format!("还剩 {days_left} 天") };
                let sure = if *certain { "" } else { "（按周一至周五推算）" };
                writeln!(body, "- {state} · {kind} · {of} · 应于 {due_on}{sure}")
            }
            Language::En => {
                let days = |count: i64| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
                let state = if *days_left < 0 { format!("{} overdue", days(-days_left)) } else { format!("{} left", days(*days_left)) };
                let sure = if *certain { "" } else { " (counted Monday to Friday)" };
                writeln!(body, "- {state} · {kind} · {of} · due {due_on}{sure}")
            }
        };
    }

    fn kind(self, code: &str) -> &str {
        let known = KINDS.iter().find(|(known, _, _)| *known == code);
        known.map_or(code, |(_, zh, en)| match self {
            Language::Zh => zh,
            Language::En => en,
        })
    }
}

//! Presence and credits, reckoned simply from the rows: the union of what they say, inside the lesson.
//!
//! Totals without spans are believed here, as a policy would that lets them count: from the beginning of the lesson on, no longer than it lasts.

use crate::class::{Class, Event, Lesson, Row};
use crate::days::{MINUTE, SECOND};

/// What one trainee is credited in one lesson.
pub struct Credit {
    /// Position of the lesson.
    pub lesson: usize,
    /// Position of the trainee.
    pub trainee: usize,
    /// Credited time.
    pub credited: i64,
    /// Time present, inside the lesson or out.
    pub present: i64,
    /// Lesson hours, thousandths.
    pub hours_milli: i64,
    /// Spans that cover the lesson: from, until, the reason where it is not credited, a row that it rests on.
    pub spans: Vec<Span>,
}

/// A span of the lesson.
pub struct Span {
    /// From.
    pub from: i64,
    /// Until.
    pub until: i64,
    /// Why it is not credited; none: it is.
    pub reason: Option<&'static str>,
    /// Evidence and row.
    pub because: Option<(usize, i64)>,
}

/// What a span of time rests on.
type Stretch = (i64, i64, (usize, i64));

/// The credits of all trainees of a class in all its lessons online.
pub fn of_class(class: &Class) -> Vec<Credit> {
    let mut found = Vec::new();
    for (number, lesson) in class.lessons.iter().enumerate().filter(|(_, lesson)| lesson.counts()) {
        let mut rows = lesson.rows.as_slice();
        let who = |row: &Row| lesson.sittings[row.sitting].trainee;
        while rows.first().is_some_and(|row| who(row).is_none()) {
            rows = &rows[1..];
        }
        for (trainee, _) in class.trainees.iter().enumerate().filter(|(_, trainee)| trainee.withdrawn_at.is_none()) {
            while rows.first().is_some_and(|row| who(row) < Some(trainee)) {
                rows = &rows[1..];
            }
            let many = rows.iter().take_while(|row| who(row) == Some(trainee)).count();
            let own = &rows[..many];
            rows = &rows[many..];
            found.push(credit(lesson, number, trainee, own));
        }
    }
    found
}

fn credit(lesson: &Lesson, number: usize, trainee: usize, rows: &[Row]) -> Credit {
    let mut credit = if lesson.mode == "recorded" { recorded(lesson, rows) } else { live(lesson, rows) };
    let planned = lesson.hours * 45 * MINUTE;
    let counted = if credit.credited + MINUTE >= planned { planned } else { credit.credited };
    (credit.lesson, credit.trainee) = (number, trainee);
    credit.hours_milli = (counted * 1_000 / (45 * MINUTE)) / 100 * 100;
    credit
}

/// Stretches of presence that rows tell, joined where they meet.
fn stretches(rows: &[Row]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut open: Vec<(usize, i64, i64, i64)> = Vec::new();
    for row in rows {
        let because = (row.evidence, row.row);
        match row.event {
            Event::Interval => found.push((row.at, row.until.unwrap_or(row.at), because)),
            Event::Total => found.push((row.at, row.at + row.stated_ms.unwrap_or(0) * 1_000, because)),
            Event::Join => {
                close(&mut open, row.evidence, None, &mut found);
                open.push((row.evidence, row.row, row.at, row.at));
            }
            Event::Leave => close(&mut open, row.evidence, Some(row.at), &mut found),
            _ => open.iter_mut().filter(|stay| stay.0 == row.evidence).for_each(|stay| stay.3 = stay.3.max(row.at)),
        }
    }
    while let Some((evidence, ..)) = open.first().copied() {
        close(&mut open, evidence, None, &mut found);
    }
    found.retain(|(from, until, _)| from < until);
    found.sort_by_key(|stretch| stretch.0);
    let mut joined: Vec<Stretch> = Vec::with_capacity(found.len());
    for stretch in found {
        match joined.last_mut() {
            Some(last) if stretch.0 <= last.1 => last.1 = last.1.max(stretch.1),
            _ => joined.push(stretch),
        }
    }
    joined
}

/// Ends the stay that a log has open: at the leave, or at the last sign of life.
fn close(open: &mut Vec<(usize, i64, i64, i64)>, evidence: usize, at: Option<i64>, found: &mut Vec<Stretch>) {
    if let Some(place) = open.iter().position(|stay| stay.0 == evidence) {
        let (_, row, from, last) = open.swap_remove(place);
        found.push((from, at.unwrap_or(last), (evidence, row)));
    }
}

fn live(lesson: &Lesson, rows: &[Row]) -> Credit {
    let (begin, end) = (lesson.from, lesson.until);
    let all = stretches(rows);
    let present = all.iter().map(|(from, until, _)| until - from).sum();
    let mut spans: Vec<Span> = Vec::with_capacity(all.len() * 2 + 1);
    let (mut at, mut credited) = (begin, 0);
    for (from, until, because) in all.iter().map(|&(from, until, because)| (from.max(begin), until.min(end), because)) {
        if from >= until {
            continue;
        }
        if at < from {
            let reason = if at == begin { "joined_late" } else { "gap" };
            spans.push(Span { from: at, until: from, reason: Some(reason), because: None });
        }
        spans.push(Span { from, until, reason: None, because: Some(because) });
        credited += until - from;
        at = until;
    }
    if at < end {
        let reason = match (lesson.rows.is_empty(), at == begin) {
            (true, _) => "no_log",
            (_, true) => "not_joined",
            _ => "left_early",
        };
        spans.push(Span { from: at, until: end, reason: Some(reason), because: None });
    }
    Credit { lesson: 0, trainee: 0, credited, present, hours_milli: 0, spans }
}

/// Recorded content counts once, by the places that progress moved over no faster than half as fast again.
fn recorded(lesson: &Lesson, rows: &[Row]) -> Credit {
    let mut watched: Vec<(i64, i64)> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut at = lesson.from;
    let moves: Vec<&Row> = rows.iter().filter(|row| row.event == Event::Progress).collect();
    for pair in moves.windows(2) {
        let (from, until) = (pair[0].position_ms.unwrap_or(0), pair[1].position_ms.unwrap_or(0));
        let (begin, end) = (pair[0].at.max(at), pair[1].at.min(lesson.until));
        let took = (pair[1].at - pair[0].at) / 1_000;
        if from >= until || took <= 0 || until - from > took * 3 / 2 + 5_000 || begin >= end {
            continue;
        }
        watched.push((from, until));
        if at < begin {
            spans.push(Span { from: at, until: begin, reason: Some("not_watching"), because: None });
        }
        match spans.last_mut() {
            Some(last) if last.reason.is_none() && last.until == begin => last.until = end,
            _ => spans.push(Span { from: begin, until: end, reason: None, because: Some((pair[0].evidence, pair[0].row)) }),
        }
        at = end;
    }
    if at < lesson.until {
        let reason = if lesson.rows.is_empty() { "no_log" } else { "not_watching" };
        spans.push(Span { from: at, until: lesson.until, reason: Some(reason), because: None });
    }
    watched.sort_unstable();
    let (mut credited, mut reached) = (0, 0);
    for (from, until) in watched {
        credited += (until - from.max(reached)).max(0);
        reached = reached.max(until);
    }
    let present = stretches(rows).iter().map(|(from, until, _)| until - from).sum();
    Credit {
        lesson: 0,
        trainee: 0,
        credited: (credited * 1_000).min(lesson.hours * 45 * MINUTE) / SECOND * SECOND,
        present,
        hours_milli: 0,
        spans,
    }
}

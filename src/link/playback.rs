//! What the rows of one trainee say was played: where in the content, when on the clock, and which moves were no playing.
//!
//! A row with a position says where a player was at a moment. Rows of one platform and device belong to one player; between two of them no
//! further apart than the idle gap, and with no leave between, it played, stood still, ran too fast, or went back. Any kind of row may name a
//! position, except an interval, whose position could be that of its beginning or of its end.

use super::presence::Attended;
use super::proof::{Pointer, Proof, Proofs};
use super::span::Span;
use crate::analyse::attendance::EventKind;
use crate::register::policy::RecordedRules;
use crate::time::{MILLI, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A player at a moment, both in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    at: i64,
    position: i64,
    shown_by: Pointer,
}

/// A stretch in which one player moved on through the content: never back, never too fast, never standing still.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    /// At least two; positions rise strictly, times never fall.
    points: Vec<Point>,
}

/// What was played, and the moves that were no playing.
#[derive(Debug, Default)]
pub(super) struct Playback {
    /// By when they began.
    pub(super) runs: Vec<Run>,
    /// Few rows that prove the runs.
    pub(super) played: Proofs,
    pub(super) too_fast: Proofs,
    pub(super) rewound: Proofs,
    pub(super) still: Proofs,
    /// Whether any row names a position.
    pub(super) has_positions: bool,
}

/// Reads the rows of one trainee, in any order. `gap_ms` is the longest silence that still counts as watching.
pub(super) fn playback(events: &[Attended], gap_ms: i64, window: Span, rules: &RecordedRules) -> Playback {
    let mut platforms: BTreeMap<&str, Vec<&Attended>> = BTreeMap::new();
    for event in events.iter().filter(|event| place(event).is_some() || event.kind == EventKind::Leave) {
        platforms.entry(&event.platform).or_default().push(event);
    }
    let mut moves = Moves::default();
    for rows in platforms.into_values() {
        follow(rows, gap_ms, rules, &mut moves);
    }
    moves.runs.sort_unstable();
    let played = moves.runs.iter().flat_map(|run| run.proofs(gap_ms));
    let cut = |proofs| Proofs::of(proofs, window);
    Playback {
        played: Proofs::of(played, window),
        too_fast: cut(moves.too_fast),
        rewound: cut(moves.rewound),
        still: cut(moves.still),
        has_positions: events.iter().any(|event| place(event).is_some()),
        runs: moves.runs,
    }
}

fn place(event: &Attended) -> Option<i64> {
    event.position_ms.filter(|_| event.kind != EventKind::Interval)
}

#[derive(Default)]
struct Moves {
    runs: Vec<Run>,
    too_fast: Vec<Proof>,
    rewound: Vec<Proof>,
    still: Vec<Proof>,
}

/// Leaves so far: a player's rows belong together as long as the count that concerns it stays the same.
#[derive(Default)]
struct Leaves<'a> {
    all: u64,
    nameless: u64,
    of: BTreeMap<&'a str, u64>,
}

impl<'a> Leaves<'a> {
    fn note(&mut self, device: Option<&'a str>) {
        self.all += 1;
        match device {
            Some(device) => *self.of.entry(device).or_default() += 1,
            None => self.nameless += 1,
        }
    }

    /// A leave that names no device ends all players of its platform; a player that names none is ended by any.
    fn of(&self, device: Option<&str>) -> u64 {
        device.map_or(self.all, |device| self.nameless + self.of.get(device).copied().unwrap_or(0))
    }
}

/// One player on its way.
struct Player {
    run: Vec<Point>,
    last: Point,
    leaves: u64,
    /// How far it is ahead of the fastest speed allowed, at most the slack: a bucket, so that many small leaps are no way around.
    ahead: i64,
}

fn follow(mut rows: Vec<&Attended>, gap_ms: i64, rules: &RecordedRules, moves: &mut Moves) {
    // Rows of one moment stay in the order of their log: where a player was, then where it was moved to.
    rows.sort_by_key(|row| (row.at, row.kind == EventKind::Leave, row.evidence, row.row));
    let mut seen = BTreeSet::new();
    rows.retain(|row| place(row).is_none() || seen.insert((row.at, row.device.as_deref(), row.position_ms)));
    let (mut players, mut leaves): (BTreeMap<Option<&str>, Player>, _) = (BTreeMap::new(), Leaves::default());
    for row in rows {
        let device = row.device.as_deref();
        if let Some(position) = place(row) {
            let point = Point { at: row.at.0.div_euclid(MILLI), position: position.max(0), shown_by: row.pointer() };
            let so_far = leaves.of(device);
            match players.get_mut(&device) {
                Some(player) if player.leaves == so_far && point.at - player.last.at <= gap_ms => player.step(point, rules, moves),
                Some(player) => player.start(point, so_far, moves),
                None => {
                    players.insert(device, Player { run: vec![point], last: point, leaves: so_far, ahead: 0 });
                }
            }
        }
        if row.kind == EventKind::Leave {
            leaves.note(device);
        }
    }
    players.into_values().for_each(|mut player| player.end(moves));
}

impl Player {
    fn step(&mut self, next: Point, rules: &RecordedRules, moves: &mut Moves) {
        let last = std::mem::replace(&mut self.last, next);
        let (clock, content) = (next.at - last.at, next.position.saturating_sub(last.position));
        let slack = rules.position_slack_seconds.value * 1_000;
        if clock == 0 && content > slack {
            // Moved to another place: no time passed that could count, and nothing in between was played.
            self.end(moves);
            self.run.push(next);
            return;
        }
        self.ahead = (self.ahead.saturating_add(content.max(0)) - clock * rules.playback_rate_max_percent.value / 100).max(0);
        if content <= 0 {
            let kind = if content < 0 { &mut moves.rewound } else { &mut moves.still };
            kind.push(last.until(next));
        } else if self.ahead > slack {
            self.ahead = slack;
            moves.too_fast.push(last.until(next));
        } else if clock - content > slack {
            let stopped = Point { at: last.at + content, ..next };
            self.run.push(stopped);
            moves.still.push(Proof { first: last.shown_by, ..stopped.until(next) });
        } else {
            self.run.push(next);
            return;
        }
        self.end(moves);
        self.run.push(next);
    }

    fn start(&mut self, point: Point, leaves: u64, moves: &mut Moves) {
        self.end(moves);
        *self = Player { run: vec![point], last: point, leaves, ahead: 0 };
    }

    fn end(&mut self, moves: &mut Moves) {
        let points = std::mem::take(&mut self.run);
        if points.len() > 1 {
            moves.runs.push(Run { points });
        }
    }
}

impl Point {
    fn until(self, next: Point) -> Proof {
        Proof { span: span(self.at, next.at), first: self.shown_by, last: next.shown_by }
    }
}

/// A span from milliseconds to milliseconds.
pub(super) fn span(from: i64, until: i64) -> Span {
    Span { from: Time(from * MILLI), until: Time(until * MILLI) }
}

impl Run {
    /// When it played.
    pub(super) fn clock(&self) -> Span {
        span(self.points[0].at, self.points[self.points.len() - 1].at)
    }

    /// Where it was at a millisecond of its time.
    pub(super) fn position_at(&self, at: i64) -> i64 {
        let next = self.points.partition_point(|point| point.at <= at);
        match (next.checked_sub(1).map(|last| self.points[last]), self.points.get(next)) {
            (Some(a), Some(b)) => a.position + (b.position - a.position) * (at - a.at) / (b.at - a.at),
            (Some(last), None) => last.position,
            (None, _) => self.points[0].position,
        }
    }

    /// The millisecond at which it reached a position.
    pub(super) fn time_of(&self, position: i64) -> i64 {
        let next = self.points.partition_point(|point| point.position < position);
        match (next.checked_sub(1).map(|last| self.points[last]), self.points.get(next)) {
            (Some(a), Some(b)) => a.at + (b.at - a.at) * (position - a.position) / (b.position - a.position),
            (Some(last), None) => last.at,
            (None, _) => self.points[0].at,
        }
    }

    /// From each row to the furthest one within the gap, so that few rows prove a long run.
    fn proofs(&self, gap_ms: i64) -> impl Iterator<Item = Proof> + '_ {
        let mut furthest = 0;
        self.points.iter().enumerate().map(move |(place, point)| {
            furthest = furthest.max(place);
            while self.points.get(furthest + 1).is_some_and(|next| next.at <= point.at + gap_ms) {
                furthest += 1;
            }
            point.until(self.points[furthest])
        })
    }
}

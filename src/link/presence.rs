//! What one platform's records say of one trainee in one lesson: when present, when active, when in the waiting room or away.
//!
//! Joins and leaves are paired per device. A leave that names no device ends every stay on its platform, and one whose device is
//! not in ends the stay that named none. A join while the same device is already in changes nothing. A join whose leave nobody saw counts
//! as the policy says, and what it leaves out has its own reason. More evidence of presence never makes a stay shorter.

use super::proof::{Pointer, Proof, Proofs};
use super::span::{Span, Spans};
use crate::analyse::attendance::EventKind;
use crate::ids::{EvidenceId, ResolutionId};
use crate::register::policy::{OpenJoin, Policy};
use crate::time::{SECOND, Time};
use std::collections::{BTreeMap, BTreeSet};

/// One event of one trainee, as the lake has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attended {
    /// The log it stands in.
    pub evidence: EvidenceId,
    /// 1-based row of that log.
    pub row: u64,
    /// The platform whose record it is; records of one platform belong together.
    pub platform: String,
    /// The device, when the record names one.
    pub device: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// When it happened.
    pub at: Time,
    /// When it ended, for stretches of time.
    pub until: Option<Time>,
    /// Place in recorded content, in milliseconds.
    pub position_ms: Option<i64>,
    /// Score of an answer or of a face comparison: up to 1 a share, above it out of a hundred.
    pub score: Option<f64>,
    /// What a person said of whom the row names, where the match rests on it.
    pub resolution: Option<ResolutionId>,
}

impl Attended {
    pub(super) fn pointer(&self) -> Pointer {
        Pointer { id: self.evidence, row: Some(self.row), resolution: self.resolution }
    }

    /// Heartbeats and the like: the trainee (or the player in front of the trainee) is there at this moment.
    fn is_sign(&self) -> bool {
        matches!(self.kind, EventKind::Heartbeat | EventKind::Progress | EventKind::Answer | EventKind::FaceCheck)
    }

    fn begins_a_stay(&self) -> bool {
        matches!(self.kind, EventKind::Join | EventKind::Interval)
    }
}

/// Platforms that report heartbeats or progress for anybody in these events: there, silence means idle.
pub fn beating<'a>(events: impl IntoIterator<Item = &'a Attended>) -> BTreeSet<String> {
    let beats = events.into_iter().filter(|event| matches!(event.kind, EventKind::Heartbeat | EventKind::Progress));
    beats.map(|event| event.platform.clone()).collect()
}

/// What the records of all platforms together say of one trainee in one window.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Stays, with the rows that show them.
    pub(super) present: Proofs,
    /// The part of the stays that counts: not waiting, not away, not idle.
    pub(super) active: Spans,
    /// What shows that a stay was not idle: how far each sign of life reaches where the platform beats, the stay itself elsewhere.
    pub(super) activity: Proofs,
    pub(super) waiting: Proofs,
    pub(super) away: Proofs,
    /// What follows the last sign of life of a join without a leave.
    pub(super) open: Proofs,
}

impl Presence {
    /// When the trainee was there, idle and away included.
    pub(super) fn stays(&self) -> Spans {
        Spans::of(self.present.spans())
    }
}

/// Reads the events of one trainee, in any order.
pub(super) fn presence(events: &[Attended], beating: &BTreeSet<String>, window: Span, policy: &Policy) -> Presence {
    let mut platforms: BTreeMap<&str, Vec<&Attended>> = BTreeMap::new();
    for event in events {
        platforms.entry(&event.platform).or_default().push(event);
    }
    let (mut present, mut activity, mut waiting, mut away, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut active = Spans::default();
    for (platform, events) in platforms {
        let events = in_order(events);
        let gap = policy.presence.idle_gap_seconds.value * SECOND;
        let mut stays = stays(&events, window, policy, &mut open);
        stays.extend(chains(&events, gap));
        let held = lasting(&events, EventKind::WaitingRoom, window);
        let gone = lasting(&events, EventKind::Away, window);
        let span_of = |proofs: &[Proof]| Spans::of(proofs.iter().map(|proof| proof.span.within(window)));
        let mut counts = span_of(&stays).minus(&span_of(&held)).minus(&span_of(&gone));
        if beating.contains(platform) {
            let reach = reach(&events, gap);
            counts = counts.intersect(&span_of(&reach));
            activity.extend(reach);
        } else {
            activity.extend(stays.iter().cloned());
        }
        active = active.union(&counts);
        present.extend(stays);
        waiting.extend(held);
        away.extend(gone);
    }
    let cut = |proofs| Proofs::of(proofs, window);
    Presence { present: cut(present), active, activity: cut(activity), waiting: cut(waiting), away: cut(away), open: cut(open) }
}

/// Sorted by time, then by place in the evidence; what two logs say alike is kept once.
fn in_order(mut events: Vec<&Attended>) -> Vec<&Attended> {
    events.sort_by_key(|event| (event.at, event.evidence, event.row));
    let mut seen = BTreeSet::new();
    events.retain(|event| seen.insert((event.at, event.until, event.kind.as_str(), event.device.as_deref())));
    events
}

/// Intervals, joins paired with leaves, and joins without one.
fn stays(events: &[&Attended], window: Span, policy: &Policy, tails: &mut Vec<Proof>) -> Vec<Proof> {
    let mut stays = Vec::new();
    let mut open: BTreeMap<Option<&str>, &Attended> = BTreeMap::new();
    for event in events {
        let device = event.device.as_deref();
        match (event.kind, event.until) {
            (EventKind::Interval, Some(until)) => stays.push(between(event.at, until, event, event)),
            (EventKind::Join | EventKind::Interval, _) => {
                open.entry(device).or_insert(event);
            }
            (EventKind::Leave, _) => {
                let left = match device {
                    None => std::mem::take(&mut open),
                    Some(_) => open.remove_entry(&device).or_else(|| open.remove_entry(&None)).into_iter().collect(),
                };
                stays.extend(left.into_values().map(|join| between(join.at, event.at, join, event)));
            }
            _ => {}
        }
    }
    let last_sign = events.iter().rev().find(|event| event.is_sign());
    // A leave of some other device still shows that whoever joined without naming one was there.
    let last_of_any = events.iter().rev().find(|event| event.is_sign() || event.kind == EventKind::Leave);
    for join in open.into_values() {
        let sign = if join.device.is_none() { last_of_any } else { last_sign };
        let (last, shown_by) = match policy.presence.open_join.value {
            OpenJoin::WindowEnd => (window.until, join),
            OpenJoin::LastSign => sign.filter(|sign| sign.at >= join.at).map_or((join.at, join), |sign| (sign.at, *sign)),
        };
        let stay = between(join.at, last, join, shown_by);
        tails.push(Proof { span: Span { from: stay.span.until, until: window.until.max(stay.span.until) }, ..stay.clone() });
        stays.push(stay);
    }
    stays
}

/// Signs of life no further apart than the gap show presence between them even where no join was seen, but not across a leave that was
/// seen: whoever left and came back was gone in between. Each sign is linked to the furthest one within the gap, so that few rows prove
/// a long chain.
fn chains(events: &[&Attended], gap: i64) -> Vec<Proof> {
    let signs: Vec<(usize, &Attended)> = events.iter().copied().enumerate().filter(|(_, event)| event.is_sign()).collect();
    let mut chains = Vec::with_capacity(signs.len());
    for ((_, sign), left) in signs.iter().zip(next_leaves(events)) {
        let within = signs.partition_point(|(place, event)| *place < left && event.at <= sign.at.plus(gap));
        let (_, last) = signs[within - 1];
        chains.push(between(sign.at, last.at, sign, last));
    }
    chains
}

/// For each sign of life, in order, the place of the next leave that says its stay is over: one that names no other device.
fn next_leaves(events: &[&Attended]) -> Vec<usize> {
    let mut next: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut of_any = events.len();
    let mut places = Vec::new();
    for (place, event) in events.iter().enumerate().rev() {
        if event.kind == EventKind::Leave {
            next.insert(event.device.as_deref(), place);
            of_any = place;
        } else if event.is_sign() {
            let of = |device: Option<&str>| next.get(&device).copied().unwrap_or(events.len());
            places.push(event.device.as_deref().map_or(of_any, |device| of(Some(device)).min(of(None))));
        }
    }
    places.reverse();
    places
}

/// How far each sign of life, and each beginning of a stay, reaches before time counts as idle.
fn reach(events: &[&Attended], gap: i64) -> Vec<Proof> {
    let signs = events.iter().filter(|event| event.is_sign() || event.begins_a_stay());
    signs.map(|sign| between(sign.at, sign.at.plus(gap), sign, sign)).collect()
}

/// Waiting room or away: to its end or, when none is given, to the next other event of the platform.
fn lasting(events: &[&Attended], kind: EventKind, window: Span) -> Vec<Proof> {
    let mut stretches = Vec::new();
    // Backwards: the first other event at the same moment, and the first one after that moment.
    let (mut moment, mut at_moment, mut after): (_, Option<&Attended>, _) = (None, None, None);
    for &event in events.iter().rev() {
        if moment != Some(event.at) {
            after = at_moment.take().or(after);
            moment = Some(event.at);
        }
        if event.kind == kind {
            let (until, shown_by) = match (event.until, after) {
                (Some(until), _) => (until, event),
                (None, Some(next)) => (next.at, next),
                (None, None) => (window.until, event),
            };
            stretches.push(between(event.at, until, event, shown_by));
        }
        if !matches!(event.kind, EventKind::Away | EventKind::WaitingRoom) {
            at_moment = Some(event);
        }
    }
    stretches
}

fn between(from: Time, until: Time, first: &Attended, last: &Attended) -> Proof {
    Proof { span: Span::new(from, until), first: first.pointer(), last: last.pointer() }
}

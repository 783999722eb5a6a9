//! A lesson window, given away label by label: what is left, what was given, and how many pieces that may be.

use super::credit::Content;
use super::reason::Reason;
use super::span::{Span, Spans};
use crate::ids::LessonId;
use crate::register::policy::Policy;
use crate::time::{DAY, Time};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Whether a moment counts, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Credited,
    Not(Reason, Option<LessonId>),
}

/// A stretch with one label.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) span: Span,
    pub(super) label: Label,
    /// For credited time of a recorded lesson: what was watched in it.
    pub(super) content: Option<Content>,
}

impl Part {
    pub(super) fn of(span: Span, label: Label) -> Part {
        Part { span, label, content: None }
    }
}

/// What is still without a label, and what has one. A moment gets the first label that claims it.
pub(super) struct Division {
    rest: Spans,
    parts: Vec<Part>,
}

impl Division {
    pub(super) fn of(window: Span) -> Division {
        Division { rest: Spans::from(window), parts: Vec::new() }
    }

    pub(super) fn take(&mut self, moments: &Spans, label: Label) {
        let taken = self.rest.intersect(moments);
        self.rest = self.rest.minus(&taken);
        self.parts.extend(taken.iter().map(|span| Part::of(span, label)));
    }

    /// Takes parts as they are: all of them still without a label, and apart from each other.
    pub(super) fn take_parts(&mut self, parts: Vec<Part>) {
        self.rest = self.rest.minus(&Spans::of(parts.iter().map(|part| part.span)));
        self.parts.extend(parts);
    }

    pub(super) fn not(&mut self, moments: &Spans, reason: Reason) {
        self.take(moments, Label::Not(reason, None));
    }

    pub(super) fn rest(&self) -> Spans {
        self.rest.clone()
    }

    /// All of the window in order, with neighbours that say the same made one.
    pub(super) fn parts(self) -> Vec<Part> {
        joined(self.parts)
    }
}

fn joined(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| part.span);
    let mut whole: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match whole.last_mut() {
            Some(last) if last.goes_on_in(&part) => {
                last.span.until = part.span.until;
                if let (Some(before), Some(now)) = (&mut last.content, part.content) {
                    before.until_ms = now.until_ms;
                }
            }
            _ => whole.push(part),
        }
    }
    whole
}

impl Part {
    fn goes_on_in(&self, next: &Part) -> bool {
        let content_goes_on = match (self.content, next.content) {
            (None, None) => true,
            (Some(before), Some(now)) => before.until_ms == now.from_ms,
            _ => false,
        };
        self.label == next.label && self.span.until == next.span.from && content_goes_on
    }
}

/// Most spans kept for one trainee in one lesson: more is no lesson but a hostile log, and would only fill the database.
const MOST_SPANS: usize = 4_000;

/// The same window in at most [`MOST_SPANS`] parts. Too many: neighbours that do not count become one, under the reason that has most of their time;
/// still too many: the shortest pieces that count are no longer told apart and do not count, as [`Reason::Fragmented`].
pub(super) fn bounded(parts: Vec<Part>) -> Vec<Part> {
    if parts.len() <= MOST_SPANS {
        return parts;
    }
    let mut parts = merged(parts);
    if parts.len() > MOST_SPANS {
        // Between two that count lies at most one that does not.
        let mut counted: Vec<usize> = (0..parts.len()).filter(|&place| parts[place].label == Label::Credited).collect();
        counted.sort_by_key(|&place| (Reverse(parts[place].span.ms()), parts[place].span.from));
        for &place in counted.iter().skip(MOST_SPANS / 2 - 1) {
            parts[place].label = Label::Not(Reason::Fragmented, None);
            parts[place].content = None;
        }
        parts = merged(parts);
    }
    parts
}

/// Neighbours that do not count made one, with the label that has most of their time (the earlier of equals).
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut whole: Vec<Part> = Vec::new();
    for stretch in parts.chunk_by(|a, b| a.label != Label::Credited && b.label != Label::Credited) {
        let mut times: Vec<(Label, i64)> = Vec::new();
        for part in stretch {
            match times.iter_mut().find(|(label, _)| *label == part.label) {
                Some((_, ms)) => *ms += part.span.ms(),
                None => times.push((part.label, part.span.ms())),
            }
        }
        let most = times.iter().map(|(_, ms)| *ms).max().unwrap_or(0);
        let label = times.iter().find(|(_, ms)| *ms == most).map_or(stretch[0].label, |(label, _)| *label);
        whole.push(Part {
            span: Span { from: stretch[0].span.from, until: stretch[stretch.len() - 1].span.until },
            label,
            content: stretch[0].content,
        });
    }
    whole
}

/// The calendar days that a stretch of time touches, in the policy's zone, with the part of the stretch in each.
pub(super) fn days(span: Span, policy: &Policy) -> Vec<(NaiveDate, Span)> {
    let mut days = Vec::new();
    let mut from = span.from;
    while from < span.until {
        let day = policy.day_of(from);
        let next = day.succ_opt().and_then(|next| Time::day_start(next, policy.tz())).unwrap_or(from.plus(DAY));
        let until = next.max(from.plus(1)).min(span.until);
        days.push((day, Span { from, until }));
        from = until;
    }
    days
}

/// What of some moments is claimed by other lessons, by lesson.
pub(super) fn elsewhere(others: &[super::credit::Elsewhere]) -> BTreeMap<LessonId, Spans> {
    let mut spans: BTreeMap<LessonId, Vec<Span>> = BTreeMap::new();
    for other in others {
        spans.entry(other.lesson).or_default().push(other.span);
    }
    spans.into_iter().map(|(lesson, spans)| (lesson, Spans::of(spans))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;
    use proptest::prelude::*;

    fn alternating(lengths: &[(i64, u8)]) -> Vec<Part> {
        let mut at = Time(0);
        let mut parts = Vec::new();
        for &(seconds, label) in lengths {
            let until = at.plus(seconds * SECOND);
            let label = match label {
                0 | 1 => Label::Credited,
                2 => Label::Not(Reason::Gap, None),
                _ => Label::Not(Reason::Idle, None),
            };
            parts.push(Part::of(Span { from: at, until }, label));
            at = until;
        }
        joined(parts)
    }

    fn ms(parts: &[Part], label: Label) -> i64 {
        parts.iter().filter(|part| part.label == label).map(|part| part.span.ms()).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn however_many_parts_there_are_few_are_kept_and_they_cover_the_window(lengths in prop::collection::vec((1i64..90, 0u8..4), 4_000..14_000)) {
            let parts = alternating(&lengths);
            let kept = bounded(parts.clone());
            prop_assert!(kept.len() <= MOST_SPANS);
            prop_assert!(kept.windows(2).all(|pair| pair[0].span.until == pair[1].span.from));
            let ends = |parts: &[Part]| (parts[0].span.from, parts[parts.len() - 1].span.until);
            prop_assert_eq!(ends(&kept), ends(&parts));
            prop_assert!(ms(&kept, Label::Credited) <= ms(&parts, Label::Credited));
        }
    }

    #[test]
    fn time_that_counts_is_kept_whole_as_long_as_merging_what_does_not_is_enough() {
        let lengths: Vec<(i64, u8)> = (0..1_500).flat_map(|_| [(60, 0), (1, 2), (5, 3), (1, 2)]).collect();
        let parts = alternating(&lengths);
        let kept = bounded(parts.clone());
        assert_eq!((parts.len(), kept.len()), (6_000, 3_000));
        assert_eq!(ms(&kept, Label::Credited), ms(&parts, Label::Credited));
        assert_eq!(ms(&kept, Label::Not(Reason::Idle, None)), 1_500 * 7_000);
    }
}

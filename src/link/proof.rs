//! Which rows prove a stretch of time: pointers into evidence, and the fewest that cover it.

use super::span::Span;
use crate::ids::{EvidenceId, ResolutionId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// Where to look: a piece of evidence and, for a log, the row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pointer {
    /// The evidence.
    pub id: EvidenceId,
    /// 1-based row as a person sees it, when it is a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// What a person said of whom the row names, when it is the trainee's for that reason alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<ResolutionId>,
}

/// A stretch of time and the rows (one, or a pair such as join and leave) that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) span: Span,
    pub(super) first: Pointer,
    pub(super) last: Pointer,
}

/// Proofs in an order that depends on their content alone.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    /// By beginning; of those that begin together the longest first.
    ordered: Vec<Proof>,
    /// For each place in the order, which of the proofs up to it reaches furthest (the earlier of equals).
    furthest: Vec<usize>,
    /// Places in the order, by end (the earlier of equals last).
    by_end: Vec<usize>,
}

impl Proofs {
    /// Those that have something to say inside the window, cut to it.
    pub(super) fn of(proofs: impl IntoIterator<Item = Proof>, window: Span) -> Proofs {
        let mut ordered: Vec<Proof> = proofs
            .into_iter()
            .map(|proof| Proof { span: proof.span.within(window), ..proof })
            .filter(|proof| !proof.span.is_empty())
            .collect();
        ordered.sort_by_key(|proof| (proof.span.from, Reverse(proof.span.until), proof.first, proof.last));
        let mut furthest: Vec<usize> = Vec::with_capacity(ordered.len());
        for (place, proof) in ordered.iter().enumerate() {
            let best = furthest.last().copied().filter(|&best| ordered[best].span.until >= proof.span.until);
            furthest.push(best.unwrap_or(place));
        }
        let mut by_end: Vec<usize> = (0..ordered.len()).collect();
        by_end.sort_by_key(|&place| (ordered[place].span.until, Reverse(place)));
        Proofs { ordered, furthest, by_end }
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.ordered.iter().map(|proof| proof.span)
    }

    /// The fewest proofs that cover a stretch: from where the last one ended, the one that reaches furthest.
    pub(super) fn covering(&self, span: Span, into: &mut Vec<Pointer>) {
        let mut at = span.from;
        while at < span.until {
            let begun = self.ordered.partition_point(|proof| proof.span.from <= at);
            let best = begun.checked_sub(1).map(|last| &self.ordered[self.furthest[last]]);
            match best.filter(|proof| proof.span.until > at) {
                Some(proof) => {
                    into.extend([proof.first, proof.last]);
                    at = proof.span.until;
                }
                None => match self.ordered.get(begun) {
                    Some(next) => at = next.span.from,
                    None => return,
                },
            }
        }
    }

    /// The row that begins the first stretch after a moment.
    pub(super) fn first_after(&self, at: Time, into: &mut Vec<Pointer>) {
        let next = self.ordered.partition_point(|proof| proof.span.from < at);
        into.extend(self.ordered.get(next).map(|proof| proof.first));
    }

    /// The row that ends the last stretch before a moment.
    pub(super) fn last_before(&self, at: Time, into: &mut Vec<Pointer>) {
        let ended = self.by_end.partition_point(|&place| self.ordered[place].span.until <= at);
        into.extend(ended.checked_sub(1).map(|last| self.ordered[self.by_end[last]].last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MILLI, SECOND};

    fn span(from: i64, until: i64) -> Span {
        Span::new(Time(from * SECOND), Time(until * SECOND))
    }

    fn row(row: u64) -> Pointer {
        Pointer { id: EvidenceId(uuid::Uuid::nil()), row: Some(row), resolution: None }
    }

    fn proof(number: u64, from: i64, until: i64) -> Proof {
        Proof { span: span(from, until), first: row(number), last: row(number) }
    }

    fn rows_covering(proofs: &Proofs, span: Span) -> Vec<u64> {
        let mut rows = Vec::new();
        proofs.covering(span, &mut rows);
        let mut rows: Vec<u64> = rows.into_iter().filter_map(|pointer| pointer.row).collect();
        rows.dedup();
        rows
    }

    #[test]
    fn the_fewest_rows_that_cover_a_stretch_are_named() {
        let proofs = Proofs::of([proof(1, 0, 10), proof(2, 0, 4), proof(3, 3, 20), proof(4, 9, 30), proof(5, 30, 40)], span(0, 60));
        assert_eq!(rows_covering(&proofs, span(0, 35)), [1, 4, 5]);
        assert_eq!(rows_covering(&proofs, span(5, 9)), [3]);
        assert_eq!(rows_covering(&proofs, span(45, 50)), [0u64; 0]);
    }

    #[test]
    fn a_hole_in_the_proofs_does_not_hide_the_rows_behind_it() {
        let proofs = Proofs::of([proof(1, 0, 10), proof(2, 20, 30)], span(0, 60));
        assert_eq!(rows_covering(&proofs, span(5, 30)), [1, 2]);
    }

    #[test]
    fn neighbours_are_the_row_that_ended_before_and_the_row_that_began_after() {
        let proofs = Proofs::of([proof(1, 0, 10), proof(2, 5, 8), proof(3, 20, 30)], span(0, 60));
        let mut found = Vec::new();
        proofs.last_before(Time(10 * SECOND + MILLI), &mut found);
        proofs.first_after(Time(10 * SECOND), &mut found);
        assert_eq!(found, [row(1), row(3)]);
    }
}

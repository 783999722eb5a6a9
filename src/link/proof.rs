//! Which rows prove a stretch of time: pointers into evidence, and the fewest that cover it.

use super::span::Span;
use crate::ids::EvidenceId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Where to look: a piece of evidence and, for a log, the row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pointer {
    /// The evidence.
    pub id: EvidenceId,
    /// 1-based row as a person sees it, when it is a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
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
pub(super) struct Proofs(Vec<Proof>);

impl Proofs {
    /// Those that have something to say inside the window, cut to it.
    pub(super) fn of(proofs: impl IntoIterator<Item = Proof>, window: Span) -> Proofs {
        let mut proofs: Vec<Proof> = proofs
            .into_iter()
            .map(|proof| Proof { span: proof.span.within(window), ..proof })
            .filter(|proof| !proof.span.is_empty())
            .collect();
        proofs.sort_by_key(|proof| (proof.span.from, std::cmp::Reverse(proof.span.until), proof.first, proof.last));
        Proofs(proofs)
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().map(|proof| proof.span)
    }

    /// The fewest proofs that cover a stretch: from where the last one ended, the one that reaches furthest.
    pub(super) fn covering(&self, span: Span, into: &mut Vec<Pointer>) {
        let mut at = span.from;
        let mut index = self.0.partition_point(|proof| proof.span.from <= at);
        let mut best = furthest(&self.0[..index]);
        while at < span.until {
            match best.filter(|proof| proof.span.until > at) {
                Some(proof) => {
                    into.extend([proof.first, proof.last]);
                    at = proof.span.until;
                }
                None => match self.0.get(index) {
                    Some(next) if next.span.from < span.until => at = next.span.from,
                    _ => return,
                },
            }
            while let Some(next) = self.0.get(index).filter(|next| next.span.from <= at) {
                best = better(best, next);
                index += 1;
            }
        }
    }

    /// The row that begins the first stretch after a moment.
    pub(super) fn first_after(&self, at: Time, into: &mut Vec<Pointer>) {
        into.extend(self.0.iter().find(|proof| proof.span.from >= at).map(|proof| proof.first));
    }

    /// The row that ends the last stretch before a moment.
    pub(super) fn last_before(&self, at: Time, into: &mut Vec<Pointer>) {
        let before = self.0.iter().filter(|proof| proof.span.until <= at);
        into.extend(before.fold(None, better).map(|proof| proof.last));
    }
}

fn furthest(proofs: &[Proof]) -> Option<&Proof> {
    proofs.iter().fold(None, better)
}

/// The one that reaches further; the earlier in order when they reach equally far.
fn better<'a>(best: Option<&'a Proof>, next: &'a Proof) -> Option<&'a Proof> {
    best.filter(|best| best.span.until >= next.span.until).or(Some(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{MILLI, SECOND};

    fn span(from: i64, until: i64) -> Span {
        Span::new(Time(from * SECOND), Time(until * SECOND))
    }

    fn row(row: u64) -> Pointer {
        Pointer { id: EvidenceId(uuid::Uuid::nil()), row: Some(row) }
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

//! Sets of time: half-open spans in whole milliseconds, sorted and disjoint, with the set algebra that credit is made of.

use crate::time::{MILLI, Time};
use serde::{Deserialize, Serialize};

/// A stretch of time, `from` included, `until` excluded. Never backwards; may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First moment.
    pub from: Time,
    /// First moment after.
    pub until: Time,
}

impl Span {
    /// The whole milliseconds that lie entirely between two moments (backwards: an empty span at `from`), so that no
    /// fraction of evidence ever becomes more than it was.
    pub fn new(from: Time, until: Time) -> Span {
        let from = Time(from.0.saturating_add(MILLI - 1).div_euclid(MILLI).saturating_mul(MILLI));
        let until = Time(until.0.div_euclid(MILLI).saturating_mul(MILLI));
        Span { from, until: until.max(from) }
    }

    /// Length in milliseconds.
    pub fn ms(self) -> i64 {
        self.until.millis_since(self.from)
    }

    /// Whether it holds no time.
    pub fn is_empty(self) -> bool {
        self.until <= self.from
    }

    /// The part of it inside another span (empty when they are apart).
    pub fn within(self, other: Span) -> Span {
        let from = self.from.max(other.from);
        Span { from, until: self.until.min(other.until).max(from) }
    }
}

/// A set of moments: sorted spans that neither overlap nor touch and are never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// The union of any spans, in any order.
    pub fn of(spans: impl IntoIterator<Item = Span>) -> Spans {
        let mut spans: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
        spans.sort_unstable();
        let mut union: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match union.last_mut() {
                Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
                _ => union.push(span),
            }
        }
        Spans(union)
    }

    /// The moments in either set.
    pub fn union(&self, other: &Spans) -> Spans {
        Spans::of(self.0.iter().chain(&other.0).copied())
    }

    /// The moments in both sets.
    pub fn intersect(&self, other: &Spans) -> Spans {
        let (mut left, mut right) = (0, 0);
        let mut both = Vec::new();
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            let common = a.within(*b);
            if !common.is_empty() {
                both.push(common);
            }
            if a.until <= b.until { left += 1 } else { right += 1 }
        }
        Spans(both)
    }

    /// The moments of this set that are not in the other.
    pub fn minus(&self, other: &Spans) -> Spans {
        let mut rest = Vec::new();
        let mut right = 0;
        for span in &self.0 {
            let mut from = span.from;
            while other.0.get(right).is_some_and(|hole| hole.until <= from) {
                right += 1;
            }
            let mut next = right;
            while let Some(hole) = other.0.get(next).filter(|hole| hole.from < span.until) {
                if hole.from > from {
                    rest.push(Span { from, until: hole.from });
                }
                from = from.max(hole.until);
                next += 1;
            }
            if from < span.until {
                rest.push(Span { from, until: span.until });
            }
        }
        Spans(rest)
    }

    /// The moments of this set inside a stretch, at the cost of what is there alone.
    pub fn cut(&self, span: Span) -> Spans {
        let first = self.0.partition_point(|one| one.until <= span.from);
        let inside = self.0[first..].iter().take_while(|one| one.from < span.until).map(|one| one.within(span));
        Spans(inside.filter(|one| !one.is_empty()).collect())
    }

    /// Its first milliseconds up to a total, and the rest of it.
    pub fn split_after(&self, mut ms: i64) -> (Spans, Spans) {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for span in &self.0 {
            let take = ms.clamp(0, span.ms());
            let cut = span.from.plus(take * MILLI);
            ms -= take;
            if take > 0 {
                first.push(Span { from: span.from, until: cut });
            }
            if cut < span.until {
                rest.push(Span { from: cut, until: span.until });
            }
        }
        (Spans(first), Spans(rest))
    }

    /// Total length in milliseconds.
    pub fn ms(&self) -> i64 {
        self.0.iter().map(|span| span.ms()).sum()
    }

    /// Whether it holds no time.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From its first to its last moment, or nothing when empty.
    pub fn extent(&self) -> Option<Span> {
        Some(Span { from: self.0.first()?.from, until: self.0.last()?.until })
    }

    /// Its spans in order.
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.0.iter().copied()
    }
}

impl From<Span> for Spans {
    fn from(span: Span) -> Spans {
        Spans::of([span])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: i64, until: i64) -> Span {
        Span::new(Time(from * MILLI), Time(until * MILLI))
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_never_counted() {
        let span = Span::new(Time(1), Time(2 * MILLI + 999));
        assert_eq!((span.from, span.until, span.ms()), (Time(MILLI), Time(2 * MILLI), 1));
        assert!(Span::new(Time(10), Time(20)).is_empty());
        assert!(Span::new(Time(9 * MILLI), Time(MILLI)).is_empty());
    }

    /// The set as a bitmap of single milliseconds: the plainest possible model.
    fn bits(spans: &Spans) -> Vec<bool> {
        (0..64).map(|at| spans.iter().any(|span| span.from.0 <= at * MILLI && at * MILLI < span.until.0)).collect()
    }

    fn some_spans() -> impl Strategy<Value = Spans> {
        proptest::collection::vec((0i64..64, 0i64..64), 0..8).prop_map(|ends| Spans::of(ends.into_iter().map(|(a, b)| span(a, b))))
    }

    proptest! {
        #[test]
        fn set_algebra_agrees_with_a_bitmap(a in some_spans(), b in some_spans(), ms in 0i64..70) {
            let (x, y) = (bits(&a), bits(&b));
            let each = |f: fn(bool, bool) -> bool| x.iter().zip(&y).map(|(&p, &q)| f(p, q)).collect::<Vec<_>>();
            prop_assert_eq!(bits(&a.union(&b)), each(|p, q| p || q));
            prop_assert_eq!(bits(&a.intersect(&b)), each(|p, q| p && q));
            prop_assert_eq!(bits(&a.minus(&b)), each(|p, q| p && !q));
            for stretch in b.iter() {
                prop_assert_eq!(a.cut(stretch), a.intersect(&Spans::from(stretch)));
            }
            prop_assert_eq!(a.ms(), x.iter().filter(|&&p| p).count() as i64);
            let (first, rest) = a.split_after(ms);
            prop_assert_eq!(first.ms(), ms.min(a.ms()));
            prop_assert_eq!(first.union(&rest), a.clone());
            prop_assert!(first.extent().zip(rest.extent()).is_none_or(|(p, q)| p.until <= q.from));
        }

        #[test]
        fn results_stay_sorted_apart_and_never_empty(a in some_spans(), b in some_spans()) {
            for set in [a.union(&b), a.intersect(&b), a.minus(&b)] {
                prop_assert_eq!(&Spans::of(set.iter()), &set);
            }
        }
    }
}

//! What a rule sees in a window of time, whatever memory that takes: where it is too much, the window is halved, and a short one may take more.
//!
//! A rule returns exactly the findings whose `at` lies in the window, so windows that meet find together what they would find in one. But
//! the evidence around a short window is read for its neighbours as well, classes that begin in one hour cannot be told apart by time, and
//! what compares all classes reads them all for any window.

use super::rule::{self, Parameter, Rule, Scope, Window};
use super::windows::Extent;
use crate::error::{Error, Result};
use crate::lake::Lake;
use crate::lake::query::{self, Limits, object};
use crate::time::{DAY, Time};
use datafusion::arrow::array::RecordBatch;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Rules that look side by side. Each on one thread: an engine that spreads one query over several copies rows between them, and sorts and groups twice.
pub(super) const AT_ONCE: usize = 2;

/// What a rule may use in one window: more than a query of a person.
const LIMITS: Limits = Limits { time: Duration::from_secs(600), memory_bytes: 768 << 20, rows: 200_000, partitions: 1 };

/// What a rule may use at most, where a window is short.
const MOST_MEMORY: usize = 4 * LIMITS.memory_bytes;

/// Windows are halved to this before they have more memory: around a shorter one most of what is read is its neighbours' as well.
const SHORT: i64 = 7 * DAY / 2;

/// What reading the plan may use.
pub(super) const PLAN: Limits = Limits { time: Duration::from_secs(600), memory_bytes: 256 << 20, rows: 10_000_000, partitions: 1 };
const REGIONS: &str = include_str!("regions.sql");
pub(super) const ENDS: &str = include_str!("ends.sql");

/// A rule that is being looked with.
pub(super) struct Looker<'a> {
    lake: &'a Lake,
    /// Regions by provider and by class, where the rule looks otherwise in some.
    regions: OnceCell<HashMap<String, String>>,
    rule: &'a Rule,
    extent: Extent,
    now: Time,
    limits: Limits,
    /// Windows with more time of lessons than this are halved before they are tried: such a one needed too much.
    longest: i64,
}

/// Rows as the rule returned them, with their `at`, and how many rows of the lake were read.
pub(super) type Rows = (Vec<(Time, Map<String, Value>)>, u64);

/// A window that is looked at in one piece or in several.
struct Cut {
    extent: Extent,
    /// Whether all classes are read for any window, so that a half needs as much.
    whole: bool,
    left: Vec<Window>,
}

impl Cut {
    /// What to look at next, with no more time of lessons than `longest` where that is possible.
    fn next(&mut self, longest: i64) -> Option<Window> {
        loop {
            let window = self.left.pop()?;
            match self.extent.halves(window) {
                Some(([one, other], length)) if length > longest => self.left.extend([other, one]),
                _ => return Some(window),
            }
        }
    }

    /// Takes a window back that was too much; gives how much is not, perhaps. None where it cannot be halved, or has more memory first.
    fn too_much(&mut self, window: Window, more_memory: bool) -> Option<i64> {
        self.left.push(window);
        let half = self.extent.halves(window).map(|(_, length)| length / 2).filter(|_| !self.whole);
        half.filter(|half| *half >= SHORT || !more_memory).map(|half| half + 1)
    }
}

impl<'a> Looker<'a> {
    pub(super) fn new(lake: &'a Lake, rule: &'a Rule, extent: Extent, now: Time) -> Looker<'a> {
        Looker { lake, regions: OnceCell::new(), rule, extent, now, limits: LIMITS, longest: i64::MAX }
    }

    /// With nobody beside it: what all may use together is its own.
    pub(super) fn alone(mut self) -> Self {
        self.limits.partitions *= AT_ONCE;
        self.limits.memory_bytes *= AT_ONCE;
        self
    }

    /// Errors: `bad_rule` for what is no finding, and as [`Lake::query`] has them.
    pub(super) async fn rows(&mut self, window: Window) -> Result<Rows> {
        let (mut rows, mut read) = (Vec::new(), 0);
        let mut cut = Cut { extent: self.extent, whole: self.rule.scope() == Scope::All, left: vec![window] };
        while let Some(window) = cut.next(self.longest) {
            match self.once(window).await {
                Ok((some, many)) => {
                    rows.extend(some);
                    read += many;
                }
                Err(error) if query::took_all_memory(&error) => {
                    let more_memory = self.limits.memory_bytes < MOST_MEMORY;
                    match cut.too_much(window, more_memory) {
                        Some(longest) => self.longest = longest,
                        None if more_memory => (self.limits.memory_bytes, self.longest) = (self.limits.memory_bytes * 2, i64::MAX),
                        None => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok((rows, read))
    }

    async fn once(&self, window: Window) -> Result<Rows> {
        let ends = if self.rule.asks_for_ends() { ends(self.lake, window).await? } else { window.until };
        let mut rows = self.ask(&self.rule.head.parameters, window, ends).await?;
        if self.rule.regions.is_empty() {
            return Ok(rows);
        }
        let regions = self.regions.get_or_try_init(|| self.read_regions()).await?;
        let region = |row: &Map<String, Value>| {
            let text = |name: &str| row.get(name).and_then(Value::as_str);
            regions.get(text("class").or_else(|| text("subject")?.strip_prefix("provider:"))?).cloned()
        };
        rows.0.retain(|(_, row)| region(row).is_none_or(|region| self.rule.regions.iter().all(|there| there.region != region)));
        for there in &self.rule.regions {
            let (some, read) = self.ask(&there.parameters, window, ends).await?;
            rows.0.extend(some.into_iter().filter(|(_, row)| region(row).is_some_and(|region| region == there.region)));
            rows.1 += read;
        }
        Ok(rows)
    }

    async fn read_regions(&self) -> Result<HashMap<String, String>> {
        let mut regions = HashMap::new();
        for batch in &self.lake.query(REGIONS, Vec::new(), PLAN).await?.collect().await? {
            for number in 0..batch.num_rows() {
                let row = object(batch, number)?;
                let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
                let region = text("region").unwrap_or_default();
                regions.extend(["provider", "class"].iter().filter_map(|name| text(name)).map(|id| (id, region.clone())));
            }
        }
        Ok(regions)
    }

    async fn ask(&self, parameters: &BTreeMap<String, Parameter>, window: Window, ends: Time) -> Result<Rows> {
        let answer = self.lake.query(&self.rule.sql, rule::values(parameters, window, ends, self.now)?, self.limits).await?;
        let read = Arc::clone(&answer.read);
        let mut rows = Vec::new();
        for batch in &answer.collect().await? {
            for number in 0..batch.num_rows() {
                let row = object(batch, number)?;
                let at = self.at(&row)?;
                if (window.since..window.until).contains(&at) {
                    rows.push((at, row));
                }
            }
        }
        Ok((rows, read.load(Ordering::Relaxed)))
    }

    fn at(&self, row: &Map<String, Value>) -> Result<Time> {
        let text = row.get("at").and_then(Value::as_str).filter(|text| !text.is_empty());
        let wrong = |what: &str| rule::bad(&self.rule.head.id, what);
        let text = text.ok_or_else(|| wrong("a row has no at"))?;
        text.parse().map_err(|error| wrong("its at is not a time").because(error))
    }
}

/// When the last lesson is over of the classes that begin in a window; its own end where none begins.
pub(super) async fn ends(lake: &Lake, window: Window) -> Result<Time> {
    let values = rule::values(&BTreeMap::new(), window, window.until, window.until)?;
    let batches = lake.query(ENDS, values, PLAN).await?.collect().await?;
    last(&batches, window)
}

/// What [`ENDS`] answered.
pub(super) fn last(batches: &[RecordBatch], window: Window) -> Result<Time> {
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(window.until) };
    let row = object(batch, 0)?;
    row.get("ends").and_then(Value::as_str).map_or(Ok(window.until), |text| text.parse().map_err(Error::internal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Time {
        Time(days * DAY)
    }

    /// The windows, in days, that a rule is given that can look at so many days of a lake of a hundred, and at so many others with more and more memory; and
    /// whether it got through.
    fn looks(mut most: i64, (since, until): (i64, i64), longest: &mut i64, mut memories: &[i64]) -> (Vec<(i64, i64)>, bool) {
        let extent = Extent(Some((at(1000), at(1100).plus(-1))));
        let mut cut = Cut { extent, whole: false, left: vec![Window { since: at(since), until: at(until) }] };
        let mut given = Vec::new();
        while let Some(window) = cut.next(*longest) {
            given.push((window.since.0 / DAY, window.until.0 / DAY));
            let length = window.until.min(at(1100)).0 - window.since.max(at(1000)).0;
            if length > most * DAY {
                match (cut.too_much(window, !memories.is_empty()), memories) {
                    (Some(shorter), _) => *longest = shorter,
                    (None, [more, others @ ..]) => (most, *longest, memories) = (*more, i64::MAX, others),
                    (None, []) => return (given, false),
                }
            }
        }
        (given, true)
    }

    #[test]
    fn a_window_that_needs_too_much_memory_is_halved_where_there_are_lessons_and_the_next_one_at_once() {
        let mut longest = i64::MAX;
        let (given, through) = looks(40, (0, 9000), &mut longest, &[100]);
        assert_eq!(given, [(0, 9000), (0, 1050), (0, 1025), (1025, 1050), (1050, 1075), (1075, 9000)]);
        assert!(through);
        assert_eq!(looks(40, (1040, 1090), &mut longest, &[100]), (vec![(1040, 1065), (1065, 1090)], true));
        assert_eq!(looks(40, (1000, 1020), &mut longest, &[100]), (vec![(1000, 1020)], true));
    }

    #[test]
    fn a_window_of_half_a_week_has_more_memory_before_it_is_halved_and_longer_ones_are_tried_again_with_it() {
        let (given, through) = looks(1, (1000, 1028), &mut i64::MAX.clone(), &[3, 10]);
        assert!(through);
        let tried = [(1000, 1028), (1000, 1014), (1000, 1007), (1000, 1003), (1000, 1003), (1000, 1003)];
        assert_eq!(given[..6], tried, "to half a week, and that twice with more memory");
        assert_eq!(given[6..], [(1003, 1007), (1007, 1014), (1014, 1028), (1014, 1021), (1021, 1028)], "the rest");
    }

    #[test]
    fn what_reads_all_classes_for_any_window_is_not_halved() {
        let window = Window { since: at(1000), until: at(1100) };
        let mut cut = Cut { extent: Extent(Some((at(1000), at(1100)))), whole: true, left: Vec::new() };
        for more_memory in [true, false] {
            assert_eq!(cut.too_much(window, more_memory), None);
            assert_eq!(cut.next(i64::MAX), Some(window), "the same window again");
        }
    }

    #[test]
    fn a_window_that_no_memory_helps_is_halved_again() {
        let (given, through) = looks(0, (1000, 1004), &mut i64::MAX.clone(), &[1]);
        assert!(through);
        assert_eq!(given, [(1000, 1004), (1000, 1004), (1000, 1002), (1000, 1001), (1001, 1002), (1002, 1003), (1003, 1004)]);
    }

    #[test]
    fn what_no_short_window_and_no_memory_helps_ends() {
        let (given, through) = looks(-1, (1000, 1008), &mut i64::MAX.clone(), &[-1, -1]);
        assert!(!through);
        assert_eq!(given.len(), 9, "eight days, four, that twice with more memory, two, one, a half, a quarter, an eighth: {given:?}");
    }
}

//! What a rule sees in a window of time, whatever memory that takes: where it is too much, the window is halved.
//!
//! A rule returns exactly the findings whose `at` lies in the window, so windows that meet find together what they would find in one.

use super::rule::{Rule, Window};
use super::windows::Extent;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::query::{self, Limits, object};
use crate::time::Time;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What a rule may use in one window: more than a query of a person.
pub(super) const LIMITS: Limits = Limits { time: Duration::from_secs(600), memory_bytes: 1 << 30, rows: 200_000, partitions: 2 };

/// A rule that is being looked with.
pub(super) struct Looker<'a> {
    lake: &'a Lake,
    rule: &'a Rule,
    extent: Extent,
    now: Time,
    /// Windows with more time of lessons than this are halved before they are tried: such a one needed too much.
    longest: i64,
}

/// Rows as the rule returned them, with their `at`, and how many rows of the lake were read.
pub(super) type Rows = (Vec<(Time, Map<String, Value>)>, u64);

impl<'a> Looker<'a> {
    pub(super) fn new(lake: &'a Lake, rule: &'a Rule, extent: Extent, now: Time) -> Looker<'a> {
        Looker { lake, rule, extent, now, longest: i64::MAX }
    }

    /// Errors: `bad_rule` for what is no finding, and as [`Lake::query`] has them.
    pub(super) async fn rows(&mut self, window: Window) -> Result<Rows> {
        let (mut rows, mut read) = (Vec::new(), 0);
        let mut left = vec![window];
        while let Some(window) = left.pop() {
            let halves = self.extent.halves(window);
            match halves {
                Some(([one, other], length)) if length > self.longest => left.extend([other, one]),
                _ => match (self.once(window).await, halves) {
                    (Ok((some, many)), _) => {
                        rows.extend(some);
                        read += many;
                    }
                    (Err(error), Some((_, length))) if query::took_all_memory(&error) => {
                        tracing::debug!(rule.id = %self.rule.head.id, days = length / crate::time::DAY, "halving a window that needs too much memory");
                        self.longest = length / 2 + 1;
                        left.push(window);
                    }
                    (Err(error), _) => return Err(error),
                },
            }
        }
        Ok((rows, read))
    }

    async fn once(&self, window: Window) -> Result<Rows> {
        let answer = self.lake.query(&self.rule.sql, self.rule.values(window, self.now)?, LIMITS).await?;
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
        let wrong = |what: &str| super::rule::bad(&self.rule.head.id, what);
        let text = text.ok_or_else(|| wrong("a row has no at"))?;
        text.parse().map_err(|error| wrong("its at is not a time").because(error))
    }
}

//! A recording as the row of its pictures' fingerprints, and what is on show at a time.

use crate::frames::Frame;
use crate::pdq::Fingerprint;
use std::borrow::Cow;

/// Pictures looked at around a time. Five are sampled a second at most; a row that holds thousands there is not worth more.
const LOOKED_AT: usize = 8;

/// Frames in order of time. Each is on show until the next begins, the last up to its own time.
pub(crate) struct Row<'a>(Cow<'a, [Frame]>);

impl Row<'_> {
    pub(crate) fn of(frames: &[Frame]) -> Row<'_> {
        if frames.is_sorted_by_key(|frame| frame.at_ms) {
            return Row(Cow::Borrowed(frames));
        }
        let mut sorted = frames.to_vec();
        sorted.sort_by_key(|frame| frame.at_ms);
        Row(Cow::Owned(sorted))
    }

    pub(crate) fn frames(&self) -> &[Frame] {
        &self.0
    }

    /// The frames that begin from one time on and before another.
    pub(crate) fn between(&self, from: i64, until: i64) -> &[Frame] {
        let first = self.0.partition_point(|frame| i64::from(frame.at_ms) < from);
        let end = self.0.partition_point(|frame| i64::from(frame.at_ms) < until);
        &self.0[first..end.max(first)]
    }

    /// When the picture on show at a time gives way to the next, or the row ends; `None` if it is empty.
    pub(crate) fn gives_way(&self, at: i64) -> Option<i64> {
        let next = self.0.partition_point(|frame| i64::from(frame.at_ms) <= at);
        Some(i64::from(self.0.get(next).or(self.0.last())?.at_ms))
    }

    /// How near the nearest picture on show in a span of time comes, and when it began; `None` if none that tells anything is.
    pub(crate) fn nearest(&self, bits: &Fingerprint, from: i64, until: i64) -> Option<(u32, i64)> {
        if from > i64::from(self.0.last()?.at_ms) {
            return None;
        }
        let first = self.0.partition_point(|frame| i64::from(frame.at_ms) <= from).saturating_sub(1);
        let end = first + self.0[first..].partition_point(|frame| i64::from(frame.at_ms) <= until);
        let shown = &self.0[first..end];
        let looked_at = shown.iter().step_by(shown.len().div_ceil(LOOKED_AT).max(1)).filter(|frame| frame.tells());
        looked_at.map(|frame| (bits.distance(&frame.bits), i64::from(frame.at_ms))).min_by_key(|(distance, _)| *distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(frames: &[(u32, u64)]) -> Vec<Frame> {
        frames.iter().map(|(at_ms, word)| Frame { at_ms: *at_ms, bits: Fingerprint([*word, 0, 0, 0]), weight: 1.0 }).collect()
    }

    #[test]
    fn a_picture_is_on_show_until_the_next_begins() {
        let frames = row(&[(1_000, 0b1), (9_000, 0b111)]);
        let row = Row::of(&frames);
        assert_eq!(row.nearest(&Fingerprint([0; 4]), 5_000, 6_000), Some((1, 1_000)));
        assert_eq!(row.nearest(&Fingerprint([0; 4]), 9_000, 9_000), Some((3, 9_000)));
        assert_eq!(row.nearest(&Fingerprint([0b111, 0, 0, 0]), 8_600, 9_100), Some((0, 9_000)));
    }

    #[test]
    fn nothing_is_on_show_before_the_first_and_after_the_last() {
        let frames = row(&[(1_000, 0), (2_000, 0)]);
        let row = Row::of(&frames);
        assert_eq!(row.nearest(&Fingerprint([0; 4]), 0, 999), None);
        assert_eq!(row.nearest(&Fingerprint([0; 4]), 2_001, 3_000), None);
        assert_eq!(Row::of(&[]).nearest(&Fingerprint([0; 4]), 0, 1), None);
    }

    #[test]
    fn frames_out_of_order_are_put_in_order() {
        let frames = row(&[(3_000, 3), (1_000, 1), (2_000, 2)]);
        let times: Vec<u32> = Row::of(&frames).between(1_500, 3_001).iter().map(|frame| frame.at_ms).collect();
        assert_eq!(times, [2_000, 3_000]);
    }
}

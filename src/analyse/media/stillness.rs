//! Where the picture is black and where it stands still, told from a row of grids. Pure.

use super::facts::SpanKind;
use super::grid::Grid;

/// The picture must be black for this long: the usual longest time between keyframes, so that one falls in.
const BLACK: i64 = 10_000_000;

/// The picture must stand still for this long, or be silent: a freeze counts against the lesson only together with silence, which must last as long.
const FROZEN: i64 = 30_000_000;

/// So long is enough where nothing at all stirs from one look to the next: a small picture that moves in a corner may seem to stand for twenty seconds, but
/// something in it stirs nearly always.
const RIGID: i64 = 10_000_000;

/// Looks of a hundred that must find nothing stirred, and how many looks there must be.
const RIGID_PERCENT: u32 = 90;
const RIGID_LOOKS: u32 = 5;

/// So long a picture must have stood on either side of a keyframe for the two to be one that was coded anew, in microseconds: what moves slowly never rests.
const REST: i64 = 2_000_000;

/// The shortest span of a kind that is worth telling, in microseconds.
pub(super) fn least(kind: SpanKind) -> i64 {
    match kind {
        SpanKind::Black => BLACK,
        SpanKind::Frozen | SpanKind::Silent | SpanKind::Looped => FROZEN,
    }
}

/// A row of samples that are all black, or all like the first. Where it really began lies after `before`, where it ended before `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) kind: SpanKind,
    /// The last sample that was not like it; `None` at the beginning of the video.
    pub(super) before: Option<i64>,
    pub(super) first: i64,
    pub(super) last: i64,
    /// The next sample that was not like it; `None` at the end of the video.
    pub(super) after: Option<i64>,
    /// What it showed first, and last: at a low quality what stands still gets better for some seconds, until it is far from the beginning.
    reference: Grid,
    latest: Grid,
    /// Looks after the first, and those of them that found nothing stirred since the one before.
    looks: u32,
    rigid: u32,
    /// Whether it goes on behind a keyframe. Only the first of a freeze may show the picture much better: the next is as good.
    goes_on: bool,
}

impl Run {
    /// The shortest such run that is worth telling, in microseconds.
    pub(super) fn least(&self) -> i64 {
        let told = self.kind == SpanKind::Frozen && self.looks >= RIGID_LOOKS && self.is_rigid();
        if told { RIGID } else { least(self.kind) }
    }

    fn is_rigid(&self) -> bool {
        self.rigid * 100 >= self.looks * RIGID_PERCENT
    }

    /// Whether a frame looked at later belongs to the run.
    pub(super) fn holds(&self, grid: &Grid) -> bool {
        if self.kind == SpanKind::Black { grid.is_black() } else { self.reference.is_like(grid) }
    }

    /// Whether the run behind it shows the same picture, coded anew or better.
    fn goes_on_as(&self, next: &Run) -> bool {
        self.is_same_as(next) || self.gets_better_as(next)
    }

    fn gets_better_as(&self, next: &Run) -> bool {
        let rests = |run: &Run| run.kind == SpanKind::Frozen && run.last - run.first >= REST && run.is_rigid();
        let long = (self.last - self.first).max(next.last - next.first) >= RIGID / 2;
        !self.goes_on && long && rests(self) && rests(next) && self.latest.is_coded_better(&next.reference)
    }

    fn is_same_as(&self, next: &Run) -> bool {
        let rests = |run: &Run| run.kind == SpanKind::Frozen && run.last - run.first >= REST;
        let same = self.reference.is_coded_again(&next.reference) || self.latest.is_the_same(&next.reference);
        rests(self) && rests(next) && same
    }

    /// Whether it may have lasted long enough in a video of this beginning and end.
    fn may_matter(&self, start: i64, end: i64) -> bool {
        self.after.unwrap_or(end) - self.before.unwrap_or(start) >= self.least()
    }
}

/// Takes samples in order of time and finds the runs.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    open: Option<Run>,
    /// The latest run that is over, but for what is the same picture coded anew.
    held: Option<Run>,
    runs: Vec<Run>,
    previous: Option<(i64, Grid)>,
    first: Option<i64>,
}

impl Stillness {
    /// The next sample. Samples that do not come later than the one before are left out.
    pub(super) fn push(&mut self, at: i64, grid: Grid) {
        let previous = self.previous.take();
        if previous.as_ref().is_some_and(|(previous, _)| at <= *previous) {
            self.previous = previous;
            return;
        }
        self.first.get_or_insert(at);
        let kind = if grid.is_black() { SpanKind::Black } else { SpanKind::Frozen };
        match &mut self.open {
            Some(run) if run.kind == kind && run.holds(&grid) => {
                run.last = at;
                run.looks += 1;
                run.rigid += u32::from(previous.is_some_and(|(_, before)| before.is_the_same(&grid)));
                run.latest = grid.clone();
            }
            _ => {
                if let Some(run) = self.open.take() {
                    self.close(Run { after: Some(at), ..run });
                }
                let before = previous.map(|(at, _)| at);
                let (reference, latest) = (grid.clone(), grid.clone());
                self.open =
                    Some(Run { kind, before, first: at, last: at, after: None, reference, latest, looks: 0, rigid: 0, goes_on: false });
            }
        }
        self.previous = Some((at, grid));
    }

    /// Joins a run to the one before it, where that goes on.
    fn close(&mut self, run: Run) {
        match &mut self.held {
            Some(held) if held.goes_on_as(&run) => {
                held.goes_on = true;
                (held.last, held.after, held.latest) = (run.last, run.after, run.latest);
                // What was coded anew is no sign that anything stirred.
                held.looks += run.looks;
                held.rigid += run.rigid;
            }
            _ => {
                let before = self.held.replace(run);
                self.keep(before, i64::MAX);
            }
        }
    }

    /// Keeps a run if it may matter in a video that ends at `end`.
    fn keep(&mut self, run: Option<Run>, end: i64) {
        let start = self.first.unwrap_or(end);
        self.runs.extend(run.filter(|run| run.may_matter(start, end)));
    }

    /// The time of the latest sample.
    pub(super) fn latest(&self) -> Option<i64> {
        self.previous.as_ref().map(|(at, _)| *at)
    }

    /// All runs that may matter, in order, of a video that ends at `end`.
    pub(super) fn finish(mut self, end: i64) -> Vec<Run> {
        if let Some(run) = self.open.take() {
            self.close(run);
        }
        let last = self.held.take();
        self.keep(last, end);
        self.runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    /// Kind, before, first, last and after, in seconds.
    type Found = (SpanKind, Option<i64>, i64, i64, Option<i64>);

    fn runs(seconds: impl IntoIterator<Item = (i64, u8)>, end: i64) -> Vec<Found> {
        let mut stillness = Stillness::default();
        for (second, light) in seconds {
            stillness.push(second * S, Grid::of(|_, _| light));
        }
        let in_seconds = |run: Run| (run.kind, run.before.map(|at| at / S), run.first / S, run.last / S, run.after.map(|at| at / S));
        stillness.finish(end * S).into_iter().map(in_seconds).collect()
    }

    #[test]
    fn black_between_moving_pictures_is_one_run() {
        let found = runs((0..60).map(|second| (second, if (20..40).contains(&second) { 0 } else { 100 + second as u8 * 2 })), 60);
        assert_eq!(found, [(SpanKind::Black, Some(19), 20, 39, Some(40))]);
    }

    #[test]
    fn a_still_picture_at_the_end_of_the_file_is_closed_by_the_end() {
        let found = runs((0..50).map(|second| (second, if second < 10 { 50 + second as u8 * 5 } else { 200 })), 50);
        assert_eq!(found, [(SpanKind::Frozen, Some(9), 10, 49, None)]);
    }

    #[test]
    fn between_samples_far_apart_either_picture_may_have_stood_still() {
        let found = runs([(0, 90), (1, 120), (61, 150), (62, 180)], 63);
        assert_eq!(found, [(SpanKind::Frozen, Some(0), 1, 1, Some(61)), (SpanKind::Frozen, Some(1), 61, 61, Some(62))]);
    }

    #[test]
    fn a_keyframe_does_not_end_a_freeze_and_what_drifts_is_none() {
        // Light that grows by one is more than coding changes between keyframes, and less than it changes at one.
        let found =
            runs((0..40).map(|second| (second, if second < 10 { 50 + second as u8 * 5 } else { 200 + u8::from(second >= 18) })), 40);
        assert_eq!(found, [(SpanKind::Frozen, Some(9), 10, 39, None)]);
        let drifts = runs((0..60).map(|second| (second, 50 + second as u8 / 4)), 60);
        assert_eq!(drifts, [], "two steps are eight seconds, the third is another picture");
    }

    #[test]
    fn ten_seconds_are_told_where_nothing_stirs_and_not_where_little_does() {
        let still = |stirs: i64| {
            let mut stillness = Stillness::default();
            for second in 0..60 {
                let moves = !(20..35).contains(&second) || second % stirs == 0;
                let light = move |x: usize, y: usize| if (x, y) == (60, 30) && moves { 40 + second as u8 * 3 } else { 200 };
                let elsewhere = if (20..35).contains(&second) { 0 } else { second as u8 * 2 };
                stillness.push(second * S, Grid::of(|x, y| light(x, y).saturating_sub(elsewhere)));
            }
            stillness.finish(60 * S).into_iter().map(|run| (run.first / S, run.last / S)).collect::<Vec<_>>()
        };
        assert_eq!(still(100), [(20, 34)]);
        assert_eq!(still(2), []);
    }

    #[test]
    fn a_freeze_whose_quality_gets_better_is_one() {
        // A fifth of a step of light a second: far from the beginning after six, and never far from the second before.
        let better = |second: i64| Grid::of(|x, y| 100 + (second.min(14) as usize * 461 / 5 > (y * 64 + x)) as u8 * 2);
        let mut stillness = Stillness::default();
        for second in 0..40 {
            let moves = Grid::of(|x, y| ((x * 5 + y * 3 + second as usize * 17) % 200) as u8 + 30);
            stillness.push(second * S, if (10..30).contains(&second) { better(second - 10) } else { moves });
        }
        let found: Vec<_> = stillness.finish(40 * S).into_iter().map(|run| (run.first / S, run.last / S)).collect();
        assert_eq!(found, [(10, 29)]);
    }

    #[test]
    fn short_stills_are_not_told() {
        assert_eq!(runs((0..100).map(|second| (second, (second / 8 * 15) as u8 + 40)), 100), []);
    }

    #[test]
    fn a_slow_change_is_measured_against_the_beginning_and_ends_the_run() {
        assert_eq!(runs((0..200).map(|second| (second, 50 + (second / 4) as u8)), 200), []);
    }
}

//! Along a line on which two recordings seem to run alike: where they really do.
//!
//! At every new picture of either side the other side's picture on the line is looked up, and those some seconds beside it. A teacher before
//! a wall looks like herself at any time, and a slide that stands looks the same for minutes: that the pictures are near says little. That
//! they are much nearer on the line than beside it is what tells a copy.

use crate::chain::{Line, Vote, stretches};
use crate::frames::Frame;
use crate::pdq::Fingerprint;
use crate::row::Row;
use std::cell::Cell;
use std::ops::Range;

/// How far off the line a picture is looked for, in milliseconds: half of the second that two samples may be apart.
const OFF: i64 = 500;

/// Where beside the line pictures are compared, in milliseconds: far enough that people have moved, near enough that it is the same scene.
const BESIDE: [i64; 4] = [-5_000, -3_000, 3_000, 5_000];

/// On the line pictures differ by coding, 0 to 12 bits; beside it by coding and movement. Below this part of what they differ beside it the
/// line gains. Moments picked by chance have 1.0 and lose.
const NEARER: f32 = 0.65;

/// What a second may gain or lose, in bits, so that a cut to another scene does not outweigh a minute of a talking head.
const MOST: f32 = 6.0;

/// Nothing on show beside the line: the picture is compared with what unrelated ones differ by at least.
const UNRELATED: f32 = 60.0;

/// A stretch is given up after five seconds of another scene: an inserted clip.
const GIVEN_UP: f32 = 30.0;

/// What a stretch must gain in all: five seconds of pictures that tell all they can.
const LEAST: f32 = 30.0;

/// Beyond its first and last telling picture a stretch goes on while pictures are this near to what is usual in it: a slide that stands.
const LIKE: f32 = 3.0;

/// Two fingerprints further apart show different things; up to here are one picture and its coding.
pub(crate) const DISTINCT: u32 = 12;

/// Different pictures that are counted; more say no more.
const COUNTED: usize = 256;

/// Two pictures on the line.
#[derive(Clone, Copy, Debug)]
struct Step {
    a: i64,
    /// When the picture of the other side began, on `b`, if a new one began there.
    begins: Option<i64>,
    distance: u32,
    beside: f32,
    weight: f32,
    bits: Fingerprint,
}

/// A stretch of the line along which two recordings are alike.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    pub(crate) line: Line,
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// What it gained: how sure it is that it is this line and no other.
    pub(crate) gain: f32,
    pub(crate) share: f32,
    pub(crate) mean: f32,
    pub(crate) beside: f32,
    pub(crate) distinct: u32,
}

/// Pictures that are looked up for two recordings, about a microsecond each: forty times all of two hours at four a second.
const WALKED: usize = 1 << 21;

/// Two recordings that are compared, and how near their pictures must be.
pub(crate) struct Walk<'a> {
    a: &'a Row<'a>,
    b: &'a Row<'a>,
    radius: u32,
    walked: Cell<usize>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(a: &'a Row<'a>, b: &'a Row<'a>, radius: u32) -> Walk<'a> {
        Walk { a, b, radius, walked: Cell::new(0) }
    }

    /// Whether as much was walked as two recordings are worth: they are made of pictures that all look alike.
    pub(crate) fn is_tired(&self) -> bool {
        self.walked.get() > WALKED
    }

    /// The stretches along a line around a span of time on `a`, looked for as far beyond it as they go on.
    pub(crate) fn along(&self, line: Line, from: i64, until: i64) -> Vec<Stretch> {
        let whole = self.common(line);
        let mut reach = 15_000;
        loop {
            let span = (from - reach).max(whole.start)..(until + reach).min(whole.end);
            let steps = self.steps(line, &span);
            let found = stretches(&gains(&steps, self.radius), GIVEN_UP, LEAST);
            let stays_inside = |stretch: &Range<usize>| {
                let (first, last) = (steps[stretch.start].a, steps[stretch.end - 1].a);
                (span.start == whole.start || first > span.start + 8_000) && (span.end == whole.end || last < span.end - 8_000)
            };
            if found.iter().all(stays_inside) || span == whole {
                return found.into_iter().filter_map(|stretch| self.measure(line, &steps, stretch)).collect();
            }
            // What was walked is walked again, so it has to grow by a part of itself.
            reach = reach * 2 + (until - from);
        }
    }

    /// The line of least squares through the pictures that begin together.
    pub(crate) fn fit(&self, stretch: &Stretch) -> Option<Line> {
        let steps = self.steps(stretch.line, &(stretch.from..stretch.until + 1));
        let near = steps.iter().filter(|step| step.distance as f32 <= NEARER * step.beside && step.distance <= self.radius);
        let moments: Vec<Vote> =
            near.filter_map(|step| Some(Vote { a: step.a, b: step.begins?, weight: step.beside - step.distance as f32 })).collect();
        (moments.iter().map(|vote| vote.weight).sum::<f32>() > 0.0).then(|| Line::through(&moments))
    }

    /// The time on `a` in which both have pictures along the line.
    fn common(&self, line: Line) -> Range<i64> {
        let ends = |row: &Row<'_>| {
            let frames = row.frames();
            Some((i64::from(frames.first()?.at_ms), i64::from(frames.last()?.at_ms)))
        };
        match (ends(self.a), ends(self.b)) {
            (Some((first, last)), Some((from, until))) => first.max(line.back(from) - OFF)..last.min(line.back(until) + OFF) + 1,
            _ => 0..0,
        }
    }

    fn steps(&self, line: Line, span: &Range<i64>) -> Vec<Step> {
        let here = self.a.between(span.start, span.end).iter().map(|frame| (i64::from(frame.at_ms), frame));
        let there = self.b.between(line.there(span.start), line.there(span.end)).iter();
        let there = there.map(|frame| (line.back(i64::from(frame.at_ms)), frame));
        let look = |row: &Row<'_>, frame: &Frame, at: i64| row.nearest(&frame.bits, at - OFF, at + OFF);
        let mut steps: Vec<Step> = Vec::new();
        let mut step = |a: i64, frame: &Frame, other: &Row<'_>, at: i64, begins: &dyn Fn(i64) -> Option<i64>| {
            let Some((distance, began)) = look(other, frame, at).filter(|_| frame.tells()) else { return };
            let beside: Vec<u32> = BESIDE.iter().filter_map(|off| look(other, frame, at + off)).map(|(distance, _)| distance).collect();
            let beside = if beside.is_empty() { UNRELATED } else { beside.iter().sum::<u32>() as f32 / beside.len() as f32 };
            steps.push(Step { a, begins: begins(began), distance, beside, weight: frame.weight, bits: frame.bits });
        };
        for (a, frame) in here {
            let at = line.there(a);
            step(a, frame, self.b, at, &|began| (began >= at - OFF).then_some(began));
        }
        for (a, frame) in there {
            step(a, frame, self.a, a, &|_| None);
        }
        self.walked.set(self.walked.get() + steps.len());
        steps.sort_by_key(|step| step.a);
        steps
    }

    /// Until when the pictures on show at a time stay on both sides.
    fn gives_way(&self, line: Line, last: i64) -> i64 {
        // A millisecond is lost by rounding there and back.
        let there = self.b.gives_way(line.there(last) + 1).map(|at| line.back(at));
        let here = self.a.gives_way(last + 1);
        here.into_iter().chain(there).min().unwrap_or(last).max(last)
    }

    fn measure(&self, line: Line, steps: &[Step], stretch: Range<usize>) -> Option<Stretch> {
        let agrees = |step: &Step| step.distance <= self.radius;
        let gain = gains(&steps[stretch.clone()], self.radius).iter().sum();
        let near: Vec<&Step> = steps[stretch.clone()].iter().filter(|step| agrees(step)).collect();
        let usual = near.iter().map(|step| step.distance as f32).sum::<f32>() / near.len().max(1) as f32;
        let goes_on = |step: &&Step| step.distance as f32 <= usual + LIKE;
        let first = stretch.start - steps[..stretch.start].iter().rev().take_while(goes_on).count();
        let end = stretch.end + steps[stretch.end..].iter().take_while(goes_on).count();
        let following = steps.get(end).map(|step| step.a);
        let steps = &steps[first..end];
        let (from, last) = (steps.first()?.a, steps.last()?.a);
        let until = self.gives_way(line, last).min(following.unwrap_or(i64::MAX));
        let near = || steps.iter().filter(|step| agrees(step));
        let weight: f32 = near().map(|step| step.weight).sum();
        let mean = |of: fn(&Step) -> f32| near().map(|step| step.weight * of(step)).sum::<f32>() / weight.max(f32::MIN_POSITIVE);
        let time = |step: &(&Step, i64)| step.1 as f64;
        let lasting: Vec<(&Step, i64)> = steps
            .iter()
            .zip(steps.iter().skip(1).map(|step| step.a).chain([until.max(last + 1)]))
            .map(|(step, next)| (step, next - step.a))
            .collect();
        let agreeing: f64 = lasting.iter().filter(|(step, _)| agrees(step)).map(time).sum();
        Some(Stretch {
            line,
            from,
            until,
            gain,
            share: (agreeing / lasting.iter().map(time).sum::<f64>().max(1.0)) as f32,
            mean: mean(|step| step.distance as f32),
            beside: mean(|step| step.beside),
            distinct: distinct(near().map(|step| &step.bits)),
        })
    }
}

/// What each step gains, by the time until the next, of which no more than a second counts: what stands says nothing new.
fn gains(steps: &[Step], radius: u32) -> Vec<f32> {
    let until = steps.iter().skip(1).map(|step| step.a).chain(steps.last().map(|step| step.a + 500));
    let gain = |(step, until): (&Step, i64)| {
        let seconds = (until - step.a).min(1_000) as f32 / 1_000.0;
        let bits = if step.distance > radius { -MOST } else { (NEARER * step.beside - step.distance as f32).clamp(-MOST, MOST) };
        bits * seconds * step.weight
    };
    steps.iter().zip(until).map(gain).collect()
}

/// How many different pictures there are among some.
fn distinct<'a>(pictures: impl Iterator<Item = &'a Fingerprint>) -> u32 {
    let mut kept: Vec<&Fingerprint> = Vec::new();
    for bits in pictures {
        if kept.len() < COUNTED && kept.iter().all(|other| bits.distance(other) > DISTINCT) {
            kept.push(bits);
        }
    }
    kept.len() as u32
}

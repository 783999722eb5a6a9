//! Which frames of one row look like which of another: for each its nearest few, weighted by how many there are.
//!
//! Every frame is compared with every different picture of the other row, as far as [`COMPARED`] goes; frames beyond are passed over evenly.
//! An index of words would be quicker for frames that have little in common, but those of a lesson have nearly all in common.

use crate::chain::Vote;
use crate::frames::Frame;
use crate::pdq::Fingerprint;
use std::collections::HashMap;

/// Comparisons a pair of rows may take, about 3 ns each.
const COMPARED: usize = 1 << 31;

/// Frames asked for: one a second of nine hours. More would cost time in following them, and say no more.
const ASKED: usize = 1 << 15;

/// What a frame may vote for. Its copy is among its nearest, and so are the copy's neighbours, four a second.
const VOTES: usize = 16;

/// Bits within which the nearest are not told apart: coding noise of both sides.
const NOISE: u32 = 4;

/// Different pictures of a row, each with the times at which it is shown, in order.
struct Shown {
    bits: Fingerprint,
    times: Vec<i64>,
    weight: f32,
}

fn shown(frames: &[Frame]) -> Vec<Shown> {
    let mut known: HashMap<Fingerprint, usize> = HashMap::new();
    let mut all: Vec<Shown> = Vec::new();
    for frame in frames.iter().filter(|frame| frame.tells()) {
        let at = *known.entry(frame.bits).or_insert_with(|| {
            all.push(Shown { bits: frame.bits, times: Vec::new(), weight: frame.weight });
            all.len() - 1
        });
        all[at].times.push(i64::from(frame.at_ms));
    }
    all
}

/// What each frame of `a` votes for in `b`, of what `b` shows until `latest` of the frame's time.
pub(crate) fn nearest(a: &[Frame], b: &[Frame], radius: u32, latest: impl Fn(i64) -> i64) -> Vec<Vote> {
    let shown = shown(b);
    let telling: Vec<&Frame> = a.iter().filter(|frame| frame.tells()).collect();
    let asked = ASKED.min(COMPARED / shown.len().max(1)).max(1);
    let mut votes = Vec::new();
    let mut near: Vec<(u32, usize)> = Vec::new();
    for frame in telling.iter().step_by(telling.len().div_ceil(asked).max(1)) {
        let at = i64::from(frame.at_ms);
        let latest = latest(at);
        near.clear();
        let mut bound = radius;
        for (number, other) in shown.iter().enumerate() {
            let distance = frame.bits.distance(&other.bits);
            if distance <= bound && other.times[0] <= latest {
                bound = bound.min(distance + NOISE);
                near.push((distance, number));
            }
        }
        near.retain(|(distance, _)| *distance <= bound);
        vote(frame, at, latest, &mut near, &shown, radius, &mut votes);
    }
    votes
}

fn vote(frame: &Frame, at: i64, latest: i64, near: &mut [(u32, usize)], shown: &[Shown], radius: u32, votes: &mut Vec<Vote>) {
    let times = |number: usize| &shown[number].times[..shown[number].times.partition_point(|time| *time <= latest)];
    let count: usize = near.iter().map(|(_, number)| times(*number).len()).sum();
    if near.len() > VOTES {
        near.select_nth_unstable(VOTES - 1);
    }
    let mut left = VOTES;
    let kept = near.len().min(VOTES);
    let nearest = &mut near[..kept];
    nearest.sort_unstable();
    for (distance, number) in nearest {
        let times = times(*number);
        let step = times.len().div_ceil(left.max(1)).max(1);
        let weight = frame.weight * shown[*number].weight * closeness(*distance, radius) / count as f32;
        votes.extend(times.iter().step_by(step).take(left).map(|time| Vote { a: at, b: *time, weight }));
        left = left.saturating_sub(times.len());
    }
}

/// 1 for the same bits, little at the radius.
fn closeness(distance: u32, radius: u32) -> f32 {
    1.0 - distance as f32 / (radius as f32 + 1.0)
}

//! Chains of votes: which of many 'this moment there looks like that moment here' follow each other at nearly the same pace.
//!
//! The votes are gone through in order of the first recording's time. Each may carry on the best chain that ended shortly before on nearly
//! the same shift between the two; what ended is kept by its shift, one chain a second of shift. So a vote costs a few look-ups, whatever
//! the number of votes, and memory is linear in them.

use std::collections::HashMap;

/// Two moments that look or sound alike, in milliseconds, and how much that says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Vote {
    pub(crate) a: i64,
    pub(crate) b: i64,
    pub(crate) weight: f32,
}

/// How far apart the moments of a chain may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// By how much of the time that went by the shift may have moved.
    pub(crate) drift: f64,
    /// By how many milliseconds it may be off at each moment.
    pub(crate) jitter: i64,
    /// How long nothing may be alike, in milliseconds.
    pub(crate) lapse: i64,
}

/// Chains that are followed up: the parts a recording is cut into and put together from. More are a recording that resembles itself.
const FOLLOWED: usize = 48;

/// One chain is remembered for each second of shift.
const SHIFT: i64 = 1_000;

/// The fastest and slowest playback looked for, as a part: 1.1 times and its inverse.
pub(crate) const DRIFT: f64 = 0.1;

/// The line `b` = `speed` × `a` + `shift`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) speed: f64,
    pub(crate) shift: f64,
}

impl Line {
    pub(crate) fn there(self, a: i64) -> i64 {
        (self.speed * a as f64 + self.shift).round() as i64
    }

    pub(crate) fn back(self, b: i64) -> i64 {
        ((b as f64 - self.shift) / self.speed).round() as i64
    }

    /// The line of least squares through moments, within the speeds looked for. Moments too close together say nothing of the speed.
    pub(crate) fn through(moments: &[Vote]) -> Line {
        let weight: f64 = moments.iter().map(|vote| f64::from(vote.weight)).sum();
        let mean = |of: fn(&Vote) -> i64| moments.iter().map(|vote| f64::from(vote.weight) * of(vote) as f64).sum::<f64>() / weight;
        let (a, b) = (mean(|vote| vote.a), mean(|vote| vote.b));
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            moments.iter().map(|vote| f64::from(vote.weight) * of(vote.a as f64 - a, vote.b as f64 - b)).sum()
        };
        let (across, both) = (sum(&|a, _| a * a), sum(&|a, b| a * b));
        // Moments are half a second off. Spread by 4 s, forty of them leave the speed 2 % off; less spread is read as no change of speed.
        let speed = if across / weight < 4_000.0 * 4_000.0 { 1.0 } else { (both / across).clamp(1.0 - DRIFT - 0.01, 1.0 + DRIFT + 0.01) };
        Line { speed, shift: b - speed * a }
    }
}

struct Link {
    score: f32,
    before: Option<usize>,
}

/// The chains of most weight, heaviest first, each in order of time. A vote belongs to one chain at most.
pub(crate) fn chains(mut votes: Vec<Vote>, pace: Pace) -> Vec<Vec<Vote>> {
    votes.retain(|vote| vote.weight > 0.0);
    votes.sort_by_key(|vote| (vote.a, vote.b));
    let links = link(&votes, pace);
    let mut order: Vec<usize> = (0..votes.len()).collect();
    order.sort_by(|one, two| links[*two].score.total_cmp(&links[*one].score).then(one.cmp(two)));
    let mut used = vec![false; votes.len()];
    let mut found: Vec<Vec<Vote>> = Vec::new();
    for end in order {
        if found.len() == FOLLOWED {
            break;
        }
        if !used[end] {
            let mut chain = Vec::new();
            let mut next = Some(end);
            while let Some(at) = next.filter(|at| !used[*at]) {
                used[at] = true;
                chain.push(votes[at]);
                next = links[at].before;
            }
            chain.reverse();
            // A vote alone is no chain.
            found.extend((chain.len() > 1).then_some(chain));
        }
    }
    found
}

/// The best way to each vote.
fn link(votes: &[Vote], pace: Pace) -> Vec<Link> {
    let shift = |vote: &Vote| vote.b - vote.a;
    let reach = (pace.drift * pace.lapse as f64) as i64 + pace.jitter;
    let mut ends: HashMap<i64, usize> = HashMap::new();
    let mut links: Vec<Link> = Vec::with_capacity(votes.len());
    for moment in votes.chunk_by(|one, two| one.a == two.a) {
        let first = links.len();
        for vote in moment {
            let near = (shift(vote) - reach).div_euclid(SHIFT)..=(shift(vote) + reach).div_euclid(SHIFT);
            let best = near.filter_map(|bin| ends.get(&bin)).copied().filter(|end| follows(&votes[*end], vote, pace));
            let best = best.max_by(|one, two| links[*one].score.total_cmp(&links[*two].score));
            links.push(Link { score: vote.weight + best.map_or(0.0, |best| links[best].score), before: best });
        }
        // Only now: votes of one moment do not follow each other.
        for at in first..links.len() {
            let end = ends.entry(shift(&votes[at]).div_euclid(SHIFT)).or_insert(at);
            if links[at].score >= links[*end].score || votes[at].a - votes[*end].a > pace.lapse {
                *end = at;
            }
        }
    }
    links
}

fn follows(earlier: &Vote, later: &Vote, pace: Pace) -> bool {
    let (a, b) = (later.a - earlier.a, later.b - earlier.b);
    a > 0 && b >= 0 && a <= pace.lapse && (b - a).abs() as f64 <= pace.drift * a as f64 + pace.jitter as f64
}

/// Stretches of steps that gain: each from its first gain to where the sum is greatest, given up once it has lost `drop` since, and left out
/// if it does not reach `least`. What `gains` holds is per step; the stretches are ranges of steps.
pub(crate) fn stretches(gains: &[f32], drop: f32, least: f32) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let (mut from, mut sum, mut best, mut until) = (0, 0.0f32, 0.0f32, 0);
    let mut at = 0;
    while at < gains.len() {
        sum += gains[at];
        if sum > best {
            (best, until) = (sum, at + 1);
        }
        at += 1;
        if sum <= 0.0 || best - sum > drop {
            if best >= least {
                found.push(from..until);
                at = until;
            }
            (from, sum, best, until) = (at, 0.0, 0.0, at);
        }
    }
    found.extend((best >= least).then_some(from..until));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace { drift: DRIFT, jitter: 600, lapse: 30_000 };

    fn vote(a: i64, b: i64) -> Vote {
        Vote { a: a * 1000, b: b * 1000, weight: 1.0 }
    }

    #[test]
    fn votes_on_one_line_among_scattered_ones_are_one_chain() {
        let line = (0..60).map(|at| vote(at, at + 300));
        let scattered = (0..60).map(|at| vote(at, at * 37 % 251 * 2));
        let found = chains(line.chain(scattered).collect(), PACE);
        assert!(found[0].len() >= 60 && found[0].iter().filter(|vote| vote.b - vote.a == 300_000).count() >= 59);
    }

    #[test]
    fn a_chain_follows_a_faster_copy() {
        let votes: Vec<Vote> = (0..600).map(|at| Vote { a: at * 1050, b: at * 1000 + 7_000, weight: 1.0 }).collect();
        let found = chains(votes, PACE);
        let line = Line::through(&found[0]);
        assert_eq!(found[0].len(), 600);
        assert!((line.speed - 1.0 / 1.05).abs() < 1e-4 && line.there(0) == 7_000 && line.back(7_000) == 0);
    }

    #[test]
    fn a_jump_begins_another_chain() {
        let found = chains((0..80).map(|at| vote(at, if at < 40 { at } else { at + 20 })).collect(), PACE);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [40, 40]);
    }

    #[test]
    fn a_stretch_ends_where_it_gained_last() {
        let gains = [-1.0, -1.0, 3.0, 3.0, -1.0, 2.0, -1.0, -1.0, -1.0, -1.0, -1.0, 3.0, 3.0];
        assert_eq!(stretches(&gains, 3.0, 4.0), [2..6, 11..13]);
        assert_eq!(stretches(&gains, 30.0, 4.0).first(), Some(&(2..13)));
        assert_eq!(stretches(&gains, 3.0, 7.5), []);
    }

    proptest! {
        #[test]
        fn every_stretch_gains_enough_and_none_overlap(gains in prop::collection::vec(-3.0f32..3.0, 0..200)) {
            let found = stretches(&gains, 5.0, 4.0);
            for stretch in &found {
                prop_assert!(gains[stretch.clone()].iter().sum::<f32>() >= 4.0 - 1e-3);
            }
            prop_assert!(found.windows(2).all(|two| two[0].end <= two[1].start));
        }
    }
}

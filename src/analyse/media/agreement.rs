//! What to believe of several looks: of two recognisers at one picture, and of one recording at several moments.

use super::facts::{Reading, ReadingKind};
use super::screen::Sight;

/// Less sure readings are dropped. Of 40 drawn screens, kept in three ways each, one wrong reading was surer: a clock at 720p, off by two minutes.
const LEAST: f64 = 0.75;

/// The surest of each kind out of what several recognisers saw. Those who agree make each other surer; who read something else in the same place, less.
pub(super) fn agreed(looks: &[Vec<Sight>], at_ms: u64) -> Vec<Reading> {
    let mut readings = Vec::new();
    for kind in ReadingKind::ALL {
        let mut best: Option<(f64, &Sight)> = None;
        for (number, sight) in looks.iter().enumerate().flat_map(|(number, look)| look.iter().map(move |sight| (number, sight))) {
            if sight.kind != kind || sight.backs {
                continue;
            }
            let others = looks.iter().enumerate().filter(|(other, _)| *other != number).flat_map(|(_, look)| look);
            let sure = others.filter(|other| other.kind == kind && over(other.place, sight.place)).fold(sight.sure, |sure, other| {
                if other.value == sight.value { 1.0 - (1.0 - sure) * (1.0 - other.sure) } else { sure * (1.0 - other.sure / 2.0) }
            });
            if best.is_none_or(|(most, _)| sure > most) {
                best = Some((sure, sight));
            }
        }
        if let Some((sure, sight)) = best.filter(|(sure, _)| *sure >= LEAST) {
            let confidence = (sure * 100.0).round() / 100.0;
            readings.push(Reading { at_ms, kind, value: sight.value.clone(), confidence });
        }
    }
    readings
}

/// What holds over a recording: its clock goes on as the recording does, its date and its meeting are one. What contradicts the most is dropped: it was
/// misread, or is no clock.
pub(super) fn coherent(mut readings: Vec<Reading>) -> Vec<Reading> {
    for kind in [ReadingKind::Clock, ReadingKind::Date, ReadingKind::Meeting] {
        let of_kind: Vec<Reading> = readings.iter().filter(|reading| reading.kind == kind).cloned().collect();
        if of_kind.len() < 2 {
            continue;
        }
        let together = |one: &Reading| of_kind.iter().filter(|other| goes_with(one, other)).count();
        let Some(best) = of_kind.iter().max_by_key(|one| together(one)) else { continue };
        let alone = kind == ReadingKind::Clock && together(best) < 2;
        readings.retain(|reading| reading.kind != kind || (!alone && goes_with(best, reading)));
    }
    readings
}

/// A recording's own clock and that of the screen may differ by so many seconds: half a minute of each where no seconds are shown, and pauses.
const DRIFT: i64 = 90;

fn goes_with(one: &Reading, other: &Reading) -> bool {
    if one.kind != ReadingKind::Clock {
        return one.value == other.value;
    }
    let (Some(first), Some(second)) = (one.seconds(), other.seconds()) else { return false };
    let passed = other.at_ms as i64 / 1000 - one.at_ms as i64 / 1000;
    let apart = (second - first - passed).rem_euclid(86_400);
    apart.min(86_400 - apart) <= DRIFT
}

/// Whether one lies over the other: recognisers agree on places to a few pixels.
fn over(one: [u32; 4], other: [u32; 4]) -> bool {
    one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3]
}

#[cfg(test)]
mod tests {
    use super::super::screen::sights;
    use super::super::screen::tests::{SIZE, line};
    use super::*;
    use ReadingKind::{Clock, Date};

    #[test]
    fn recognisers_who_agree_are_surer_and_who_contradict_are_less() {
        let look = |text: &str, sure: f64| {
            let mut words = line(text, 900, 1040);
            words.iter_mut().for_each(|word| word.sure = sure);
            sights(&[words], SIZE)
        };
        let sure = |looks: &[Vec<Sight>]| agreed(looks, 0).first().map(|reading| (reading.value.clone(), reading.confidence));
        assert_eq!(sure(&[look("成员(36)", 0.8)]), Some(("36".into(), 0.8)));
        assert_eq!(sure(&[look("成员(36)", 0.8), look("BX(36)", 0.8)]), Some(("36".into(), 0.9)));
        assert_eq!(sure(&[look("成员(36)", 0.8), look("BX(38)", 0.8)]), None);
        assert_eq!(sure(&[look("(36)", 0.99), look("(36)", 0.99)]), None, "nothing says that people are counted");
        assert_eq!(sure(&[look("成员(36)", 0.5)]), None);
    }

    #[test]
    fn the_clock_of_a_recording_goes_on_with_it_and_what_does_not_is_dropped() {
        let clock = |at_s: u64, value: &str| Reading { at_ms: at_s * 1000, kind: Clock, value: value.into(), confidence: 0.9 };
        let values = |readings: Vec<Reading>| coherent(readings).into_iter().map(|reading| reading.value).collect::<Vec<_>>();
        assert_eq!(
            values(vec![clock(0, "09:12"), clock(300, "09:17"), clock(600, "15:22"), clock(900, "09:27")]),
            ["09:12", "09:17", "09:27"]
        );
        assert_eq!(values(vec![clock(0, "23:58"), clock(300, "00:03")]), ["23:58", "00:03"], "over midnight");
        let timer = [clock(0, "06:10"), clock(300, "11:10"), clock(600, "16:10")];
        assert_eq!(values(timer.to_vec()), Vec::<String>::new(), "minutes and seconds of a timer");
        assert_eq!(
            values(vec![clock(0, "09:12"), clock(600, "09:12"), clock(1200, "09:12")]),
            Vec::<String>::new(),
            "a clock in a picture stands"
        );
        assert_eq!(values(vec![clock(0, "09:12")]), ["09:12"]);
        let date = |value: &str| Reading { at_ms: 0, kind: Date, value: value.into(), confidence: 0.9 };
        assert_eq!(values(vec![date("2020-03-03"), date("2026-03-03"), date("2020-03-03")]), ["2020-03-03", "2020-03-03"]);
    }
}

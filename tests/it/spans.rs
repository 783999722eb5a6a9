//! Whether everything that is black, still or repeated for ten seconds is found, where it is, and nothing that is not: recordings of minutes in
//! which chance puts such pieces, coded as chance has it.
//!
//! Every run takes two recordings with three pieces each; `KESHI_ACCURACY=20` takes as many as it says, and is where docs/ACCURACY.md has its figures from.

use crate::media::{facts, ffmpeg};
use keshi::analyse::media::{MediaKind, SpanKind};
use province::chance::Chance;

/// Smaller than most recordings: fewer pixels to average coding out of.
const SIZE: &str = "640x360";

/// Bounds are so near, in milliseconds.
const NEAR: u64 = 1_000;

/// What is put into a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    /// So many tenths of a second of what comes next.
    Next(usize),
    Black(usize),
    /// The picture stands still while somebody speaks, or nobody.
    Still(usize, bool),
    /// What the film showed from here on, so long; before anything was put in.
    Again(usize, usize),
}

/// Something like speech, of a film that is at this second: a note every fifth of a second, of eleven by chance, and a pause now and then.
fn speech(at: f64, seconds: f64, seed: u64) -> String {
    let time = format!("floor((t+{at})*5)");
    let note = format!("150+60*floor(mod(abs(sin({time}*12.9898+{seed})*43758.5453)*11,11))");
    format!("aevalsrc=exprs='0.3*sin(2*PI*t*({note}))*gt(mod(abs(sin({time}*78.233+{seed})*9631.7)*7,7),1)':s=16000:d={seconds}")
}

/// ffmpeg's arguments for the pieces one after the other, and what is to be told of them.
fn arguments(pieces: &[Piece], seed: u64, coded: &str) -> (String, Vec<(SpanKind, u64, u64)>) {
    let hue = seed * 47 % 360;
    let film = |from: usize, until: usize| {
        let moving = format!("mandelbrot=size={SIZE}:rate=10:end_pts=1500:start_x=-0.7436{seed}");
        format!("{moving},trim=start_frame={from}:end_frame={until},setpts=PTS-STARTPTS,hue=h={hue}")
    };
    let (mut inputs, mut expected, mut shown, mut at) = (String::new(), Vec::new(), 0_usize, 0_usize);
    for (number, piece) in pieces.iter().enumerate() {
        let seconds = |tenths: usize| tenths as f64 / 10.0;
        // What is said over black or still pictures is said nowhere else.
        let aside = 1_000.0 + 100.0 * number as f64;
        let (picture, sound, length, kind) = match *piece {
            Piece::Next(length) => {
                shown += length;
                (film(shown - length, shown), speech(seconds(shown - length), seconds(length), seed), length, None)
            }
            Piece::Black(length) => {
                let black = format!("color=black:size={SIZE}:rate=10:duration={}", seconds(length));
                (black, speech(aside, seconds(length), seed), length, Some(SpanKind::Black))
            }
            Piece::Still(length, is_spoken_to) => {
                let still = format!("{},loop=loop={}:size=1,setpts=N/10/TB", film(shown, shown + 1), length - 1);
                let silence = format!("anullsrc=r=16000:cl=mono:d={}", seconds(length));
                let sound = if is_spoken_to { speech(aside, seconds(length), seed) } else { silence };
                (still, sound, length, Some(SpanKind::Frozen))
            }
            Piece::Again(from, length) => {
                (film(from, from + length), speech(seconds(from), seconds(length), seed), length, Some(SpanKind::Looped))
            }
        };
        inputs += &format!("-f lavfi -i {picture} -f lavfi -i {sound} ");
        expected.extend(kind.map(|kind| (kind, at as u64 * 100, (at + length) as u64 * 100)));
        at += length;
    }
    let joined: String = (0..pieces.len()).map(|number| format!("[{}:v][{}:a]", 2 * number, 2 * number + 1)).collect();
    let count = pieces.len();
    (
        format!("{inputs} -filter_complex {joined}concat=n={count}:v=1:a=1[v][a] -map [v] -map [a] -pix_fmt yuv420p {coded} made.mp4"),
        expected,
    )
}

/// A recording with a piece of each kind in an order by chance.
fn drawn(chance: &mut Chance) -> Vec<Piece> {
    const FIRST: usize = 350;
    let mut pieces = vec![Piece::Next(FIRST + chance.below(100))];
    let mut kinds = [0, 1, 2];
    chance.shuffle(&mut kinds);
    for kind in kinds {
        let length = 105 + chance.below(200);
        pieces.push(match kind {
            0 => Piece::Black(length),
            1 => Piece::Still(length, chance.below(2) == 0),
            // Not from the very beginning: nothing is before it to tell it by.
            _ => Piece::Again(26 + chance.below(FIRST - length - 26), length),
        });
        pieces.push(Piece::Next(150 + chance.below(60)));
    }
    pieces
}

#[tokio::test]
async fn all_that_is_black_still_or_repeated_for_long_is_found_to_the_second_and_nothing_else() {
    let recordings: u64 =
        std::env::var("KESHI_ACCURACY").map_or(2, |count| count.parse().expect("KESHI_ACCURACY is a number of recordings"));
    let mut wrong = Vec::new();
    let [mut put, mut found, mut invented] = [0; 3];
    for number in 1..=recordings {
        let chance = &mut Chance::new(4_711).at("recording", number);
        let pieces = drawn(chance);
        let (quality, keyframes) = (chance.pick(&[26, 31, 36]), chance.pick(&[10, 50, 250]));
        let coded = format!("-c:v libx264 -preset veryfast -crf {quality} -g {keyframes} -c:a aac -b:a 32k");
        let (arguments, expected) = arguments(&pieces, number, &coded);
        let (_folder, file) = ffmpeg(&arguments);
        let told = facts(&file, MediaKind::Video).await;
        let told: Vec<_> =
            told.spans.iter().filter(|span| span.kind != SpanKind::Silent).map(|s| (s.kind, s.from_ms, s.until_ms)).collect();
        let same = |one: &(SpanKind, u64, u64), two: &(SpanKind, u64, u64)| {
            one.0 == two.0 && one.1.abs_diff(two.1) <= NEAR && one.2.abs_diff(two.2) <= NEAR
        };
        let missed: Vec<_> = expected.iter().filter(|one| !told.iter().any(|two| same(one, two))).collect();
        let more: Vec<_> = told.iter().filter(|one| !expected.iter().any(|two| same(one, two))).collect();
        put += expected.len();
        found += expected.len() - missed.len();
        invented += more.len();
        if !missed.is_empty() || !more.is_empty() {
            wrong.push(format!("recording {number}, {coded}, {pieces:?}: missed {missed:?}, told besides {more:?}"));
        }
    }
    println!("{found} of {put} found with bounds within a second, {invented} told that are none");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

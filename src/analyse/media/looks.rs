//! How a recording looks now and then through the windows of pictures, so that a screenshot that was cut, or has a mark in a corner, still leads to it.
//!
//! Four fingerprints a second of the whole are kept elsewhere ([`super::reel`]); they do not survive a cut of a twentieth. What survives it has 25 of them, which
//! would be much for every moment and is little for one in a while: a meeting a few seconds on is near enough for a candidate, and where the picture stands
//! still nothing new is to be seen. The fast pass takes none: they were a quarter of its time, and the full one comes minutes later.

use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use likeness::grey::Grey;
use likeness::pdq::{Fingerprint, LEAST_QUALITY};
use likeness::windows::{Window, direct};

/// Looks at most; from half of it on, where a recording lasts long and changes.
const MOST: usize = 64;

/// Looks are at least so far apart, in microseconds.
const APART: i64 = 1_000_000;

/// Bits by which the whole must differ from the last look: above what coding does (4), far below what is another scene.
const CHANGED: u32 = 12;

/// Numbers of windows from here on are seen in a mirror: pictures are asked for in both ways, recordings kept in one.
const MIRRORED: u8 = 32;

/// A moment of a recording through windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When, in milliseconds from the beginning of the recording.
    pub at_ms: u32,
    /// Numbers of windows, but for the whole, and what is seen through them.
    pub views: Vec<(u8, Fingerprint)>,
}

impl Look {
    /// Written: time, number of views, and each.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.at_ms.to_le_bytes());
        bytes.push(self.views.len() as u8);
        for (window, fingerprint) in &self.views {
            bytes.push(*window);
            bytes.extend(fingerprint.to_bytes());
        }
    }

    /// Read, with what is behind it; `None` where the bytes are no look.
    pub(super) fn read(bytes: &[u8]) -> Option<(Look, &[u8])> {
        let (at_ms, rest) = bytes.split_first_chunk()?;
        let (count, rest) = rest.split_first()?;
        let (views, rest) = rest.split_at_checked(usize::from(*count) * 33)?;
        let view = |view: &[u8]| Some((view[0], Fingerprint::from_bytes(view[1..].try_into().ok()?)));
        let views = views.chunks_exact(33).map(view).collect::<Option<Vec<_>>>()?;
        let is_kept = |window: u8| (1..MIRRORED).contains(&window);
        views.iter().all(|(window, _)| is_kept(*window)).then_some((Look { at_ms: u32::from_le_bytes(*at_ms), views }, rest))
    }
}

/// Takes looks while a recording is decoded, however long it lasts.
#[derive(Debug)]
pub(super) struct Looks {
    apart: i64,
    taken: Vec<Taken>,
}

#[derive(Debug)]
struct Taken {
    /// Microseconds on the container's clock.
    at: i64,
    whole: Fingerprint,
    views: Vec<(u8, Fingerprint)>,
}

impl Default for Looks {
    fn default() -> Looks {
        Looks { apart: APART, taken: Vec::new() }
    }
}

impl Looks {
    /// Takes a frame whose whole has this fingerprint, if it is time and there is something new. Where there are too many, every second goes, and those to
    /// come are twice as far apart.
    pub(super) fn frame(&mut self, at: i64, whole: Fingerprint, decoded: &frame::Video, rotation: Option<u16>) {
        if self.is_new(at, whole)
            && let Some(light) = super::moments::light(decoded, rotation)
        {
            self.take(at, whole, views(&light));
        }
    }

    fn is_new(&self, at: i64, whole: Fingerprint) -> bool {
        self.taken.last().is_none_or(|last| at - last.at >= self.apart && last.whole.distance(&whole) > CHANGED)
    }

    fn take(&mut self, at: i64, whole: Fingerprint, views: Vec<(u8, Fingerprint)>) {
        if self.taken.len() == MOST {
            let mut number = 0;
            self.taken.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.apart *= 2;
            if !self.is_new(at, whole) {
                return;
            }
        }
        self.taken.push(Taken { at, whole, views });
    }

    /// The looks of a recording that begins at `start`.
    pub(super) fn finish(self, start: i64) -> Vec<Look> {
        let since = |at: i64| u32::try_from(at.saturating_sub(start).max(0) / 1000).ok();
        self.taken.into_iter().map_while(|taken| Some(Look { at_ms: since(taken.at)?, views: taken.views })).collect()
    }
}

/// What is seen through the windows of a picture, but for the whole, as far as it tells something.
fn views(light: &Grey) -> Vec<(u8, Fingerprint)> {
    let is_kept = |window: Window| (1..MIRRORED).contains(&window.number());
    let telling = direct(light).into_iter().filter(|view| is_kept(view.window) && view.quality >= LEAST_QUALITY);
    telling.map(|view| (view.window.number(), view.fingerprint)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another scene each second.
    fn scene(second: i64) -> Fingerprint {
        Fingerprint(std::array::from_fn(|word| (second as u64 * 4 + word as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn of(seconds: i64, scene: impl Fn(i64) -> Fingerprint) -> Vec<u32> {
        let mut looks = Looks::default();
        for second in 0..seconds {
            let (at, whole) = (second * 1_000_000, scene(second));
            if looks.is_new(at, whole) {
                looks.take(at, whole, Vec::new());
            }
        }
        looks.finish(0).iter().map(|look| look.at_ms).collect()
    }

    #[test]
    fn however_long_it_lasts_there_are_enough_and_never_too_many() {
        for seconds in [4, 60, 320, 321, 3_600, 36_000] {
            let taken = of(seconds, scene);
            assert!(taken.len() <= MOST && taken.len() >= (MOST / 2).min(seconds as usize / 5), "{seconds}: {taken:?}");
        }
    }

    #[test]
    fn what_stands_still_is_looked_at_once() {
        assert_eq!(of(600, |second| scene(second / 200)), [0, 200_000, 400_000]);
    }

    #[test]
    fn a_look_survives_its_bytes_and_has_neither_the_whole_nor_a_mirror() {
        let look = Look { at_ms: 70_000, views: vec![(1, scene(1)), (26, scene(2))] };
        let mut bytes = Vec::new();
        look.write(&mut bytes);
        bytes.push(9);
        assert_eq!(Look::read(&bytes), Some((look, &[9][..])));
        assert_eq!(Look::read(&bytes[..bytes.len() - 2]), None);
        bytes[5] = 33;
        assert_eq!(Look::read(&bytes), None);
        let drawn = Grey::draw(320, 180, |x, y| ((x * 7 + y * 3) ^ (x * y / 50)) as u8);
        let seen = views(&drawn);
        assert!(seen.len() >= 20 && seen.iter().all(|(window, _)| (1..MIRRORED).contains(window)), "{}", seen.len());
    }
}

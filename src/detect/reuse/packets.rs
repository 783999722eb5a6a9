//! Recordings that share keyframes to the bit: one was cut out of the other, trimmed, joined or put into another container without being coded again.
//!
//! Nothing is decoded and nothing judged: encoders do not write the same picture twice by chance. What must be explained away is what was coded once and is
//! rightly in many recordings: an intro, an outro, a title that the platform shows, a film that is listed as course material.

use super::find::{Found, Tools};
use super::played::{Shared, Stretch};
use super::sql;
use crate::analyse::media::{Keyframe, is_kept};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::EvidenceId;
use crate::store::{self, Evidence};
use sqlx::Row;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Digests that more recordings have are everybody's, whoever had them first; bounds what is read for one.
const EVERYBODY: i64 = 1_000;

/// So much shared is a match whatever the length of the recordings, in milliseconds: media analysis calls for 60 s or 30 %.
const LONG: u32 = 60_000;

/// So much of the shorter recording, in hundredths, is one as well.
const SHARE: u64 = 30;

/// But never less than this, in milliseconds: a jingle may be a third of a recording that was begun by mistake.
const SHORT: u32 = 10_000;

/// Keyframes shared on one offset at least. One is a waiting slide, and two may be one that blinks.
const LEAST: usize = 3;

/// Containers keep times to the millisecond or the frame, and cutting moves the beginning by less than a group of pictures once; all of a piece moves alike.
const TOLERANCE: i64 = 500;

/// A stretch that begins within this of both beginnings, or ends within it of both ends, in milliseconds, may be an intro or an outro…
const EDGE: u32 = 5_000;

/// …if it is shorter than this, and less than half of the shorter recording.
const INTRO: u32 = 180_000;

/// Stretches kept, the longest first.
const RUNS: usize = 20;

/// Recordings that share most are looked at: half of them may have come later.
const LOOKED_AT: i64 = 2 * super::MOST as i64;

/// A keyframe as it is compared.
#[derive(Clone, Copy, Debug)]
struct Key {
    is: Keyframe,
    /// It accuses nobody.
    common: bool,
}

/// A recording as it is compared.
#[derive(Debug, Default)]
struct Film {
    one_in: u64,
    keys: Vec<Key>,
    duration_ms: u32,
}

/// What a recording shares with earlier ones, and the later ones that share something with it; none of `but`.
pub(super) async fn matches(
    tools: &Tools<'_>,
    evidence: &Evidence,
    but: &BTreeSet<EvidenceId>,
) -> Result<(Vec<Found>, BTreeSet<EvidenceId>)> {
    let db = tools.db;
    let (mut here, mut others, mut later) = (film(db, evidence.id, sql::OWN_KEYFRAMES).await?, Vec::new(), BTreeSet::new());
    if is_course_material(db, evidence).await? {
        return Ok(Default::default());
    }
    for row in near(db, evidence.id).await? {
        let other = store::get(db, row).await?;
        let there = film(db, other.id, sql::KEYFRAMES).await?;
        if is_course_material(db, &other).await? {
            let listed: HashSet<[u64; 2]> = there.keys.iter().map(|key| key.is.digest).collect();
            here.keys.iter_mut().filter(|key| listed.contains(&key.is.digest)).for_each(|key| key.common = true);
        } else if (other.received_at, other.id) > (evidence.received_at, evidence.id) {
            later.insert(other.id);
        } else if other.digest != evidence.digest && !but.contains(&other.id) {
            others.push((other, there));
        }
    }
    let shared =
        others.into_iter().filter_map(|(other, there)| Some(Found { shared: Some(shared(&here, &there)?), ..Found::coded(other) }));
    Ok((shared.take(super::MOST).collect(), later))
}

/// Recordings that share keyframes with one, those that share most first.
async fn near(db: &Db, id: EvidenceId) -> Result<Vec<EvidenceId>> {
    let asked = sqlx::query(sql::SHARE_KEYFRAMES).bind(id.to_string()).bind(EVERYBODY + 1).bind(super::COMMON as i64);
    let rows = asked.bind(LEAST as i64).bind(LOOKED_AT).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("evidence_id")).collect()
}

async fn film(db: &Db, id: EvidenceId, statement: &'static str) -> Result<Film> {
    let id = id.to_string();
    let asked = sqlx::query(statement).bind(&id);
    let asked = if statement == sql::OWN_KEYFRAMES { asked.bind(EVERYBODY + 1).bind(super::COMMON as i64) } else { asked };
    let mut film = Film { one_in: 1, ..Film::default() };
    for row in asked.fetch_all(db.read()).await? {
        let time = |column| u32::try_from(row.int(column)).unwrap_or_default();
        let Some(digest) = Keyframe::digest(&row.get::<Vec<u8>, _>("digest")) else { continue };
        film.one_in = u64::try_from(row.int("one_in")).unwrap_or(1).max(1);
        film.keys
            .push(Key { is: Keyframe { at_ms: time("at_ms"), until_ms: time("until_ms"), digest }, common: row.int("is_common") == 1 });
    }
    let duration = sqlx::query(sql::DURATION).bind(&id).fetch_optional(db.read()).await?;
    film.duration_ms = duration.and_then(|row| row.text("value").parse().ok()).unwrap_or_default();
    Ok(film)
}

/// Whether a list says that everybody shows the file.
async fn is_course_material(db: &Db, evidence: &Evidence) -> Result<bool> {
    Ok(sqlx::query(sql::COURSE_MATERIAL).bind(evidence.digest.to_string()).fetch_optional(db.read()).await?.is_some())
}

/// A stretch that two recordings share.
#[derive(Clone, Copy, Debug)]
struct Piece {
    stretch: Stretch,
    /// How much later it is in the other.
    offset: i64,
    keys: usize,
    /// Where the next keyframe stands in both rows, if the stretch goes on.
    next: (usize, usize),
}

impl Piece {
    fn length(&self) -> u32 {
        self.stretch.1 - self.stretch.0
    }
}

/// What two recordings share in one order and at one offset; `None` if that is too little, or explained.
fn shared(here: &Film, there: &Film) -> Option<Shared> {
    let shorter = here.duration_ms.min(there.duration_ms);
    let mut pieces = pieces(here, there);
    pieces.retain(|piece| !may_be_intro(piece, here, there, shorter));
    // Pieces are few: their keyframes are bounded. The offset with most of them counts.
    let together = |offset: i64| pieces.iter().filter(move |piece| (piece.offset - offset).abs() <= TOLERANCE);
    let length = |offset: i64| together(offset).map(Piece::length).sum::<u32>();
    let offset = pieces.iter().map(|piece| piece.offset).max_by_key(|offset| (length(*offset), Reverse(*offset)))?;
    let aligned_ms = length(offset);
    let is_enough = aligned_ms >= LONG || (aligned_ms >= SHORT && u64::from(aligned_ms) * 100 >= u64::from(shorter) * SHARE);
    if !is_enough || together(offset).map(|piece| piece.keys).sum::<usize>() < LEAST {
        return None;
    }
    let mut runs: Vec<Stretch> = together(offset).map(|piece| piece.stretch).collect();
    runs.sort_by_key(|run| (Reverse(run.1 - run.0), run.0));
    runs.truncate(RUNS);
    Some(Shared { because: "packets", aligned_ms, runs })
}

/// The stretches in which no keyframe of either is missing in the other.
fn pieces(here: &Film, there: &Film) -> Vec<Piece> {
    let one_in = here.one_in.max(there.one_in);
    let row = |film: &Film| film.keys.iter().filter(|key| is_kept(key.is.digest, one_in)).copied().collect::<Vec<Key>>();
    let (ours, theirs) = (row(here), row(there));
    let place: HashMap<[u64; 2], usize> = theirs.iter().enumerate().map(|(at, key)| (key.is.digest, at)).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    for (number, key) in ours.iter().enumerate().filter(|(_, key)| !key.common) {
        let Some(&at) = place.get(&key.is.digest) else { continue };
        let other = theirs[at].is;
        let offset = i64::from(other.at_ms) - i64::from(key.is.at_ms);
        let lasts = (key.is.until_ms - key.is.at_ms).min(other.until_ms - other.at_ms);
        let (until, other_until, next) = (key.is.at_ms + lasts, other.at_ms + lasts, (number + 1, at + 1));
        match pieces.last_mut() {
            Some(piece) if piece.next == (number, at) && (piece.offset - offset).abs() <= TOLERANCE => {
                (piece.stretch.1, piece.stretch.3, piece.next) = (until, other_until, next);
                piece.keys += 1;
            }
            _ => pieces.push(Piece { stretch: Stretch(key.is.at_ms, until, other.at_ms, other_until), offset, keys: 1, next }),
        }
    }
    pieces
}

/// Whether a stretch lies at both beginnings or both ends, and is short.
fn may_be_intro(piece: &Piece, here: &Film, there: &Film, shorter: u32) -> bool {
    let Stretch(from, until, other_from, other_until) = piece.stretch;
    let begins = from <= EDGE && other_from <= EDGE;
    let ends = until.saturating_add(EDGE) >= here.duration_ms && other_until.saturating_add(EDGE) >= there.duration_ms;
    (begins || ends) && piece.length() < INTRO && u64::from(piece.length()) * 2 < u64::from(shorter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keyframe every two seconds, of these pictures.
    fn film(pictures: impl IntoIterator<Item = u64>) -> Film {
        let key = |(number, picture): (u32, u64)| Key {
            is: Keyframe {
                at_ms: number * 2_000,
                until_ms: number * 2_000 + 2_000,
                digest: [picture, picture.wrapping_mul(0x9e37_79b9_7f4a_7c15)],
            },
            common: false,
        };
        let keys: Vec<Key> = (0..).zip(pictures).map(key).collect();
        Film { one_in: 1, duration_ms: keys.len() as u32 * 2_000, keys }
    }

    fn found(here: &Film, there: &Film) -> Option<(u32, Vec<[u32; 4]>)> {
        let turned =
            |Shared { aligned_ms, runs, .. }| (aligned_ms, runs.iter().map(|run: &Stretch| [run.0, run.1, run.2, run.3]).collect());
        shared(here, there).map(turned)
    }

    #[test]
    fn a_minute_cut_out_of_a_lesson_is_found_where_it_is_in_both() {
        let (lesson, cut) = (film(0..900), film((5_000..5_100).chain(200..230).chain(6_000..6_050)));
        assert_eq!(found(&cut, &lesson), Some((60_000, vec![[200_000, 260_000, 400_000, 460_000]])));
        assert_eq!(found(&film((5_000..5_100).chain(200..229).chain(6_000..6_050)), &lesson), None, "58 s of 358 are too little");
        assert_eq!(
            found(&film((5_000..5_020).chain(200..210)), &lesson),
            Some((20_000, vec![[40_000, 60_000, 400_000, 420_000]])),
            "a third"
        );
    }

    #[test]
    fn pieces_on_one_offset_count_together_and_those_elsewhere_do_not() {
        let lesson = film(0..900);
        let patched = film((100..115).chain([9_000]).chain(116..131));
        assert_eq!(found(&patched, &lesson).map(|(aligned, runs)| (aligned, runs.len())), Some((60_000, 2)));
        let shuffled = film((0..40).map(|number| 600 - number * 7).chain(3_000..3_300));
        assert_eq!(found(&shuffled, &lesson), None, "the same pictures in another order are no stretch");
    }

    #[test]
    fn an_intro_an_outro_and_what_everybody_shows_are_no_copy() {
        let with_both = |own: u64| film((100_000..100_050).chain(own..own + 600).chain(200_000..200_060));
        assert_eq!(found(&with_both(1_000), &with_both(5_000)), None);
        let mut commonly = film((5_000..5_100).chain(200..300));
        commonly.keys[100..].iter_mut().for_each(|key| key.common = true);
        assert_eq!(found(&commonly, &film(0..900)), None);
        assert!(found(&film(0..500), &film(0..900)).is_some_and(|(aligned, _)| aligned == 1_000_000), "the end cut off is no intro");
        assert!(found(&film(0..60), &film(0..70)).is_some(), "nor is most of a short one");
    }

    #[test]
    fn a_waiting_slide_is_no_copy_however_long_it_is_on_show() {
        // Two slides for ten minutes, then a lesson of each one's own.
        let waiting = |own: u64| {
            let mut film = film([7, 8].into_iter().chain(own..own + 300));
            film.keys[2..].iter_mut().for_each(|key| (key.is.at_ms, key.is.until_ms) = (key.is.at_ms + 600_000, key.is.until_ms + 600_000));
            film.duration_ms += 600_000;
            film
        };
        assert_eq!(found(&waiting(100), &waiting(1_000)), None);
    }

    #[test]
    fn a_long_recording_of_which_few_are_kept_is_compared_by_what_both_keep() {
        let thin = |mut film: Film, one_in: u64| {
            film.one_in = one_in;
            film.keys.retain(|key| is_kept(key.is.digest, one_in));
            film
        };
        let (long, cut) = (thin(film(0..7_200), 16), film(1_000..1_400));
        let (aligned, runs) = found(&cut, &long).unwrap();
        assert!(runs.len() == 1 && aligned > 600_000 && aligned <= 800_000, "{aligned} {runs:?}");
        assert_eq!(runs[0][2] - runs[0][0], 2_000_000);
    }
}

//! All recordings, by what they are known by: digests of their tracks, fingerprints of their pictures, marks of their sound. Held in memory and caught up
//! from the table `reel` whenever somebody asks, so that any number of servers know the same and a restart loses nothing.

use super::pictures::Views;
use super::places::{Place, Places};
use super::{LATE, MOST, TOGETHER, sql};
use crate::analyse::media::{Reel, Shot};
use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::ids::{EvidenceId, ProviderId};
use crate::store;
use crate::time::Time;
use likeness::echo::Echoes;
use likeness::index::Index;
use likeness::pdq::{CANDIDATE, Fingerprint, LEAST_QUALITY};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use storage::{Digest, Objects, StorageError};
use tokio::sync::Mutex;

/// Pictures this far apart (milliseconds) are kept; a question asks for those between, too.
const APART: u32 = 1_000;

/// Pictures asked for at most: one in seven seconds of an hour.
const ASKED: usize = 512;

/// Recordings looked at for one picture at most: its lesson's own, and the few that could be it as well.
const SHOWING: usize = 4;

/// A recording is worth comparing if so many of its pictures are like those asked for, or if the sound leads there.
const LEAST: f32 = 3.0;

/// A mark of the sound says more than a picture does.
const OF_A_MARK: f32 = 4.0;

/// The largest reel that is read: a day in which everything moves.
const REEL_BYTES: u64 = 64 << 20;

/// All recordings. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recordings(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By pictures; the payload is the place.
    index: Index,
    /// By looks through windows; the payload is the place, the number of the look, the window.
    looks: Index,
    echoes: Echoes,
    /// With the digest of the reel.
    places: Places<Digest>,
    /// What was measured before this moment is known.
    until: Option<Time>,
}

/// What is like a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Near {
    /// Earlier ones with the same packets of pictures.
    pub(super) same: BTreeSet<EvidenceId>,
    /// The earlier ones most worth comparing; none of [`Near::same`].
    pub(super) candidates: Vec<EvidenceId>,
    /// Some of those that came later and are like it.
    pub(super) later: BTreeSet<EvidenceId>,
    /// Where it shows what many providers show: from, until, in milliseconds.
    pub(super) common: Vec<(u32, u32)>,
}

/// A recording that shows something like a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Showing {
    pub(super) evidence: EvidenceId,
    /// Bits by which they differ.
    pub(super) distance: u32,
    /// The window of the picture that is shown.
    pub(super) window: u8,
    /// Through which window of the recording, if not as the whole: its number, and which of the looks showed it.
    pub(super) through: Option<(u8, u32)>,
    /// Whether many providers show it.
    pub(super) common: bool,
}

impl Recordings {
    /// The recordings most like a picture of these windows somewhere, the nearest first, [`SHOWING`] at most.
    pub(super) async fn showing(&self, db: &Db, objects: &Objects, views: &Views, now: Time) -> Result<Vec<Showing>> {
        let mut known = self.0.clone().lock_owned().await;
        known.catch_up(db, objects, now).await?;
        let views = views.clone();
        tokio::task::spawn_blocking(move || known.showing(&views)).await.map_err(Error::internal)
    }

    /// What is like a recording that was measured, by its reel; nothing for evidence that is none.
    pub(super) async fn near(&self, db: &Db, objects: &Objects, id: EvidenceId, reel: Arc<Reel>, now: Time) -> Result<Near> {
        let mut known = self.0.clone().lock_owned().await;
        known.catch_up(db, objects, now).await?;
        tokio::task::spawn_blocking(move || known.near(id, &reel)).await.map_err(Error::internal)
    }
}

/// The reel of a recording; `None` where there is none, or it is damaged, which `keshi fsck` tells and `keshi rebuild` mends.
pub(super) async fn reel(db: &Db, objects: &Objects, id: EvidenceId) -> Result<Option<Reel>> {
    match store::reel(db, id).await? {
        Some(digest) => load(objects, &digest).await,
        None => Ok(None),
    }
}

async fn load(objects: &Objects, digest: &Digest) -> Result<Option<Reel>> {
    let read = async { objects.open_object(digest).await?.bytes(REEL_BYTES).await };
    match read.await {
        Ok(bytes) => Ok(Reel::from_bytes(&bytes)),
        Err(StorageError::Missing(_) | StorageError::DigestMismatch { .. } | StorageError::TooLarge { .. }) => {
            tracing::warn!(%digest, "the fingerprints of a recording are damaged: it is compared with none until keshi rebuild has made them again");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

impl Known {
    async fn catch_up(&mut self, db: &Db, objects: &Objects, now: Time) -> Result<()> {
        let since = self.until.map_or(i64::MIN, |until| until.plus(-LATE).0);
        for row in sqlx::query(sql::REELS).bind(since).fetch_all(db.read()).await? {
            let place = Place {
                evidence: row.id("evidence_id")?,
                received_at: row.time("received_at"),
                provider: row.id_opt("provider_id")?,
                digests: super::digests(row.text_opt("digests").as_deref(), &["shown"]),
                looks: row.digest("digest")?,
            };
            let known = self.places.of(place.evidence).is_some_and(|(_, known)| known.looks == place.looks);
            if !known && let Some(reel) = load(objects, &place.looks).await? {
                self.take(place, &reel);
            }
        }
        self.until = Some(now);
        Ok(())
    }

    fn take(&mut self, place: Place<Digest>, reel: &Reel) {
        let (number, before) = self.places.take(place);
        if let Some(before) = before {
            self.index.remove(|payload| payload == u64::from(before));
            self.looks.remove(|payload| payload >> 32 == u64::from(before));
            self.echoes.remove(before);
        }
        let mut next = 0;
        for shot in telling(reel) {
            if shot.at_ms >= next {
                self.index.add(shot.fingerprint, u64::from(number));
                next = shot.at_ms.saturating_add(APART);
            }
        }
        for (look, at) in reel.looks.iter().zip(0_u64..) {
            for (window, fingerprint) in &look.views {
                self.looks.add(*fingerprint, u64::from(number) << 32 | at << 8 | u64::from(*window));
            }
        }
        self.echoes.add(number, reel.sound.as_deref().unwrap_or_default());
    }

    fn near(&self, id: EvidenceId, reel: &Reel) -> Near {
        let Some((own_at, own)) = self.places.of(id) else { return Near::default() };
        let (same, mut later) = self.places.same(own);
        let (mut votes, common) = self.seen(own_at, reel);
        for echo in self.echoes.of(reel.sound.as_deref().unwrap_or_default()) {
            *votes.entry(echo.recording).or_default() += LEAST + OF_A_MARK * echo.marks as f32;
        }
        let mut worth: Vec<(f32, EvidenceId)> = votes
            .into_iter()
            .filter(|(at, votes)| *at != own_at && *votes >= LEAST)
            .map(|(at, votes)| (votes, self.places.at(at).evidence))
            .filter(|(_, other)| !same.contains(other))
            .collect();
        worth.sort_by(|one, two| two.0.total_cmp(&one.0).then(one.1.cmp(&two.1)));
        let (earlier, after): (Vec<_>, Vec<_>) =
            worth.into_iter().map(|(_, other)| other).partition(|other| self.places.is_earlier(*other, own));
        later.extend(after.into_iter().take(MOST));
        Near { same, candidates: earlier.into_iter().take(MOST).collect(), later, common }
    }

    fn showing(&self, views: &Views) -> Vec<Showing> {
        let (windows, prints): (Vec<u8>, Vec<Fingerprint>) = views.iter().copied().unzip();
        let mut nearest: BTreeMap<u32, Seen> = BTreeMap::new();
        for (index, is_whole) in [(&self.index, true), (&self.looks, false)] {
            for (some, windows) in prints.chunks(TOGETHER).zip(windows.chunks(TOGETHER)) {
                for (window, found) in windows.iter().zip(index.within_each(some, CANDIDATE, NonZeroUsize::MIN)) {
                    for neighbour in found {
                        let (place, through) = match is_whole {
                            true => (neighbour.payload as u32, None),
                            false => ((neighbour.payload >> 32) as u32, Some((neighbour.payload as u8, neighbour.payload as u32 >> 8))),
                        };
                        let this = (neighbour.distance, through, *window);
                        // A look is asked only where no whole is near: it says less of when.
                        nearest.entry(place).and_modify(|best| *best = better(this, *best)).or_insert(this);
                    }
                }
            }
        }
        let providers: BTreeSet<Option<ProviderId>> = nearest.keys().map(|at| self.places.at(*at).provider).collect();
        let common = providers.len() > super::COMMON;
        let showing = |(at, (distance, through, window))| {
            let evidence = self.places.at(at).evidence;
            Showing { evidence, distance, window, through, common }
        };
        let mut showing: Vec<Showing> = nearest.into_iter().map(showing).collect();
        showing.sort_by_key(|one| (one.distance, one.evidence));
        showing.truncate(SHOWING);
        showing
    }

    /// How many pictures are like those of each recording, near ones counting more, and where is shown what many providers show.
    fn seen(&self, own: u32, reel: &Reel) -> (BTreeMap<u32, f32>, Vec<(u32, u32)>) {
        let asked = asked(reel);
        let (mut votes, mut common) = (BTreeMap::<u32, f32>::new(), Vec::new());
        for (number, some) in asked.chunks(TOGETHER).enumerate() {
            let prints: Vec<Fingerprint> = some.iter().map(|shot| shot.fingerprint).collect();
            for (at, found) in self.index.within_each(&prints, CANDIDATE, NonZeroUsize::MIN).into_iter().enumerate() {
                let mut near: BTreeMap<u32, u32> = BTreeMap::new();
                // Nearest first, so the first of a recording is its nearest.
                for neighbour in found {
                    near.entry(neighbour.payload as u32).or_insert(neighbour.distance);
                }
                let providers: BTreeSet<Option<ProviderId>> = near.keys().map(|at| self.places.at(*at).provider).collect();
                if providers.len() > super::COMMON {
                    let at = number * TOGETHER + at;
                    common.push((asked[at].at_ms, asked.get(at + 1).map_or(u32::MAX, |next| next.at_ms)));
                    continue;
                }
                for (at, distance) in near.into_iter().filter(|(at, _)| *at != own) {
                    *votes.entry(at).or_default() += 1.0 - distance as f32 / (CANDIDATE + 1) as f32;
                }
            }
        }
        (votes, common)
    }
}

/// How a picture is seen in a recording: distance, the window of the recording and its look if it is not the whole, the picture's window.
type Seen = (u32, Option<(u8, u32)>, u8);

/// The nearer of two, the whole before any look.
fn better(this: Seen, best: Seen) -> Seen {
    let order = |one: &Seen| (one.1.is_some(), one.0, one.2, one.1);
    if order(&this) < order(&best) { this } else { best }
}

/// All that is seen of a recording through windows: looks are few.
pub(super) fn through_windows(reel: &Reel) -> impl Iterator<Item = Fingerprint> {
    reel.looks.iter().flat_map(|look| look.views.iter().map(|(_, print)| *print))
}

/// Pictures of a recording that are asked for: [`ASKED`] of it at most, evenly.
pub(super) fn asked(reel: &Reel) -> Vec<&Shot> {
    let all: Vec<&Shot> = telling(reel).collect();
    all.iter().step_by(all.len().div_ceil(ASKED).max(1)).copied().collect()
}

/// Pictures by which a recording can be told.
fn telling(reel: &Reel) -> impl Iterator<Item = &Shot> {
    reel.shots.iter().filter(|shot| shot.quality >= LEAST_QUALITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::media::Look;
    use province::chance::mix;
    use uuid::Uuid;

    fn id(number: u128) -> EvidenceId {
        EvidenceId(Uuid::from_u128(number))
    }

    /// A film of pictures that have nothing to do with each other, one a second from one on.
    fn film(seed: u64, from: u64, seconds: u64) -> Reel {
        let picture = |second: u64| Fingerprint(std::array::from_fn(|word| mix(seed * 1_000_000 + second * 4 + word as u64)));
        let shot = |second: u64| Shot { at_ms: ((second - from) * 1_000) as u32, quality: 100, fingerprint: picture(second) };
        Reel { shots: (from..from + seconds).map(shot).collect(), sound: None, looks: Vec::new() }
    }

    fn place(number: u128, digest: &str) -> Place<Digest> {
        let digests = vec![format!("shown:{digest}")];
        let provider = Some(ProviderId(Uuid::from_u128(number)));
        Place { evidence: id(number), received_at: Time(number as i64), provider, digests, looks: Digest::of(&number.to_be_bytes()) }
    }

    #[test]
    fn a_piece_of_a_film_leads_to_the_film_and_to_no_other() {
        let mut known = Known::default();
        (1..=4).for_each(|number| known.take(place(number, &number.to_string()), &film(number as u64, 0, 300)));
        let piece = film(3, 100, 20);
        known.take(place(9, "piece"), &piece);
        let near = known.near(id(9), &piece);
        assert_eq!((near.candidates, near.same.len(), near.later.len(), near.common), (vec![id(3)], 0, 0, vec![]));
        let film = film(3, 0, 300);
        assert_eq!(known.near(id(3), &film).later, BTreeSet::from([id(9)]), "whoever came later is to be asked again");
    }

    #[test]
    fn a_picture_leads_to_the_few_recordings_that_show_it_and_says_by_which_window() {
        let mut known = Known::default();
        (1..=3).for_each(|number| known.take(place(number, &number.to_string()), &film(number as u64, 0, 60)));
        let Fingerprint(frame) = film(2, 30, 1).shots[0].fingerprint;
        let views = vec![(0, Fingerprint([0; 4])), (26, Fingerprint([frame[0] ^ 7, frame[1], frame[2], frame[3]]))];
        assert_eq!(known.showing(&views), [Showing { evidence: id(2), distance: 3, window: 26, through: None, common: false }]);
        assert_eq!(known.showing(&vec![(0, Fingerprint([0; 4]))]), []);
        (4..=20).for_each(|number| known.take(place(number, &number.to_string()), &film(2, 0, 60)));
        let showing = known.showing(&views);
        assert!(
            showing.len() == SHOWING && showing.iter().all(|one| one.common && one.distance == 3),
            "many providers show it: {showing:?}"
        );
    }

    #[test]
    fn a_picture_that_was_cut_leads_to_the_look_that_shows_it_and_a_whole_one_goes_before() {
        let mut known = Known::default();
        let seen = film(9, 0, 3).shots;
        let mut reel = film(1, 0, 60);
        reel.looks = seen.iter().map(|shot| Look { at_ms: shot.at_ms, views: vec![(7, shot.fingerprint)] }).collect();
        known.take(place(1, "a"), &reel);
        known.take(place(2, "b"), &film(2, 0, 60));
        let through = |window, look| Some((window, look));
        let cut = Showing { evidence: id(1), distance: 0, window: 3, through: through(7, 2), common: false };
        assert_eq!(known.showing(&vec![(3, seen[2].fingerprint)]), [cut]);
        let whole = vec![(3, seen[2].fingerprint), (0, film(1, 5, 1).shots[0].fingerprint)];
        assert_eq!(known.showing(&whole), [Showing { window: 0, through: None, ..cut }]);
        known.take(Place { looks: Digest::of(b"anew"), ..place(1, "a") }, &film(1, 0, 60));
        assert_eq!(known.showing(&vec![(3, seen[2].fingerprint)]), [], "measured anew without looks");
    }

    #[test]
    fn the_same_packets_are_the_same_recording() {
        let mut known = Known::default();
        known.take(place(1, "a"), &film(1, 0, 60));
        known.take(place(2, "a"), &film(1, 0, 60));
        let near = known.near(id(2), &film(1, 0, 60));
        assert_eq!((near.same, near.candidates), (BTreeSet::from([id(1)]), vec![]));
    }

    #[test]
    fn what_many_providers_show_is_told_and_leads_nowhere() {
        let mut known = Known::default();
        let mut reels = Vec::new();
        for number in 1..=8_u64 {
            // Twenty seconds that everybody has, and forty of their own.
            let mut shots = film(77, 0, 20).shots;
            shots.extend(film(number, 0, 40).shots.into_iter().map(|shot| Shot { at_ms: shot.at_ms + 20_000, ..shot }));
            reels.push(Reel { shots, sound: None, looks: Vec::new() });
            known.take(place(u128::from(number), &number.to_string()), &reels[number as usize - 1]);
        }
        let near = known.near(id(8), &reels[7]);
        assert_eq!(near.candidates, []);
        assert_eq!((near.common.len(), near.common[0], near.common[19]), (20, (0, 1_000), (19_000, 20_000)));
    }

    #[test]
    fn what_was_measured_anew_is_known_as_it_is_now() {
        let mut known = Known::default();
        known.take(place(1, "a"), &film(1, 0, 60));
        known.take(Place { looks: Digest::of(b"anew"), ..place(1, "b") }, &film(2, 0, 60));
        known.take(place(3, "a"), &film(1, 0, 60));
        assert_eq!(known.near(id(3), &film(1, 0, 60)), Near::default());
        known.take(place(4, "c"), &film(2, 10, 30));
        assert_eq!(known.near(id(4), &film(2, 10, 30)).candidates, [id(1)]);
    }
}

//! All pictures, by what they are known by: digests of coded data and pixels, fingerprints of windows. Held in memory and caught up from the
//! facts whenever somebody asks, so that any number of servers know the same and a restart loses nothing.

use super::places::{Place, Places};
use super::{LATE, MOST, TOGETHER, sql};
use crate::analyse::media::Reel;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{EvidenceId, ProviderId};
use crate::time::Time;
use likeness::index::Index;
use likeness::pdq::{CANDIDATE, Fingerprint};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Windows seen in a mirror are numbered from here; pictures are kept as they are and asked for in both ways.
const MIRRORED: u8 = 32;

/// All pictures. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Pictures(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The payload is the place's number and the window's.
    index: Index,
    places: Places<Views>,
    /// What was measured before this moment is known.
    until: Option<Time>,
}

/// Numbers of windows and their fingerprints.
pub(super) type Views = Vec<(u8, Fingerprint)>;

/// Another picture with a window near one of the picture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// Bits by which they differ.
    pub(super) distance: u32,
    pub(super) evidence: EvidenceId,
    /// The window of the picture, and the other's.
    pub(super) here: u8,
    pub(super) there: u8,
}

/// What is like a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Near {
    /// Earlier ones with the same coded data or pixels.
    pub(super) same: BTreeSet<EvidenceId>,
    /// The nearest earlier ones, nearest first; none of [`Near::same`].
    pub(super) candidates: Vec<Candidate>,
    /// Some of those that came later and are like it: they were perhaps asked before this one was known.
    pub(super) later: BTreeSet<EvidenceId>,
    /// Providers of all that is near, the picture's own included.
    pub(super) providers: usize,
    /// The picture's own windows.
    pub(super) looks: Views,
}

impl Pictures {
    /// What is like a picture that was measured; nothing for evidence that is no picture.
    pub(super) async fn near(&self, db: &Db, id: EvidenceId, now: Time) -> Result<Near> {
        let mut known = self.0.clone().lock_owned().await;
        known.catch_up(db, now).await?;
        known.read(db, id).await?; // measured anew, it may look other than it did
        let searched = tokio::task::spawn_blocking(move || known.near(id));
        searched.await.map_err(crate::error::Error::internal)
    }

    /// Some pictures with a window like what a recording shows, those most like it.
    pub(super) async fn shown_in(&self, db: &Db, reel: &Reel, now: Time) -> Result<BTreeSet<EvidenceId>> {
        let mut known = self.0.clone().lock_owned().await;
        known.catch_up(db, now).await?;
        let mut prints: Vec<Fingerprint> = super::recordings::asked(reel).iter().map(|shot| shot.fingerprint).collect();
        prints.extend(super::recordings::through_windows(reel));
        let searched = tokio::task::spawn_blocking(move || known.shown_in(&prints));
        searched.await.map_err(crate::error::Error::internal)
    }
}

impl Known {
    fn shown_in(&self, prints: &[Fingerprint]) -> BTreeSet<EvidenceId> {
        let mut nearest: BTreeMap<EvidenceId, u32> = BTreeMap::new();
        for some in prints.chunks(TOGETHER) {
            for neighbour in self.index.within_each(some, CANDIDATE, NonZeroUsize::MIN).into_iter().flatten() {
                let evidence = self.places.at((neighbour.payload >> 8) as u32).evidence;
                nearest.entry(evidence).and_modify(|best| *best = neighbour.distance.min(*best)).or_insert(neighbour.distance);
            }
        }
        let mut nearest: Vec<(u32, EvidenceId)> = nearest.into_iter().map(|(evidence, distance)| (distance, evidence)).collect();
        nearest.sort_unstable();
        nearest.into_iter().take(MOST).map(|(_, evidence)| evidence).collect()
    }

    async fn catch_up(&mut self, db: &Db, now: Time) -> Result<()> {
        let since = self.until.map_or(i64::MIN, |until| until.plus(-LATE).0);
        for row in sqlx::query(sql::MEASURED).bind(since).fetch_all(db.read()).await? {
            let id: EvidenceId = row.id("evidence_id")?;
            if self.places.of(id).is_none() {
                self.read(db, id).await?;
            }
        }
        self.until = Some(now);
        Ok(())
    }

    /// Reads one picture's facts, and takes them in place of what was known of it.
    async fn read(&mut self, db: &Db, id: EvidenceId) -> Result<()> {
        let Some(row) = sqlx::query(sql::LOOKS).bind(id.to_string()).fetch_optional(db.read()).await? else { return Ok(()) };
        self.take(Place {
            evidence: id,
            received_at: row.time("received_at"),
            provider: row.id_opt("provider_id")?,
            digests: super::digests(row.text_opt("digests").as_deref(), &["coded", "pixels"]),
            looks: views(row.text_opt("views").as_deref()),
        });
        Ok(())
    }

    fn take(&mut self, place: Place<Views>) {
        if self.places.of(place.evidence).is_some_and(|(_, before)| before.looks == place.looks && before.digests == place.digests) {
            return;
        }
        let evidence = place.evidence;
        let (number, before) = self.places.take(place);
        if let Some(before) = before {
            self.index.remove(|payload| payload >> 8 == u64::from(before));
        }
        let Some((_, place)) = self.places.of(evidence) else { return };
        for (window, fingerprint) in place.looks.iter().filter(|(window, _)| *window < MIRRORED) {
            self.index.add(*fingerprint, u64::from(number) << 8 | u64::from(*window));
        }
    }

    fn near(&self, id: EvidenceId) -> Near {
        let Some((_, own)) = self.places.of(id) else { return Near::default() };
        let (same, mut later) = self.places.same(own);
        let (numbers, prints): (Vec<u8>, Vec<Fingerprint>) = own.looks.iter().copied().unzip();
        let mut nearest: BTreeMap<EvidenceId, Candidate> = BTreeMap::new();
        let mut providers: BTreeSet<Option<ProviderId>> = BTreeSet::from([own.provider]);
        for (here, found) in numbers.into_iter().zip(self.index.within_each(&prints, CANDIDATE, NonZeroUsize::MIN)) {
            for neighbour in found {
                let place = self.places.at((neighbour.payload >> 8) as u32);
                if place.evidence == id {
                    continue;
                }
                providers.insert(place.provider);
                let there = (neighbour.payload & 0xFF) as u8;
                let candidate = Candidate { distance: neighbour.distance, evidence: place.evidence, here, there };
                nearest.entry(place.evidence).and_modify(|best| *best = candidate.min(*best)).or_insert(candidate);
            }
        }
        let mut candidates: Vec<Candidate> = nearest.into_values().filter(|candidate| !same.contains(&candidate.evidence)).collect();
        candidates.sort_unstable();
        let (mut candidates, after): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|one| self.places.is_earlier(one.evidence, own));
        later.extend(after.iter().take(MOST).map(|one| one.evidence));
        candidates.truncate(MOST);
        Near { same, candidates, later, providers: providers.len(), looks: own.looks.clone() }
    }
}

/// From the fact `views`; what is damaged is left out.
fn views(fact: Option<&str>) -> Views {
    let list = fact.and_then(|json| serde_json::from_str::<Vec<(u8, String, u8)>>(json).ok()).unwrap_or_default();
    list.into_iter().filter_map(|(window, print, _)| Some((window, print.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> EvidenceId {
        EvidenceId(Uuid::from_u128(number))
    }

    impl Known {
        fn know(&mut self, number: u128, at: i64, provider: Option<ProviderId>, views: &[(u8, [u64; 4])], digest: &str) {
            let looks = views.iter().map(|(window, bits)| (*window, Fingerprint(*bits))).collect();
            self.take(Place { evidence: id(number), received_at: Time(at), provider, digests: vec![digest.to_owned()], looks });
        }
    }

    fn provider(number: u128) -> Option<ProviderId> {
        Some(ProviderId(Uuid::from_u128(number)))
    }

    #[test]
    fn a_picture_is_near_what_has_a_window_like_one_of_its_own_and_each_other_once() {
        let mut known = Known::default();
        known.know(1, 1, provider(1), &[(0, [0, 0, 0, 0]), (3, [7, 0, 0, 0])], "a");
        known.know(2, 2, provider(2), &[(0, [1, 0, 0, 0])], "b");
        known.know(3, 3, provider(2), &[(0, [u64::MAX; 4])], "a");
        let near = known.near(id(2));
        assert_eq!(near.candidates, [Candidate { distance: 1, evidence: id(1), here: 0, there: 0 }]);
        assert_eq!((near.same.len(), near.providers), (0, 2));
        assert_eq!(known.near(id(3)).same, BTreeSet::from([id(1)]));
        assert!(known.near(id(3)).candidates.is_empty(), "nothing is near it, and it is not near itself");
        assert_eq!(known.near(id(1)).later, BTreeSet::from([id(2), id(3)]), "whoever came later is to be asked again");
        assert_eq!(known.near(id(9)), Near::default());
    }

    #[test]
    fn a_mirrored_window_is_asked_for_and_not_kept() {
        let mut known = Known::default();
        known.know(1, 1, None, &[(0, [0; 4]), (32, [u64::MAX; 4])], "a");
        known.know(2, 2, None, &[(0, [u64::MAX; 4]), (32, [0; 4])], "b");
        let near = known.near(id(2));
        assert_eq!(near.candidates, [Candidate { distance: 0, evidence: id(1), here: 32, there: 0 }]);
    }

    #[test]
    fn what_was_measured_anew_is_known_as_it_is_now() {
        let mut known = Known::default();
        known.know(1, 1, None, &[(0, [0; 4])], "a");
        known.know(1, 1, None, &[(0, [u64::MAX; 4])], "b");
        known.know(2, 2, None, &[(0, [0; 4])], "a");
        assert_eq!(known.near(id(2)), Near { providers: 1, looks: vec![(0, Fingerprint([0; 4]))], ..Near::default() });
        assert_eq!(known.index.len(), 2);
    }

    #[test]
    fn however_many_are_alike_few_are_looked_at_the_nearest_first() {
        let mut known = Known::default();
        for number in 1..=100 {
            let views = [(0, [(1 << (number % 20)) - 1, 0, 0, 0])];
            known.know(number, number as i64, provider(number), &views, &number.to_string());
        }
        let near = known.near(id(100));
        assert_eq!((near.candidates.len(), near.later.len(), near.providers), (MOST, 0, 100));
        let first = known.near(id(1));
        assert_eq!((first.candidates.len(), first.later.len(), first.providers), (0, MOST, 100));
        assert!(near.candidates.is_sorted());
    }

    #[test]
    fn pictures_with_a_window_like_a_frame_are_told_the_nearest_few() {
        let mut known = Known::default();
        known.know(1, 1, None, &[(0, [u64::MAX; 4]), (26, [3, 0, 0, 0])], "a");
        known.know(2, 2, None, &[(0, [u64::MAX, 0, 0, 0])], "b");
        assert_eq!(known.shown_in(&[Fingerprint([1, 0, 0, 0]), Fingerprint([u64::MAX, u64::MAX, 0, 0])]), BTreeSet::from([id(1)]));
        (3..100).for_each(|number| known.know(number, 3, None, &[(0, [0xFF, 0, 0, 0])], &number.to_string()));
        let most = known.shown_in(&[Fingerprint([1, 0, 0, 0])]);
        assert!(most.len() == MOST && most.contains(&id(1)), "{most:?}");
    }

    #[test]
    fn facts_that_are_damaged_are_passed_over() {
        let print = Fingerprint([1, 2, 3, 4]);
        assert_eq!(views(Some(&format!(r#"[[0,"{print}",90],[1,"no hex",90]]"#))), [(0, print)]);
        assert_eq!((views(Some("{}")), views(None)), (Vec::new(), Vec::new()));
        assert_eq!(super::super::digests(Some(r#"{"coded":"ab","pixels":"cd"}"#), &["coded", "pixels"]), ["coded:ab", "pixels:cd"]);
        assert_eq!(super::super::digests(Some("[]"), &["coded"]), Vec::<String>::new());
    }
}

//! All pictures, by what they are known by: digests of coded data and pixels, fingerprints of windows. Held in memory and caught up from the
//! facts whenever somebody asks, so that any number of servers know the same and a restart loses nothing.

use super::{LATE, MOST, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{EvidenceId, ProviderId};
use crate::time::Time;
use likeness::index::Index;
use likeness::pdq::{CANDIDATE, Fingerprint};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    index: Index,
    /// By place: the number in the index's payload.
    places: Vec<Place>,
    by_id: HashMap<EvidenceId, u32>,
    by_digest: HashMap<String, BTreeSet<EvidenceId>>,
    /// What was measured before this moment is known.
    until: Option<Time>,
}

#[derive(Debug)]
struct Place {
    evidence: EvidenceId,
    received_at: Time,
    provider: Option<ProviderId>,
    looks: Looks,
}

/// What one picture is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Looks {
    /// Number of the window, its fingerprint.
    views: Vec<(u8, Fingerprint)>,
    digests: Vec<String>,
}

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
}

impl Known {
    async fn catch_up(&mut self, db: &Db, now: Time) -> Result<()> {
        let since = self.until.map_or(i64::MIN, |until| until.plus(-LATE).0);
        for row in sqlx::query(sql::MEASURED).bind(since).fetch_all(db.read()).await? {
            let id: EvidenceId = row.id("evidence_id")?;
            if !self.by_id.contains_key(&id) {
                self.read(db, id).await?;
            }
        }
        self.until = Some(now);
        Ok(())
    }

    /// Reads one picture's facts, and takes them in place of what was known of it.
    async fn read(&mut self, db: &Db, id: EvidenceId) -> Result<()> {
        let Some(row) = sqlx::query(sql::LOOKS).bind(id.to_string()).fetch_optional(db.read()).await? else { return Ok(()) };
        let looks = Looks::of(row.text_opt("views").as_deref(), row.text_opt("digests").as_deref());
        self.take(id, row.time("received_at"), row.id_opt("provider_id")?, looks);
        Ok(())
    }

    fn take(&mut self, evidence: EvidenceId, received_at: Time, provider: Option<ProviderId>, looks: Looks) {
        if let Some(&place) = self.by_id.get(&evidence) {
            let before = &self.places[place as usize];
            if before.looks == looks {
                return;
            }
            for digest in &before.looks.digests {
                if let Some(those) = self.by_digest.get_mut(digest) {
                    those.remove(&evidence);
                }
            }
            self.index.remove(|payload| payload >> 8 == u64::from(place));
        }
        let place = self.places.len() as u32;
        for (number, fingerprint) in looks.views.iter().filter(|(number, _)| *number < MIRRORED) {
            self.index.add(*fingerprint, u64::from(place) << 8 | u64::from(*number));
        }
        for digest in &looks.digests {
            self.by_digest.entry(digest.clone()).or_default().insert(evidence);
        }
        self.by_id.insert(evidence, place);
        self.places.push(Place { evidence, received_at, provider, looks });
    }

    fn near(&self, id: EvidenceId) -> Near {
        let Some(own) = self.by_id.get(&id).map(|place| &self.places[*place as usize]) else { return Near::default() };
        let of_same = own.looks.digests.iter().filter_map(|digest| self.by_digest.get(digest)).flatten();
        let (same, mut later): (BTreeSet<EvidenceId>, BTreeSet<EvidenceId>) =
            of_same.copied().filter(|other| *other != id).partition(|other| self.is_earlier(*other, own));
        let (numbers, prints): (Vec<u8>, Vec<Fingerprint>) = own.looks.views.iter().copied().unzip();
        let mut nearest: BTreeMap<EvidenceId, Candidate> = BTreeMap::new();
        let mut providers: BTreeSet<Option<ProviderId>> = BTreeSet::from([own.provider]);
        for (here, found) in numbers.into_iter().zip(self.index.within_each(&prints, CANDIDATE, NonZeroUsize::MIN)) {
            for neighbour in found {
                let place = &self.places[(neighbour.payload >> 8) as usize];
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
        let (mut candidates, after): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|one| self.is_earlier(one.evidence, own));
        later.extend(after.iter().take(MOST).map(|one| one.evidence));
        candidates.truncate(MOST);
        Near { same, candidates, later, providers: providers.len() }
    }

    fn is_earlier(&self, other: EvidenceId, than: &Place) -> bool {
        let at = self.by_id.get(&other).map(|place| self.places[*place as usize].received_at);
        at.is_some_and(|at| (at, other) < (than.received_at, than.evidence))
    }
}

impl Looks {
    /// From the facts `views` and `digests`; what is damaged is left out.
    fn of(views: Option<&str>, digests: Option<&str>) -> Looks {
        let list = views.and_then(|json| serde_json::from_str::<Vec<(u8, String, u8)>>(json).ok()).unwrap_or_default();
        Looks {
            views: list.into_iter().filter_map(|(number, print, _)| Some((number, print.parse().ok()?))).collect(),
            digests: super::digests(digests, &["coded", "pixels"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> EvidenceId {
        EvidenceId(Uuid::from_u128(number))
    }

    fn looks(views: &[(u8, [u64; 4])], digest: &str) -> Looks {
        let views = views.iter().map(|(number, bits)| (*number, Fingerprint(*bits))).collect();
        Looks { views, digests: vec![digest.to_owned()] }
    }

    fn provider(number: u128) -> Option<ProviderId> {
        Some(ProviderId(Uuid::from_u128(number)))
    }

    #[test]
    fn a_picture_is_near_what_has_a_window_like_one_of_its_own_and_each_other_once() {
        let mut known = Known::default();
        known.take(id(1), Time(1), provider(1), looks(&[(0, [0, 0, 0, 0]), (3, [7, 0, 0, 0])], "a"));
        known.take(id(2), Time(2), provider(2), looks(&[(0, [1, 0, 0, 0])], "b"));
        known.take(id(3), Time(3), provider(2), looks(&[(0, [u64::MAX; 4])], "a"));
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
        known.take(id(1), Time(1), None, looks(&[(0, [0; 4]), (32, [u64::MAX; 4])], "a"));
        known.take(id(2), Time(2), None, looks(&[(0, [u64::MAX; 4]), (32, [0; 4])], "b"));
        let near = known.near(id(2));
        assert_eq!(near.candidates, [Candidate { distance: 0, evidence: id(1), here: 32, there: 0 }]);
    }

    #[test]
    fn what_was_measured_anew_is_known_as_it_is_now() {
        let mut known = Known::default();
        known.take(id(1), Time(1), None, looks(&[(0, [0; 4])], "a"));
        known.take(id(1), Time(1), None, looks(&[(0, [u64::MAX; 4])], "b"));
        known.take(id(2), Time(2), None, looks(&[(0, [0; 4])], "a"));
        assert_eq!(known.near(id(2)), Near { providers: 1, ..Near::default() });
        assert_eq!(known.index.len(), 2);
    }

    #[test]
    fn however_many_are_alike_few_are_looked_at_the_nearest_first() {
        let mut known = Known::default();
        for number in 1..=100 {
            known.take(
                id(number),
                Time(i64::try_from(number).unwrap()),
                provider(number),
                looks(&[(0, [(1 << (number % 20)) - 1, 0, 0, 0])], &number.to_string()),
            );
        }
        let near = known.near(id(100));
        assert_eq!((near.candidates.len(), near.later.len(), near.providers), (MOST, 0, 100));
        let first = known.near(id(1));
        assert_eq!((first.candidates.len(), first.later.len(), first.providers), (0, MOST, 100));
        assert!(near.candidates.is_sorted());
    }

    #[test]
    fn facts_that_are_damaged_are_passed_over() {
        let print = Fingerprint([1, 2, 3, 4]);
        let read = Looks::of(Some(&format!(r#"[[0,"{print}",90],[1,"no hex",90]]"#)), Some(r#"{"coded":"ab","pixels":"cd"}"#));
        assert_eq!(read, Looks { views: vec![(0, print)], digests: vec!["coded:ab".into(), "pixels:cd".into()] });
        assert_eq!(Looks::of(Some("{}"), Some("[]")), Looks::default());
        assert_eq!(Looks::of(None, None), Looks::default());
    }
}

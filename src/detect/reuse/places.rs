//! What is known of all that was measured: whose it is, when it came, by which digests it is known, and how it looks.

use crate::ids::{EvidenceId, ProviderId};
use crate::time::Time;
use std::collections::{BTreeSet, HashMap};

/// A piece of evidence; `L` is what it is told by beside its digests.
#[derive(Debug)]
pub(super) struct Place<L> {
    pub(super) evidence: EvidenceId,
    pub(super) received_at: Time,
    pub(super) provider: Option<ProviderId>,
    pub(super) digests: Vec<String>,
    pub(super) looks: L,
}

/// All of them, by numbers that indexes name them by. What was measured anew has a new number.
#[derive(Debug)]
pub(super) struct Places<L> {
    all: Vec<Place<L>>,
    by_id: HashMap<EvidenceId, u32>,
    by_digest: HashMap<String, BTreeSet<EvidenceId>>,
}

impl<L> Default for Places<L> {
    fn default() -> Places<L> {
        Places { all: Vec::new(), by_id: HashMap::new(), by_digest: HashMap::new() }
    }
}

impl<L> Places<L> {
    /// The place of a number that was given.
    pub(super) fn at(&self, number: u32) -> &Place<L> {
        &self.all[number as usize]
    }

    /// The number and place of a piece of evidence as it was measured last.
    pub(super) fn of(&self, evidence: EvidenceId) -> Option<(u32, &Place<L>)> {
        self.by_id.get(&evidence).map(|number| (*number, self.at(*number)))
    }

    /// Takes one in, in place of what was known of it; its number, and the one it had.
    pub(super) fn take(&mut self, place: Place<L>) -> (u32, Option<u32>) {
        let before = self.by_id.get(&place.evidence).copied();
        if let Some(before) = before {
            for digest in &self.all[before as usize].digests {
                if let Some(those) = self.by_digest.get_mut(digest) {
                    those.remove(&place.evidence);
                }
            }
        }
        for digest in &place.digests {
            self.by_digest.entry(digest.clone()).or_default().insert(place.evidence);
        }
        let number = self.all.len() as u32;
        self.by_id.insert(place.evidence, number);
        self.all.push(place);
        (number, before)
    }

    /// Others with a digest of its: those that came earlier, and those that came later.
    pub(super) fn same(&self, own: &Place<L>) -> (BTreeSet<EvidenceId>, BTreeSet<EvidenceId>) {
        let those = own.digests.iter().filter_map(|digest| self.by_digest.get(digest)).flatten();
        those.copied().filter(|other| *other != own.evidence).partition(|other| self.is_earlier(*other, own))
    }

    /// Whether it came earlier than another.
    pub(super) fn is_earlier(&self, other: EvidenceId, than: &Place<L>) -> bool {
        self.of(other).is_some_and(|(_, other)| (other.received_at, other.evidence) < (than.received_at, than.evidence))
    }
}

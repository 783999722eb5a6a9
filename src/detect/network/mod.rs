//! Who shares what: providers tied by devices, addresses, phones, accounts and recordings, as the groups they form.
//!
//! A tie is a value that some providers have in common and not everybody; groups are what hangs together by ties. What it reads is the lake alone, where
//! phones and accounts are keyed hashes; it raises nothing (the rule `shell-network` does) and shows what holds a group together.

use crate::error::Result;
use crate::lake::Lake;
use crate::lake::query::{Limits, Parameters, object};
use crate::time::Time;
use datafusion::common::ScalarValue;
use petgraph::unionfind::UnionFind;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const TIES: &str = include_str!("ties.sql");
const HOLDERS: &str = include_str!("holders.sql");

/// What more providers than this have in common is no tie: a mobile network's address, a model's name.
pub const MOST_PROVIDERS: i64 = 8;

/// What can be shared, as [`holders`] takes it; recordings have pages of their own.
pub const KINDS: [&str; 4] = ["device", "address", "phone", "account"];

/// Ties shown of a group.
const SHOWN: usize = 100;

/// A provider that has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The provider.
    pub provider: String,
    /// Its name.
    pub name: String,
    /// How many people have it there.
    pub people: i64,
    /// In how many classes.
    pub classes: i64,
}

/// A value that providers share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// `device`, `address`, `phone`, `account` or `media`.
    pub kind: String,
    /// The value; of phones and accounts a keyed hash, of media the ids of both pieces of evidence.
    pub value: String,
    /// Who has it.
    pub held: Vec<Held>,
}

/// Providers that hang together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Ids and names.
    pub providers: Vec<(String, String)>,
    /// How many ties of each kind hold it together.
    pub kinds: BTreeMap<String, usize>,
    /// The ties, those of fewest providers first; at most a hundred.
    pub ties: Vec<Tie>,
}

/// Where a value is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Provider: id and name.
    pub provider: (String, String),
    /// Class: id and title.
    pub class: (String, String),
    /// How many people.
    pub people: i64,
    /// In how many lessons; 0 for what is no matter of lessons.
    pub lessons: i64,
    /// First seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_at: Option<Time>,
    /// Last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Time>,
}

/// The groups of providers, those with most kinds of ties first.
///
/// Errors: `query_limit` when the lake is too large to be asked within the limits.
pub async fn groups(lake: &Lake, limits: Limits) -> Result<Vec<Group>> {
    let parameters = vec![("most_providers".to_owned(), ScalarValue::from(MOST_PROVIDERS))];
    let mut ties: Vec<Tie> = Vec::new();
    for row in rows(lake, TIES, parameters, limits).await? {
        let (kind, value) = (text(&row, "kind"), text(&row, "value"));
        let value = value.strip_prefix("device ").map_or(value.clone(), str::to_owned);
        let held = Held {
            name: text(&row, "name"),
            provider: text(&row, "provider"),
            people: number(&row, "people"),
            classes: number(&row, "classes"),
        };
        match ties.last_mut() {
            Some(last) if last.kind == kind && last.value == value => last.held.push(held),
            _ => ties.push(Tie { kind, value, held: vec![held] }),
        }
    }
    Ok(grouped(ties))
}

/// In which classes a value is found.
pub async fn holders(lake: &Lake, kind: &str, value: &str, limits: Limits) -> Result<Vec<Holder>> {
    let parameters = vec![("kind".to_owned(), ScalarValue::from(kind)), ("value".to_owned(), ScalarValue::from(value))];
    let holder = |row: Map<String, Value>| Holder {
        provider: (text(&row, "provider"), text(&row, "name")),
        class: (text(&row, "class"), text(&row, "title")),
        people: number(&row, "people"),
        lessons: number(&row, "lessons"),
        first_at: text(&row, "first_at").parse().ok(),
        last_at: text(&row, "last_at").parse().ok(),
    };
    Ok(rows(lake, HOLDERS, parameters, limits).await?.into_iter().map(holder).collect())
}

async fn rows(lake: &Lake, sql: &str, parameters: Parameters, limits: Limits) -> Result<Vec<Map<String, Value>>> {
    let batches = lake.query(sql, parameters, limits).await?.collect().await?;
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| object(batch, row))).collect()
}

fn text(row: &Map<String, Value>, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(row: &Map<String, Value>, name: &str) -> i64 {
    row.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// Who hangs together by these ties.
fn grouped(ties: Vec<Tie>) -> Vec<Group> {
    let mut places: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for held in ties.iter().flat_map(|tie| &tie.held) {
        let next = places.len();
        places.entry(held.provider.clone()).or_insert((next, held.name.clone()));
    }
    let mut together = UnionFind::<usize>::new(places.len());
    for tie in &ties {
        for pair in tie.held.windows(2) {
            together.union(places[&pair[0].provider].0, places[&pair[1].provider].0);
        }
    }
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    let empty = || Group { providers: Vec::new(), kinds: BTreeMap::new(), ties: Vec::new() };
    for (provider, (place, name)) in &places {
        groups.entry(together.find(*place)).or_insert_with(empty).providers.push((provider.clone(), name.clone()));
    }
    for tie in ties {
        let Some(group) = tie.held.first().and_then(|held| groups.get_mut(&together.find(places[&held.provider].0))) else { continue };
        *group.kinds.entry(tie.kind.clone()).or_default() += 1;
        group.ties.push(tie);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.ties.sort_by(|one, other| (one.held.len(), &one.kind, &one.value).cmp(&(other.held.len(), &other.kind, &other.value)));
        group.ties.truncate(SHOWN);
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.kinds.len()), std::cmp::Reverse(group.kinds.values().sum::<usize>())));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(kind: &str, value: &str, providers: &[&str]) -> Tie {
        let held = |provider: &&str| Held { provider: (*provider).to_owned(), name: provider.to_uppercase(), people: 1, classes: 1 };
        Tie { kind: kind.into(), value: value.into(), held: providers.iter().map(held).collect() }
    }

    #[test]
    fn whoever_hangs_together_by_any_tie_is_one_group() {
        let groups = grouped(vec![
            tie("device", "A", &["p1", "p2"]),
            tie("account", "B", &["p2", "p3"]),
            tie("device", "C", &["p4", "p5"]),
            tie("device", "D", &["p4", "p5", "p6"]),
        ]);
        let names: Vec<Vec<&str>> = groups.iter().map(|group| group.providers.iter().map(|(id, _)| id.as_str()).collect()).collect();
        assert_eq!(names, [vec!["p1", "p2", "p3"], vec!["p4", "p5", "p6"]], "the one with two kinds of ties first");
        assert_eq!(groups[0].kinds, BTreeMap::from([("account".to_owned(), 1), ("device".to_owned(), 1)]));
        assert_eq!(groups[1].ties.iter().map(|tie| tie.value.as_str()).collect::<Vec<_>>(), ["C", "D"], "rarer ties first");
        assert_eq!(grouped(Vec::new()), []);
    }
}

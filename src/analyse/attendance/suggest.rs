//! Who might be meant by a name that the roster does not know: something to choose from, never a decision.

use super::event::Who;
use super::roster::Roster;
use super::{fold, names};
use crate::ids::TraineeId;
use std::cmp::Reverse;

/// Most that are suggested.
const MOST: usize = 5;
/// Longest part of a written name that is compared, in characters: a name is shorter, and what is written may be two thousand bytes.
const COMPARED: usize = 64;

/// A trainee who might be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The trainee.
    pub trainee: TraineeId,
    /// How like the names are, from 0 to 100; 100 where the row itself fits the trainee.
    pub likeness: u8,
}

/// The trainees of the class whom a row may mean, the likest first: those it fits, then those whose names are like what it writes.
/// Only those are suggested whom a person may rule it to be.
pub fn suggestions(roster: &Roster, who: &Who) -> Vec<Suggestion> {
    let fitting = roster.fitting(who);
    let spellings = who.name.as_deref().map(names::spellings).unwrap_or_default();
    let mut found: Vec<Suggestion> = Vec::new();
    for (trainee, name) in roster.names() {
        let likeness = if fitting.contains(&trainee) {
            100
        } else {
            let name = fold::name(name);
            spellings.iter().map(|written| likeness(written, &name)).max().unwrap_or(0)
        };
        if likeness > 50 && roster.admits(who, trainee).is_ok() {
            found.push(Suggestion { trainee, likeness });
        }
    }
    found.sort_by_key(|suggestion| (Reverse(suggestion.likeness), suggestion.trainee));
    found.truncate(MOST);
    found
}

/// How like two folded names are: one holds the other, one is the other masked (`张*`), or they share letters in order.
fn likeness(written: &str, name: &str) -> u8 {
    let (written, name): (Vec<char>, Vec<char>) = (written.chars().take(COMPARED).collect(), name.chars().take(COMPARED).collect());
    if name.len() >= 2 && written.windows(name.len()).any(|part| part == name) {
        return 90;
    }
    let masked = written.contains(&'*') && written.len() == name.len();
    if masked && written.iter().zip(&name).all(|(one, other)| one == other || *one == '*') && written.iter().any(|c| *c != '*') {
        return 80;
    }
    let both = written.len() + name.len();
    (200 * common(&written, &name)).checked_div(both).unwrap_or(0).min(100) as u8
}

/// Length of the longest row of letters that both have in the same order.
fn common(one: &[char], other: &[char]) -> usize {
    let mut best = vec![0; other.len() + 1];
    for a in one {
        let mut corner = 0;
        for (place, b) in other.iter().enumerate() {
            let above = best[place + 1];
            best[place + 1] = if a == b { corner + 1 } else { above.max(best[place]) };
            corner = above;
        }
    }
    best[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::attendance::roster::Row;
    use uuid::Uuid;

    fn class() -> Roster {
        let names = ["王小红", "王晓红", "张三", "欧阳雪梅", "李建国", "李建国"];
        let rows = (1..).zip(names).map(|(number, name)| Row {
            trainee: TraineeId(Uuid::from_u128(number)),
            external_id: None,
            name: name.into(),
            platform_user: None,
            phone: (number == 3).then(|| "13800138003".into()),
            email: None,
            id_number: None,
        });
        Roster::new(rows.collect())
    }

    fn suggested(who: &Who) -> Vec<(u128, u8)> {
        suggestions(&class(), who).iter().map(|one| (one.trainee.0.as_u128(), one.likeness)).collect()
    }

    fn named(name: &str) -> Who {
        Who { name: Some(name.into()), ..Who::default() }
    }

    #[test]
    fn the_likest_names_come_first_and_a_family_name_alone_is_no_likeness() {
        assert_eq!(suggested(&named("王曉虹")), [(2, 66)]);
        assert_eq!(suggested(&named("歐陽雪妹")), [(4, 75)]);
        assert_eq!(suggested(&named("高新职校张三")), [(3, 90)]);
        assert_eq!(suggested(&named("王*红")), [(1, 80), (2, 80)]);
        assert_eq!(suggested(&named("李四")), []);
        assert_eq!(suggested(&named("iPhone")), []);
    }

    #[test]
    fn those_whom_the_row_fits_are_suggested_and_those_it_cannot_be_are_not() {
        assert_eq!(suggested(&named("李建国")), [(5, 100), (6, 100)]);
        assert_eq!(suggested(&Who { phone: Some("13800138003".into()), ..named("王小红") }), [(3, 100)]);
        assert_eq!(suggested(&named("张三&王小红")), []);
    }
}

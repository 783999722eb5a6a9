//! What a person reads: the lists and heads of the pages, each one statement over the tables of the stages before.
//!
//! Nothing is kept here and nothing is decided here: what a span or a finding means is asked of the stage that says so. Every list
//! is bounded, sorted by a key that pages on, and narrowed to what the asker's [`Scope`] may see.

mod applications;
mod class;
mod evidence;
mod lesson;
mod log;
mod name;
pub(crate) mod sql;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trainee;

pub use applications::{ApplicationLine, Waiting, application_count, applications};
pub use class::{ClassHead, ClassLine, bare_lessons, class, class_count, classes, undecided};
pub use evidence::{
    EvidenceFilter, EvidenceHead, EvidenceLine, Place, Step, evidence, evidence_count, evidence_list, evidence_of_lesson, resting_on, steps,
};
pub use lesson::{Disputed, LessonHead, LessonLine, Media, disputed, lesson, lessons, media};
pub use log::{Leaf, LogHead, leaf_at, leaf_index, log_head, newest_leaves};
pub use name::{actor, class_title, lesson_place, platform_name, trainee_name};
pub use trainee::{TraineeHead, TraineeLine, roster, trainee};

use crate::db::Columns;
use sqlx::any::AnyRow;
use std::str::FromStr;

/// What an asker may see: everything, one provider's or one platform's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only this provider's, when set.
    pub provider: Option<String>,
    /// Only this platform's, when set.
    pub platform: Option<String>,
}

impl Scope {
    fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or_default()
    }

    fn platform(&self) -> &str {
        self.platform.as_deref().unwrap_or_default()
    }
}

/// A name as each language has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// In Chinese.
    pub zh: String,
    /// In English; the same where nobody translated it.
    pub en: String,
}

impl Name {
    /// A name that is the same in both.
    pub fn same(name: impl Into<String>) -> Name {
        let zh = name.into();
        Name { en: zh.clone(), zh }
    }
}

/// A part of a list and where the next part begins.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// What to hand in for the next part; none at the end.
    pub next: Option<String>,
}

/// Rows of a part. One more is asked for, to know whether there is a next part.
pub const PART: i64 = 50;

fn part<T>(mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Part<T> {
    let more = rows.len() as i64 > PART;
    rows.truncate(PART as usize);
    let next = rows.last().filter(|_| more).map(cursor);
    Part { rows, next }
}

/// A cursor is a sort key and an id; one that is not ours begins the list again.
fn after<K: FromStr>(cursor: &str, start: K) -> (K, String) {
    let known = cursor.rsplit_once('~').and_then(|(key, id)| Some((key.parse().ok()?, id.to_owned())));
    known.unwrap_or((start, LAST_ID.to_owned()))
}

/// Sorts after every id.
const LAST_ID: &str = "z";

/// A pattern for `like … escape '\'` that finds the words anywhere, case aside.
fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for letter in words.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn index(row: &AnyRow, column: &str) -> Option<u64> {
    row.int_opt(column).and_then(|index| u64::try_from(index).ok())
}

//! What the notice says against a plan, before it is decided and as long as the class goes on: remarks, each with its clause and the way out.
//!
//! Enters: the plan of a class with its provider, roster, timetable and papers ([`Facts`]), the policy that governs it, the operator's lists,
//! a day. Leaves: remarks, always in the same order. Nothing is refused by them: a plan that cannot be is refused where it is filed; what is
//! remarked here is for the applicant to mend and for the reviewer to decide. Every check is a pure function in a file of its clause.

mod application;
mod courses;
mod facts;
mod hours;
mod people;
mod roster;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod timetable;
mod trade;

pub use facts::{Facts, OnRoster, TeacherBusy, facts};

use super::class::Class;
use super::lesson::Lesson;
use super::lists::Lists;
use super::policy::Policy;
use crate::ids::{LessonId, TraineeId};
use chrono::NaiveDate;
use serde::{Serialize, Serializer};

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The clause forbids it, or asks for what is not there.
    Must,
    /// Worth a look: it may be right, or it could not be checked.
    Note,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Both {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a remark is about, where it is not the whole class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// A lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson: Option<LessonId>,
    /// The sender's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesson_external_id: Option<String>,
    /// A trainee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee: Option<TraineeId>,
    /// The sender's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trainee_external_id: Option<String>,
    /// What it is about this one.
    pub message: Both,
}

/// Something that the notice, or the policy, says against a plan. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Stable code.
    pub code: &'static str,
    /// The clause, such as `31号 一（二）`.
    pub clause: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What it is and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The lessons or trainees at fault.
    pub rows: Vec<Row>,
}

impl Serialize for Remark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            code: &'a str,
            clause: &'a str,
            weight: Weight,
            message: Message<'a>,
            #[serde(skip_serializing_if = "<[Row]>::is_empty")]
            rows: &'a [Row],
        }
        #[derive(Serialize)]
        struct Message<'a> {
            zh: &'a str,
            en: &'a str,
        }
        let message = Message { zh: &self.zh, en: &self.en };
        Shown { code: self.code, clause: self.clause, weight: self.weight, message, rows: &self.rows }.serialize(serializer)
    }
}

impl Remark {
    fn new(code: &'static str, clause: &'static str, weight: Weight, zh: impl Into<String>, en: impl Into<String>) -> Remark {
        Remark { code, clause, weight, zh: zh.into(), en: en.into(), rows: Vec::new() }
    }

    fn must(code: &'static str, clause: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Remark {
        Remark::new(code, clause, Weight::Must, zh, en)
    }

    fn note(code: &'static str, clause: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Remark {
        Remark::new(code, clause, Weight::Note, zh, en)
    }

    /// The same about these, if there are any.
    fn about(mut self, rows: Vec<Row>) -> Option<Remark> {
        self.rows = rows;
        (!self.rows.is_empty()).then_some(self)
    }
}

impl Row {
    fn lesson(lesson: &Lesson, zh: impl Into<String>, en: impl Into<String>) -> Row {
        Row {
            lesson: Some(lesson.id),
            lesson_external_id: Some(lesson.external_id.clone()),
            trainee: None,
            trainee_external_id: None,
            message: Both { zh: zh.into(), en: en.into() },
        }
    }

    fn trainee(trainee: &OnRoster, zh: impl Into<String>, en: impl Into<String>) -> Row {
        Row {
            lesson: None,
            lesson_external_id: None,
            trainee: Some(trainee.id),
            trainee_external_id: Some(trainee.external_id.clone()),
            message: Both { zh: zh.into(), en: en.into() },
        }
    }
}

/// What every check is given.
struct Case<'a> {
    facts: &'a Facts,
    class: &'a Class,
    policy: &'a Policy,
    lists: &'a Lists,
    today: NaiveDate,
    /// Whether the class begins in the epidemic.
    epidemic: bool,
}

/// Everything there is to say of a plan on a day, what is forbidden first, then by clause.
pub fn of(facts: &Facts, policy: &Policy, lists: &Lists, today: NaiveDate) -> Vec<Remark> {
    let class = &facts.class;
    let case = Case { facts, class, policy, lists, today, epidemic: policy.in_epidemic(class.starts_on) };
    let checks = [people::check, trade::check, courses::check, hours::check, timetable::check, roster::check, application::check];
    let mut remarks: Vec<Remark> = checks.iter().flat_map(|check| check(&case)).collect();
    remarks.sort_by_key(|remark| remark.weight);
    remarks
}

//! What differs between two rosters, or two timetables: by keshi's ids, field by field, what is personal apart from what is not.

use super::super::lesson::Lesson;
use super::super::roster::{Trainee, masked};
use super::super::secrets::Secrets;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a trainee or a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It was not there before, or was withdrawn or cancelled.
    Added,
    /// It is withdrawn, or cancelled.
    Removed,
    /// It is there before and after, and differs.
    Changed,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A trainee.
    Trainee,
    /// A lesson.
    Lesson,
}

/// One trainee or lesson that differs. There is nothing personal in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// keshi's id of it.
    pub id: String,
    /// What became of it.
    pub change: What,
    /// The names of the fields that differ, personal ones included.
    pub fields: Vec<String>,
    /// What they were, personal ones left out.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub before: Map<String, Value>,
    /// What they are.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub after: Map<String, Value>,
}

/// A personal field that differs; it is kept encrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Personal {
    /// keshi's id of the trainee or lesson.
    pub id: String,
    /// The field.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

/// What differs, in the order of ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Without personal data.
    pub open: Vec<Change>,
    /// Personal data alone.
    pub personal: Vec<Personal>,
}

/// A thing with its fields.
struct Fields {
    /// Those that anybody may read.
    open: Map<String, Value>,
    /// Those that are personal: as they are shown later, and as they are compared.
    personal: BTreeMap<&'static str, (String, String)>,
}

/// What differs between two rosters of a class.
pub fn of_rosters(before: &[Trainee], after: &[Trainee], secrets: &Secrets) -> Result<Changes> {
    let fields = |trainee: &Trainee| {
        let revealed = trainee.reveal(secrets)?;
        // Of numbers and addresses only that they changed is of use later; names and masked ID numbers say who was meant.
        let hidden = |text: Option<String>| {
            let text = text.unwrap_or_default();
            (if text.is_empty() { String::new() } else { "…".to_owned() }, text)
        };
        let personal = BTreeMap::from([
            ("name", (trainee.name.clone(), trainee.name.clone())),
            ("id_number", (masked(&revealed.id_number), revealed.id_number)),
            ("phone", hidden(revealed.phone)),
            ("email", hidden(revealed.email)),
            ("platform_user", hidden(trainee.platform_user.clone())),
        ]);
        let open = Map::from_iter([("category".to_owned(), json!(trainee.category))]);
        Ok((trainee.id.to_string(), Fields { open, personal }))
    };
    let all = |list: &[Trainee]| list.iter().map(fields).collect::<Result<BTreeMap<_, _>>>();
    Ok(compared(Subject::Trainee, &all(before)?, &all(after)?))
}

/// What differs between two timetables of a class.
pub fn of_timetables(before: &[Lesson], after: &[Lesson]) -> Result<Changes> {
    let fields = |lesson: &Lesson| {
        let Value::Object(mut open) = serde_json::to_value(lesson)? else { return Err(Error::internal("a lesson is an object")) };
        open.retain(|key, _| !matches!(key.as_str(), "id" | "class" | "external_id" | "teacher"));
        let personal = BTreeMap::from([("teacher", (lesson.teacher.clone(), lesson.teacher.clone()))]);
        Ok((lesson.id.to_string(), Fields { open, personal }))
    };
    let all = |list: &[Lesson]| list.iter().map(fields).collect::<Result<BTreeMap<_, _>>>();
    Ok(compared(Subject::Lesson, &all(before)?, &all(after)?))
}

fn compared(subject: Subject, before: &BTreeMap<String, Fields>, after: &BTreeMap<String, Fields>) -> Changes {
    let mut changes = Changes::default();
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for id in ids {
        let whole = |change, before: Option<&Fields>, after: Option<&Fields>| {
            let of = |fields: Option<&Fields>| fields.map(|fields| fields.open.clone()).unwrap_or_default();
            Change { subject, id: id.clone(), change, fields: Vec::new(), before: of(before), after: of(after) }
        };
        match (before.get(id), after.get(id)) {
            (Some(old), Some(new)) => changes.open.extend(differing(subject, id, old, new, &mut changes.personal)),
            (None, new) => changes.open.push(whole(What::Added, None, new)),
            (old, None) => changes.open.push(whole(What::Removed, old, None)),
        }
    }
    changes
}

fn differing(subject: Subject, id: &str, old: &Fields, new: &Fields, personal: &mut Vec<Personal>) -> Option<Change> {
    let keys: BTreeSet<&String> = old.open.keys().chain(new.open.keys()).collect();
    let open: Vec<&String> = keys.into_iter().filter(|key| old.open.get(*key) != new.open.get(*key)).collect();
    let mut fields: Vec<String> = open.iter().map(|key| (*key).clone()).collect();
    for (field, (shown, compared)) in &old.personal {
        if let Some((now_shown, now)) = new.personal.get(field)
            && now != compared
        {
            fields.push((*field).to_owned());
            personal.push(Personal { id: id.to_owned(), field: (*field).to_owned(), before: shown.clone(), after: now_shown.clone() });
        }
    }
    if fields.is_empty() {
        return None;
    }
    let of = |map: &Map<String, Value>| open.iter().filter_map(|key| Some(((*key).clone(), map.get(*key)?.clone()))).collect();
    Some(Change { subject, id: id.to_owned(), change: What::Changed, fields, before: of(&old.open), after: of(&new.open) })
}

//! The session codes that a piece of evidence shows, and what each says of it.

use super::format::length;
use super::reader::Reader;
use crate::analyse::media::CodeSeen;
use crate::audit::overview::{self, EvidenceHead};
use crate::error::Result;
use crate::ids::LessonId;
use crate::register::session_code;
use crate::time::Time;
use std::collections::BTreeMap;

/// Other lessons that are looked up at most.
const LOOKED_UP: usize = 8;

/// Codes of one lesson that say the same of the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLine {
    /// What they say: `own`, `class`, `named`, `other_time`, `other_lesson` or `forged`.
    pub standing: &'static str,
    /// Their lesson, id and title, where it is not that of the evidence and the reader may see it.
    pub lesson: Option<(String, String)>,
    /// Their first and last minute; none of what is made up.
    pub minutes: Option<(Time, Time)>,
    /// How many.
    pub count: i64,
    /// Where a recording shows the first: as a player says it, and in seconds.
    pub at: Option<(String, u64)>,
}

impl CodeLine {
    /// Whether it speaks for the evidence.
    pub fn vouches(&self) -> bool {
        matches!(self.standing, "own" | "class" | "named")
    }
}

/// A lesson that codes name, as far as the reader may see it.
struct Named {
    class: String,
    title: String,
    from: Time,
    until: Time,
}

/// The codes of a piece of evidence, those that vouch for it first.
pub(super) async fn of(reader: &Reader<'_>, head: &EvidenceHead) -> Result<Vec<CodeLine>> {
    let fact = head.facts.iter().find(|(name, _)| name == "codes");
    let seen: Vec<CodeSeen> = fact.and_then(|(_, value)| serde_json::from_str(value).ok()).unwrap_or_default();
    let mut named: BTreeMap<LessonId, Option<Named>> = BTreeMap::new();
    for code in seen.iter().filter(|code| code.genuine) {
        if named.len() < LOOKED_UP && !named.contains_key(&code.lesson) {
            let lesson = overview::lesson(reader.db, &reader.scope, code.lesson).await?;
            let lesson = lesson.map(|head| Named {
                class: head.class.to_string(),
                title: head.line.title,
                from: head.line.from,
                until: head.line.until,
            });
            named.insert(code.lesson, lesson);
        }
    }
    let own = head.line.lesson.as_ref().map(|lesson| lesson.0);
    let class = head.line.class.as_ref().map(|class| class.0.to_string());
    Ok(lines(&seen, own, class.as_deref(), &named, head.line.kind == "video"))
}

fn lines(
    seen: &[CodeSeen],
    own: Option<LessonId>,
    class: Option<&str>,
    named: &BTreeMap<LessonId, Option<Named>>,
    moving: bool,
) -> Vec<CodeLine> {
    let mut lines: Vec<(Option<LessonId>, CodeLine)> = Vec::new();
    for code in seen {
        let lesson = named.get(&code.lesson).and_then(Option::as_ref);
        let timely = lesson.is_some_and(|lesson| session_code::fits(code.minute, lesson.from, lesson.until));
        let standing = match (code.genuine, own) {
            (false, _) => "forged",
            (true, Some(own)) if own == code.lesson => {
                if timely {
                    "own"
                } else {
                    "other_time"
                }
            }
            (true, Some(_)) => "other_lesson",
            (true, None) if class.is_none() => "named",
            (true, None) if lesson.is_some_and(|lesson| Some(lesson.class.as_str()) == class) => {
                if timely {
                    "class"
                } else {
                    "other_time"
                }
            }
            (true, None) => "other_lesson",
        };
        // Whoever makes up codes may name any number of lessons.
        let of = code.genuine.then_some(code.lesson);
        match lines.iter_mut().find(|(other, line)| *other == of && line.standing == standing) {
            Some((_, line)) => {
                line.count += 1;
                line.minutes = line.minutes.map(|(first, last)| (first.min(code.minute), last.max(code.minute)));
            }
            None => lines.push((
                of,
                CodeLine {
                    standing,
                    lesson: lesson.filter(|_| code.genuine && own != of).map(|lesson| (code.lesson.to_string(), lesson.title.clone())),
                    minutes: code.genuine.then_some((code.minute, code.minute)),
                    count: 1,
                    at: moving.then(|| (length(code.at_ms as i64), code.at_ms / 1000)),
                },
            )),
        }
    }
    let order = ["own", "class", "named", "other_time", "other_lesson", "forged"];
    lines.sort_by_key(|(_, line)| order.iter().position(|standing| *standing == line.standing));
    lines.into_iter().map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MINUTE;

    #[test]
    fn codes_are_told_by_what_they_say_of_the_evidence() {
        let id = |number: u32| format!("0190a1b2-0005-7000-8000-{number:012}").parse::<LessonId>().expect("an id");
        let nine: Time = "2020-03-03T09:00:00+08:00".parse().expect("a time");
        let lesson = |class: &str| Named { class: class.into(), title: "t".into(), from: nine, until: nine.plus(45 * MINUTE) };
        let named = BTreeMap::from([(id(1), Some(lesson("a"))), (id(2), Some(lesson("b"))), (id(3), None)]);
        let code =
            |number, minutes: i64, genuine| CodeSeen { at_ms: 61_500, lesson: id(number), minute: nine.plus(minutes * MINUTE), genuine };
        let seen = [
            code(9, 3, false),
            code(2, 4, true),
            code(1, 12, true),
            code(1, 5, true),
            code(8, 3, false),
            code(1, 600, true),
            code(3, 1, true),
        ];
        let told = |own: Option<u32>, class: Option<&str>| {
            let lines = lines(&seen, own.map(id), class, &named, true);
            lines
                .into_iter()
                .map(|line| (line.standing, line.count, line.lesson.map(|lesson| lesson.0 == id(1).to_string())))
                .collect::<Vec<_>>()
        };
        let of_lesson =
            [("own", 2, None), ("other_time", 1, None), ("other_lesson", 1, Some(false)), ("other_lesson", 1, None), ("forged", 2, None)];
        assert_eq!(told(Some(1), Some("a")), of_lesson);
        let of_class = [
            ("class", 2, Some(true)),
            ("other_time", 1, Some(true)),
            ("other_lesson", 1, Some(false)),
            ("other_lesson", 1, None),
            ("forged", 2, None),
        ];
        assert_eq!(told(None, Some("a")), of_class);
        assert_eq!(told(None, None)[0], ("named", 1, Some(false)));
        let own = &lines(&seen, Some(id(1)), Some("a"), &named, true)[0];
        assert_eq!((own.minutes, own.at.clone()), (Some((nine.plus(5 * MINUTE), nine.plus(12 * MINUTE))), Some(("1:01".into(), 61))));
    }
}

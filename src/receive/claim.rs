//! What bytes are said to be: kind, place and span, checked against the plan and against who says it.

use super::identity::{Actor, Right};
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::{ProviderId, TraineeId};
use crate::register::{Class, Lesson, Platform, Reference, class, lesson, platform, roster};
use crate::time::{DAY, Time};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Longest file name kept, in bytes.
const MAX_FILENAME: usize = 255;

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An attendance log.
    Attendance,
    /// A recording.
    Video,
    /// A picture.
    Screenshot,
    /// Anything else.
    Document,
}

impl Kind {
    /// As in queries and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Attendance => "attendance",
            Kind::Video => "video",
            Kind::Screenshot => "screenshot",
            Kind::Document => "document",
        }
    }
}

/// What the ending of a file's name says of its kind; anything else is a document.
pub const ENDINGS: [(Kind, &[&str]); 3] = [
    (Kind::Attendance, &["xlsx", "xls", "csv", "tsv", "json", "ndjson", "jsonl", "txt"]),
    (Kind::Video, &["mp4", "mkv", "mov", "flv", "avi", "webm", "ts", "m4v", "m4a", "mp3", "wav"]),
    (Kind::Screenshot, &["jpg", "jpeg", "png", "webp", "gif", "bmp"]),
];

impl Kind {
    /// The kind that a file of this name is likely to be.
    pub fn likely(filename: &str) -> Kind {
        let ending = filename.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        ENDINGS.iter().find(|(_, endings)| endings.contains(&ending.as_str())).map_or(Kind::Document, |(kind, _)| *kind)
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Kind> {
        match text {
            "attendance" => Ok(Kind::Attendance),
            "video" => Ok(Kind::Video),
            "screenshot" => Ok(Kind::Screenshot),
            "document" => Ok(Kind::Document),
            _ => Err(Error::new(&codes::INVALID, "kind is one of attendance, video, screenshot, document.")),
        }
    }
}

/// The claim as sent: the query of `POST /v1/evidence`, or the metadata of a resumable upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Kind.
    pub kind: Option<String>,
    /// Class, by id or `ext:<id>`.
    pub class: Option<String>,
    /// Lesson, by id or `ext:<id>` within the class.
    pub lesson: Option<String>,
    /// Trainee, by id or `ext:<id>` within the class.
    pub trainee: Option<String>,
    /// Begin of the span the bytes are about, RFC 3339.
    pub from: Option<String>,
    /// End of it.
    pub until: Option<String>,
    /// File name.
    pub filename: Option<String>,
    /// Time zone of the file, such as `Asia/Shanghai`.
    pub timezone: Option<String>,
    /// Format of an attendance log; `auto` or nothing picks by content.
    pub format: Option<String>,
}

/// A claim that holds against the plan.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Kind.
    pub kind: Kind,
    /// The class, if any.
    pub class: Option<Class>,
    /// The lesson, if any.
    pub lesson: Option<Lesson>,
    /// The trainee, if any.
    pub trainee: Option<TraineeId>,
    /// The platform it comes from: the asker's, else the class's.
    pub platform: Option<Platform>,
    /// The provider it is for: the class's, else the asker's.
    pub provider: Option<ProviderId>,
    /// Claimed begin.
    pub from: Option<Time>,
    /// Claimed end.
    pub until: Option<Time>,
    /// File name without folders and control characters.
    pub filename: Option<String>,
    /// Time zone named by the sender.
    pub timezone: Option<chrono_tz::Tz>,
    /// Format named by the sender.
    pub format: Option<String>,
    /// When it was sent, where the bytes do not say when what they tell of happened: the same bytes sent later tell of something else.
    pub moment: Option<Time>,
}

impl Claim {
    /// Checks a claim.
    ///
    /// Errors: `invalid`, `unknown_class`, `unknown_lesson`, `unknown_trainee`, `foreign_lesson`, `time_far_off`, `forbidden`.
    pub async fn check(db: &Db, actor: &Actor, query: &Query) -> Result<Claim> {
        actor.require(Right::Submit)?;
        let kind: Kind = given(&query.kind)
            .ok_or_else(|| Error::new(&codes::INVALID, "Name the kind: kind=attendance, video, screenshot or document."))?
            .parse()?;
        let mut class = match given(&query.class) {
            Some(text) => Some(class::get(db, &text.parse()?).await?),
            None => None,
        };
        if let Some(class) = &class {
            actor.require_class(class)?;
        }
        let lesson = match given(&query.lesson) {
            Some(text) => Some(find_lesson(db, actor, &mut class, &text.parse()?).await?),
            None => None,
        };
        let trainee = match (given(&query.trainee), &class) {
            (Some(text), Some(class)) => Some(roster::get(db, class.id, &text.parse()?).await?.id),
            (Some(_), None) => return Err(Error::new(&codes::INVALID, "A trainee is named within a class: send class too.")),
            (None, _) => None,
        };
        let from = given(&query.from).map(time).transpose()?;
        let until = given(&query.until).map(time).transpose()?;
        check_span(from, until, lesson.as_ref())?;
        let platform = match actor.platform.as_deref().or(class.as_ref().map(|class| class.platform.as_str())) {
            Some(id) => Some(platform::get(db, id).await?),
            None => None,
        };
        let timezone = given(&query.timezone)
            .map(|text| text.parse().map_err(|_| Error::new(&codes::INVALID, "timezone is a name such as Asia/Shanghai.")))
            .transpose()?;
        Ok(Claim {
            kind,
            provider: class.as_ref().map(|class| class.provider).or(actor.provider),
            class,
            lesson,
            trainee,
            platform,
            from,
            until,
            filename: given(&query.filename).and_then(file_name),
            timezone,
            moment: None,
            format: given(&query.format).filter(|format| *format != "auto").map(str::to_owned),
        })
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn time(text: &str) -> Result<Time> {
    // A '+' of the offset that was not encoded arrives as a blank.
    text.replace(' ', "+").parse().map_err(|_| Error::of(&codes::INVALID_TIME))
}

async fn find_lesson(db: &Db, actor: &Actor, class: &mut Option<Class>, reference: &Reference) -> Result<Lesson> {
    if let Some(class) = class {
        return match (lesson::get(db, class.id, reference).await, reference) {
            (Err(error), Reference::Id(id)) if error.code == codes::UNKNOWN_LESSON.name => {
                // It may be somebody else's lesson, which deserves its own sentence.
                Err(if lesson::by_id(db, (*id).into()).await.is_ok() { Error::of(&codes::FOREIGN_LESSON) } else { error })
            }
            (found, _) => found,
        };
    }
    let Reference::Id(id) = reference else {
        return Err(Error::new(&codes::INVALID, "A lesson's own id is unique within its class: send class too."));
    };
    let found = lesson::by_id(db, (*id).into()).await?;
    let its_class = class::by_id(db, found.class).await?;
    actor.require_class(&its_class)?;
    *class = Some(its_class);
    Ok(found)
}

/// A span is not backwards, not longer than a day, and within a day of the lesson.
fn check_span(from: Option<Time>, until: Option<Time>, lesson: Option<&Lesson>) -> Result<()> {
    let far_off = || Err(Error::of(&codes::TIME_FAR_OFF));
    if let (Some(from), Some(until)) = (from, until)
        && (until < from || until.0 - from.0 > DAY)
    {
        return far_off();
    }
    if let Some(lesson) = lesson {
        for time in [from, until].into_iter().flatten() {
            if time < lesson.starts_at.plus(-DAY) || time > lesson.ends_at.plus(DAY) {
                return far_off();
            }
        }
    }
    Ok(())
}

/// The last part of a path, without control characters, cut to what a file system takes.
pub fn file_name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().filter(|character| !character.is_control()).collect();
    while name.len() > MAX_FILENAME {
        name.pop();
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_no_folders_and_no_control_characters() {
        assert_eq!(file_name("../../etc/pass\u{7}wd").as_deref(), Some("passwd"));
        assert_eq!(file_name("C:\\tmp\\签到.xlsx").as_deref(), Some("签到.xlsx"));
        assert_eq!(file_name("课".repeat(200).as_str()).map(|name| name.len()), Some(255));
    }

    #[test]
    fn a_name_tells_what_a_file_is_likely_to_be() {
        for (name, kind) in [
            ("签到.XLSX", Kind::Attendance),
            ("a.tar.mp4", Kind::Video),
            ("1.JPG", Kind::Screenshot),
            ("证书.pdf", Kind::Document),
            ("mp4", Kind::Document),
        ] {
            assert_eq!(Kind::likely(name), kind, "{name}");
        }
    }

    #[test]
    fn a_span_is_forward_within_a_day_and_near_its_lesson() {
        let at = |micros| Some(Time(micros));
        assert!(check_span(at(5), at(4), None).is_err());
        assert!(check_span(at(0), at(DAY + 1), None).is_err());
        assert!(check_span(at(0), at(DAY), None).is_ok());
    }
}

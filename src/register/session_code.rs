//! The session code (课堂码): what a teacher shows while a lesson goes on, so that pictures and recordings of it can be dated.
//!
//! A code is of one lesson and one minute, and an HMAC-SHA256 over both makes it one that nobody can make for another minute: a text for a QR code, which
//! machines read back, and six digits, which people do. Nothing is kept of it. Whoever has the key makes it again, years later and on any server; the
//! key is derived from what stays of the ring of keys whatever is added and retired. It says nothing of anybody: a lesson and a time.
//!
//! What it proves: whatever shows the code was made in its minute or later. That it was not made much later is told by when it was received.

use super::lesson::{self, Lesson, Mode};
use super::secrets::Secrets;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::LessonId;
use crate::time::{MINUTE, Time};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

/// How long before its lesson a code is shown: time to set up a meeting and let people in.
pub const BEFORE: i64 = 30 * MINUTE;

/// What every text begins with. The figure grows when the rest is made otherwise.
const PREFIX: &str = "KESHI1:";

/// What the key is derived with.
const LABEL: &str = "keshi session code 1";

/// Bytes of the HMAC that the text has: half of it, the least that RFC 2104 recommends. With fewer the QR code would be no smaller.
const TAG: usize = 16;

/// Makes codes, and tells whether one was made here.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey")
    }
}

/// A code to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionCode {
    /// The lesson it is of.
    pub lesson: LessonId,
    /// Its minute.
    pub minute: Time,
    /// When the next takes its place.
    pub until: Time,
    /// What the QR code says.
    pub text: String,
    /// What people read: six digits.
    pub digits: String,
}

/// What a text says that has the shape of a code, and whether it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The lesson it says it is of.
    pub lesson: LessonId,
    /// The minute it says it is of.
    pub minute: Time,
    /// Whether its HMAC holds; where it does not, lesson and minute are what somebody made up.
    pub genuine: bool,
}

impl CodeKey {
    /// The key of this deployment.
    pub fn of(secrets: &Secrets) -> CodeKey {
        CodeKey(secrets.lasting(LABEL))
    }

    fn mac(&self, lesson: LessonId, minute: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(lesson.0.as_bytes());
        mac.update(&minute.to_be_bytes());
        mac
    }

    /// The code of a lesson in the minute of a moment.
    pub fn show(&self, lesson: LessonId, at: Time) -> SessionCode {
        let minute = at.0.div_euclid(MINUTE);
        let mac: [u8; 32] = self.mac(lesson, minute).finalize().into_bytes().into();
        SessionCode {
            lesson,
            minute: Time(minute * MINUTE),
            until: Time((minute + 1) * MINUTE),
            text: text(lesson, minute, &mac[..TAG]),
            digits: digits(&mac),
        }
    }

    /// What a text says, if it has the shape of a code. The comparison takes the same time wherever the two differ.
    pub fn read(&self, text: &str) -> Option<Read> {
        let said = Said::of(text)?;
        let genuine = self.mac(said.lesson, said.minute).verify_truncated_left(&said.tag).is_ok();
        Some(Read { lesson: said.lesson, minute: Time(said.minute * MINUTE), genuine })
    }
}

fn text(lesson: LessonId, minute: i64, tag: &[u8]) -> String {
    // Capital letters and figures: a QR code holds two of them in eleven bits.
    format!("{PREFIX}{:X}:{minute}:{}", lesson.0.simple(), hex::encode_upper(tag))
}

/// Six digits of a MAC, as HOTP takes them (RFC 4226, 5.3).
fn digits(mac: &[u8; 32]) -> String {
    let offset = usize::from(mac[31] & 15);
    let four: [u8; 4] = mac[offset..offset + 4].try_into().expect("an offset of at most 15 leaves four of 32 bytes");
    format!("{:06}", (u32::from_be_bytes(four) & 0x7FFF_FFFF) % 1_000_000)
}

/// The parts of a text.
struct Said {
    lesson: LessonId,
    minute: i64,
    tag: [u8; TAG],
}

impl Said {
    /// `None` for every text that no [`text`] is, to the letter.
    fn of(read: &str) -> Option<Said> {
        let (lesson, rest) = read.strip_prefix(PREFIX)?.split_once(':')?;
        let (minute, tag) = rest.split_once(':')?;
        let lesson = LessonId(Uuid::try_parse(lesson).ok()?);
        let minute: i64 = minute.parse().ok().filter(|minute| (0..=99_999_999).contains(minute))?;
        let mut bytes = [0; TAG];
        hex::decode_to_slice(tag, &mut bytes).ok()?;
        (text(lesson, minute, &bytes) == read).then_some(Said { lesson, minute, tag: bytes })
    }
}

/// Whether a text has the shape of a code; whether it is one, only who has the key can tell.
pub fn looks_like_one(text: &str) -> bool {
    Said::of(text).is_some()
}

/// Whether a minute of a code lies in the time in which a lesson's codes are shown.
pub fn fits(minute: Time, starts_at: Time, ends_at: Time) -> bool {
    minute.plus(MINUTE) > starts_at.plus(-BEFORE) && minute < ends_at
}

/// The code of a lesson in the present minute; nobody is told that of another minute.
///
/// Errors: `no_session_code` where the lesson is not near, is over or called off, or has no time of its own.
pub async fn present(db: &Db, key: &CodeKey, lesson: &Lesson, now: Time) -> Result<SessionCode> {
    let near = lesson::between(db, lesson.class, now, now.plus(BEFORE)).await?;
    if lesson.mode == Mode::Recorded || !near.iter().any(|one| one.id == lesson.id) {
        return Err(Error::of(&codes::NO_SESSION_CODE));
    }
    Ok(key.show(lesson.id, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;

    const KEY: CodeKey = CodeKey([7; 32]);

    fn lesson() -> LessonId {
        "0190a1b2-0002-7000-8000-000000000001".parse().expect("an id")
    }

    fn nine() -> Time {
        "2020-03-03T09:00:00+08:00".parse().expect("a time")
    }

    #[test]
    fn a_code_is_the_same_for_a_minute_and_says_which() {
        let code = KEY.show(lesson(), nine().plus(59 * SECOND));
        assert_eq!(code, KEY.show(lesson(), nine()));
        assert_eq!((code.minute, code.until), (nine(), nine().plus(MINUTE)));
        assert_eq!(KEY.read(&code.text), Some(Read { lesson: lesson(), minute: nine(), genuine: true }));
        assert!(code.text.starts_with("KESHI1:0190A1B2000270008000000000000001:26386620:") && code.text.len() == 81, "{}", code.text);
        assert!(code.digits.len() == 6 && code.digits.bytes().all(|digit| digit.is_ascii_digit()), "{}", code.digits);
    }

    #[test]
    fn a_code_of_another_minute_another_lesson_or_another_key_does_not_hold() {
        let code = KEY.show(lesson(), nine()).text;
        let genuine = |text: &str| KEY.read(text).map(|read| read.genuine);
        let tag = code.rsplit(':').next().expect("a tag");
        let minute = nine().0 / MINUTE;
        let made_up = |lesson: LessonId, minute: i64| format!("{PREFIX}{:X}:{minute}:{tag}", lesson.0.simple());
        assert_eq!(genuine(&made_up(lesson(), minute)), Some(true), "the parts are put together as they were");
        assert_eq!(genuine(&made_up(lesson(), minute + 1)), Some(false));
        assert_eq!(genuine(&made_up(LessonId(Uuid::nil()), minute)), Some(false));
        assert_eq!(CodeKey([8; 32]).read(&code).map(|read| read.genuine), Some(false));
        // Each single bit of the tag counts.
        for bit in 0..TAG * 8 {
            let mut bytes = hex::decode(tag).expect("hexadecimal");
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(genuine(&text(lesson(), minute, &bytes)), Some(false), "bit {bit}");
        }
    }

    #[test]
    fn what_is_cut_short_or_written_otherwise_is_no_code_at_all() {
        let code = KEY.show(lesson(), nine()).text;
        for end in 0..code.len() {
            assert!(!looks_like_one(&code[..end]), "{end} letters");
        }
        let others = [
            code.to_lowercase(),
            format!("{code} "),
            format!("{code}0"),
            code.replace("KESHI1", "KESHI2"),
            code.replace(":26", ":+26"),
            code.replace(":26", ":026"),
            code.replace(":26", ":-26"),
            code.replacen("KESHI1:", "KESHI1:urn:uuid:", 1),
            "https://example.org/".to_owned(),
            String::new(),
        ];
        for other in others {
            assert!(!looks_like_one(&other), "{other}");
        }
    }

    #[test]
    fn digits_are_taken_as_the_standard_for_one_time_passwords_takes_them() {
        // RFC 4226, appendix D, count 0: the HMAC-SHA-1 and its truncation; here in 32 bytes with the same last nibble.
        let hotp = hex::decode("cc93cf18508d94934c64b65d8ba7667fb7cde4b0").expect("hexadecimal");
        let mut mac = [0; 32];
        mac[..20].copy_from_slice(&hotp);
        mac[31] = hotp[19];
        assert_eq!(digits(&mac), "755224");
        let all: std::collections::BTreeSet<String> =
            (0..200).map(|minute| KEY.show(lesson(), nine().plus(minute * MINUTE)).digits).collect();
        assert!(all.len() >= 199, "{}", all.len());
    }

    #[test]
    fn codes_are_shown_from_half_an_hour_before_a_lesson_until_it_ends() {
        let (starts, ends) = (nine(), nine().plus(45 * MINUTE));
        let at = |minutes: i64| fits(nine().plus(minutes * MINUTE), starts, ends);
        assert!(at(-30) && at(0) && at(44) && !at(-31) && !at(45));
        // The minute in which a lesson that begins between two minutes is half an hour away.
        assert!(fits(nine().plus(-30 * MINUTE), nine().plus(30 * SECOND), ends));
    }

    #[test]
    fn the_key_outlives_every_key_of_the_ring() {
        let folder = tempfile::tempdir().expect("a folder");
        let before = CodeKey::of(&Secrets::load_or_create(folder.path()).expect("made"));
        super::super::secrets::ring::add(folder.path()).expect("added");
        super::super::secrets::ring::retire(folder.path(), 1).expect("goes");
        let after = CodeKey::of(&Secrets::load_or_create(folder.path()).expect("loads"));
        assert!(before.0 == after.0 && before.0 != CodeKey::of(&Secrets::new([9; 32])).0);
    }
}

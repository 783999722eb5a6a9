//! The life of a piece of evidence as a person reads it: who sent it, what it was read as, and who looked, told once a visit.

use super::reader::Reader;
use crate::audit::overview::{self, EvidenceLine, Step};
use crate::error::Result;
use crate::time::Time;

/// A step of its life; what one person does again before anybody else comes is the same step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When, the first time.
    pub at: Time,
    /// When, the last time.
    pub until: Time,
    /// What, as a code.
    pub what: String,
    /// Who, or what it was read as.
    pub who: String,
    /// How often.
    pub times: i64,
}

/// Its life, oldest first, with people called by their names instead of their labels; of the looks the last so many.
pub(super) async fn life(reader: &Reader<'_>, line: &EvidenceLine, looks: i64) -> Result<Vec<Kept>> {
    let mut steps = overview::steps(reader.db, line.id, looks).await?;
    for step in &mut steps {
        step.who = match step.what.as_str() {
            "received" => reader.named(&line.submitter).to_owned(),
            "analysed" => reader.frame.code("reader", &step.who).to_owned(),
            _ => overview::actor(reader.db, &step.who).await?,
        };
    }
    Ok(gathered(steps))
}

fn gathered(steps: Vec<Step>) -> Vec<Kept> {
    let mut life: Vec<Kept> = Vec::new();
    for Step { at, what, who } in steps {
        match life.iter_mut().rev().take_while(|last| last.who == who).find(|last| last.what == what) {
            Some(last) => {
                last.until = at;
                last.times += 1;
            }
            None => life.push(Kept { at, until: at, what, who, times: 1 }),
        }
    }
    life
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_video_played_in_forty_requests_is_opened_once_until_somebody_else_comes() {
        let step = |at: i64, what: &str, who: &str| Step { at: Time(at), what: what.into(), who: who.into() };
        let steps =
            [("received", "px"), ("seen", "wang"), ("read", "wang"), ("seen", "wang"), ("read", "wang"), ("read", "li"), ("read", "wang")];
        let steps = steps.iter().enumerate().map(|(at, (what, who))| step(at as i64, what, who)).collect();
        let life: Vec<_> = gathered(steps).into_iter().map(|kept| (kept.what, kept.who, kept.at.0, kept.until.0, kept.times)).collect();
        let told = [
            ("received", "px", 0, 0, 1),
            ("seen", "wang", 1, 3, 2),
            ("read", "wang", 2, 4, 2),
            ("read", "li", 5, 5, 1),
            ("read", "wang", 6, 6, 1),
        ];
        assert_eq!(life, told.map(|(what, who, at, until, times)| (what.to_owned(), who.to_owned(), at, until, times)));
    }
}

//! The child's side: shut the door, open the file, answer once.
//!
//! Standard input is the file itself, opened for reading by the parent; the request is one JSON argument; standard output takes one
//! JSON answer. So the child needs no path, no socket and no other file, and is allowed none.

use super::facts::{Facts, MediaKind, Pass};
use super::keyframes::Keyframes;
use super::limits::Limits;
use super::rehearse::{self, Attempt, Misdeed};
use super::source::Source;
use super::{moments, picture, sandbox, text, video};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use likeness::grey::Grey;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::ExitCode;

/// The hidden subcommand that leads to [`child_main`].
pub(super) const SUBCOMMAND: &str = "media-child";

/// What the parent asks.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) limits: Limits,
    pub(super) task: Task,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Task {
    /// Open the file on standard input; a video is looked at so thoroughly.
    Measure(MediaKind, Pass),
    /// Open the picture on standard input and hand over its light.
    Light,
    /// Open the video on standard input and hand over its light at moments, in milliseconds.
    Lights(Vec<u32>),
    /// Try what the sandbox forbids, and report.
    Probe,
    /// Behave as a decoder might that lost its mind.
    Misbehave(Misdeed),
}

/// What the child answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Facts {
        facts: Box<Facts>,
        thumbnail: Option<String>,
        row: Option<String>,
        reel: Option<String>,
        keyframes: Option<Keyframes>,
    },
    /// The light of a picture.
    Light(Light),
    /// The light of a video at moments.
    Lights(Vec<(u32, Light)>),
    Cannot {
        because: String,
    },
    /// The machine does not offer what the sandbox needs; nothing was read.
    NoSandbox {
        because: String,
    },
    Probed {
        attempts: Vec<Attempt>,
    },
}

/// The light of a picture: its width, and its rows from above, in base64.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Light {
    width: usize,
    luma: String,
}

impl Light {
    fn of(grey: &Grey) -> Light {
        Light { width: grey.width(), luma: BASE64_STANDARD.encode(grey.pixels()) }
    }

    /// `None` if it is no picture.
    pub(super) fn read(&self) -> Option<Grey> {
        let luma = BASE64_STANDARD.decode(&self.luma).ok()?;
        luma.len().checked_div(self.width).and_then(|height| Grey::new(self.width, height, luma))
    }
}

/// Runs the child: `keshi media-child REQUEST` with the file as standard input. Not for people.
pub fn child_main() -> ExitCode {
    let request = std::env::args().nth(2).and_then(|json| serde_json::from_str::<Request>(&json).ok());
    let Some(request) = request else {
        eprintln!("keshi media-child is started by keshi itself; it is of no use by hand");
        return ExitCode::from(2);
    };
    if request.limits.text && matches!(request.task, Task::Measure(MediaKind::Picture, _) | Task::Measure(_, Pass::Full)) {
        text::prepare();
    }
    let answer = match sandbox::enter(&request.limits) {
        Ok(()) => answer(&request),
        Err(because) => Answer::NoSandbox { because },
    };
    let json = serde_json::to_vec(&answer).expect("facts are plain data");
    let written = std::io::stdout().write_all(&json).and_then(|()| std::io::stdout().flush());
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn answer(request: &Request) -> Answer {
    match &request.task {
        Task::Measure(kind, pass) => match measure(*kind, *pass, &request.limits) {
            Ok(mut facts) => {
                let thumbnail = facts.thumbnail.take().map(|jpeg| BASE64_STANDARD.encode(jpeg));
                let row = facts.row.take().map(|jpeg| BASE64_STANDARD.encode(jpeg));
                let reel = facts.reel.take().map(|reel| BASE64_STANDARD.encode(reel.to_bytes()));
                let keyframes = facts.keyframes.take();
                Answer::Facts { facts: Box::new(facts), thumbnail, row, reel, keyframes }
            }
            Err(because) => Answer::Cannot { because },
        },
        Task::Light => match light(&request.limits) {
            Ok(grey) => Answer::Light(Light::of(&grey)),
            Err(because) => Answer::Cannot { because },
        },
        Task::Lights(at) => match lights(at, &request.limits) {
            Ok(found) => Answer::Lights(found.iter().map(|(at_ms, grey)| (*at_ms, Light::of(grey))).collect()),
            Err(because) => Answer::Cannot { because },
        },
        Task::Probe => Answer::Probed { attempts: rehearse::attempts() },
        Task::Misbehave(misdeed) => {
            rehearse::misbehave(*misdeed);
            Answer::Cannot { because: "nothing happened".into() }
        }
    }
}

fn light(limits: &Limits) -> Result<Grey, String> {
    picture::light(Source::stdin().map_err(|error| format!("The file cannot be read: {error}."))?, limits)
}

fn lights(at: &[u32], limits: &Limits) -> Result<Vec<(u32, Grey)>, String> {
    moments::lights(&Source::stdin().map_err(|error| format!("The file cannot be read: {error}."))?, limits, at)
}

/// Facts, or the sentence why there are none.
fn measure(kind: MediaKind, pass: Pass, limits: &Limits) -> Result<Facts, String> {
    let source = Source::stdin().map_err(|error| format!("The file cannot be read: {error}."))?;
    match kind {
        MediaKind::Picture => picture::measure(source, limits),
        MediaKind::Video => video::measure(&source, limits, pass),
    }
}

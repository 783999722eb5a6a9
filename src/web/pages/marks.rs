//! What is worth watching in a recording, on a line as long as it: where it is black, still, silent or repeats itself, and what it shares with others.

use super::format::length;
use super::frame::Frame;
use super::line::{Bar, Pct};
use crate::analyse::media::{self, Span, Strip};
use crate::detect::reuse::Stretch;

/// Pieces told as words in a lane; the line shows all.
const TOLD: usize = 6;

/// A kind of mark and where it lies.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Code of the kind.
    pub kind: String,
    /// All pieces, to be drawn.
    pub bars: Vec<Bar>,
    /// The first pieces.
    pub pieces: Vec<Piece>,
    /// How many there are.
    pub count: usize,
}

/// A piece of a recording. Times are as a player shows them.
#[derive(Clone, Debug)]
pub struct Piece {
    /// From when until when.
    pub told: String,
    /// Where it begins, in seconds.
    pub at: u64,
    /// The recording from there until its end.
    pub href: String,
    /// The same elsewhere: its times and where to watch it.
    pub other: Option<(String, String)>,
}

/// Pictures of a recording in a row, each of which leads to its moment.
#[derive(Clone, Debug)]
pub struct Row {
    /// Width and height of each picture.
    pub size: (u32, u32),
    /// Width of all.
    pub width: u32,
    /// Where each begins, and its moment.
    pub cells: Vec<(u32, Piece)>,
}

/// The row of pictures of a recording.
pub(super) fn row(content: &str, strip: &Strip) -> Row {
    let ends = strip.at_ms.iter().skip(1).copied().chain([u64::MAX]);
    let cell = |((at, end), number): ((&u64, u64), u32)| {
        let href = format!("{content}#t={}", at / 1000);
        let told = if end == u64::MAX { length(*at as i64) } else { told(*at, end) };
        (number * strip.width, Piece { told, at: at / 1000, href, other: None })
    };
    let cells: Vec<(u32, Piece)> = strip.at_ms.iter().zip(ends).zip(0..).map(cell).collect();
    Row { size: (strip.width, strip.height), width: strip.width * strip.at_ms.len() as u32, cells }
}

/// The lanes of a recording that lasts so long; `content` is the address of its bytes.
pub(super) fn lanes(frame: &Frame, content: &str, duration_ms: u64, spans: &[Span]) -> Vec<Lane> {
    let flaws = media::flaws(spans);
    let of =
        |kind: media::Flaw| flaws.iter().filter(move |flaw| flaw.kind == kind).map(|flaw| (flaw.from_ms, flaw.until_ms, flaw.first_ms));
    let all = |kind: media::SpanKind| spans.iter().filter(move |span| span.kind == kind).map(|span| (span.from_ms, span.until_ms, None));
    let lanes = [
        ("looped", of(media::Flaw::Looped).collect::<Vec<_>>()),
        ("dead", of(media::Flaw::Dead).collect()),
        ("black", of(media::Flaw::Black).collect()),
        ("frozen", all(media::SpanKind::Frozen).collect()),
        ("silent", all(media::SpanKind::Silent).collect()),
    ];
    lanes
        .into_iter()
        .filter(|(_, pieces)| !pieces.is_empty())
        .map(|(kind, pieces)| lane(frame, content, duration_ms, kind, &pieces))
        .collect()
}

fn lane(frame: &Frame, content: &str, duration_ms: u64, kind: &str, pieces: &[(u64, u64, Option<u64>)]) -> Lane {
    let class = if matches!(kind, "frozen" | "silent") { "media" } else { "clashing" };
    let piece = |&(from, until, first): &(u64, u64, Option<u64>)| Piece {
        told: told(from, until),
        at: from / 1000,
        href: watched(content, from, until),
        other: first.map(|first| {
            // What comes round several times was shown once before the first of them.
            let last = (first + until.saturating_sub(from)).min(from);
            (frame.say1("evidence.first_at", told(first, last)), watched(content, first, last))
        }),
    };
    let bar = |piece: &(u64, u64, Option<u64>)| {
        let (from, until, _) = *piece;
        let share = |at: u64| (at.min(duration_ms) as f64 * 100.0 / duration_ms.max(1) as f64).clamp(0.0, 100.0);
        let title = format!("{} {}", told(from, until), frame.code("flaw", kind));
        Bar { x: Pct(share(from)), w: Pct((share(until) - share(from)).max(0.2)), class, title, href: watched(content, from, until) }
    };
    Lane {
        kind: kind.to_owned(),
        bars: pieces.iter().map(bar).collect(),
        pieces: pieces.iter().take(TOLD).map(piece).collect(),
        count: pieces.len(),
    }
}

/// What a recording shares with another: where in this one, and where in that.
pub(super) fn shared(content: &str, other: &str, runs: &[Stretch]) -> Vec<Piece> {
    let piece = |&Stretch(from, until, other_from, other_until): &Stretch| {
        let [from, until, other_from, other_until] = [from, until, other_from, other_until].map(u64::from);
        Piece {
            told: told(from, until),
            at: from / 1000,
            href: watched(content, from, until),
            other: Some((told(other_from, other_until), watched(other, other_from, other_until))),
        }
    };
    runs.iter().take(TOLD).map(piece).collect()
}

/// The moment of a recording that a picture shows.
pub(super) fn moment(recording: &str, at: u64, until: u64) -> Piece {
    let told = if until - at < 2_000 { length(at as i64) } else { told(at, until) };
    Piece { told, at: at / 1000, href: watched(recording, at, until.max(at + 1)), other: None }
}

fn told(from: u64, until: u64) -> String {
    format!("{}–{}", length(from as i64), length(until as i64))
}

/// A player begins at the first and stops at the second.
fn watched(content: &str, from: u64, until: u64) -> String {
    format!("{content}#t={},{}", from / 1000, until.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::media::SpanKind;

    fn span(kind: SpanKind, from: u64, until: u64) -> Span {
        Span { kind, from_ms: from * 1000, until_ms: until * 1000, first_ms: (kind == SpanKind::Looped).then_some(5_000) }
    }

    #[test]
    fn each_kind_has_a_lane_and_each_piece_leads_to_where_it_is() {
        let spans = [span(SpanKind::Frozen, 10, 100), span(SpanKind::Silent, 50, 300), span(SpanKind::Looped, 400, 460)];
        let lanes = lanes(&super::super::sample::frame(), "/c", 1_000_000, &spans);
        assert_eq!(lanes.iter().map(|lane| lane.kind.as_str()).collect::<Vec<_>>(), ["looped", "dead", "frozen", "silent"]);
        let looped = &lanes[0].pieces[0];
        assert_eq!((looped.told.as_str(), looped.at, looped.href.as_str()), ("6:40–7:40", 400, "/c#t=400,460"));
        assert_eq!(looped.other.as_ref().map(|other| other.1.as_str()), Some("/c#t=5,65"));
        assert_eq!((lanes[1].pieces[0].told.as_str(), lanes[1].bars[0].x, lanes[1].bars[0].w), ("0:50–1:40", Pct(5.0), Pct(5.0)));
    }

    #[test]
    fn of_a_clip_in_a_loop_the_first_showing_ends_where_it_comes_round() {
        let spans = [Span { kind: SpanKind::Looped, from_ms: 40_000, until_ms: 119_000, first_ms: Some(0) }];
        let lanes = lanes(&super::super::sample::frame(), "/c", 120_000, &spans);
        assert_eq!(lanes[0].pieces[0].other.as_ref().map(|other| other.1.as_str()), Some("/c#t=0,40"));
    }

    #[test]
    fn what_is_shared_is_told_on_both_sides() {
        let [piece] = &shared("/a", "/b", &[Stretch(10_000, 2_480_000, 310_000, 2_780_000)])[..] else { panic!("one") };
        assert_eq!((piece.told.as_str(), piece.href.as_str()), ("0:10–41:20", "/a#t=10,2480"));
        assert_eq!(piece.other, Some(("5:10–46:20".into(), "/b#t=310,2780".into())));
    }
}

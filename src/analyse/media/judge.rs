//! What was seen and heard, put together: the spans to be told and the time that is lost.

use super::facts::{Span, SpanKind};
use super::grid::{Grid, Gridder};
use super::limits::Limits;
use super::source::Source;
use super::stillness::{Run, least};
use super::timeline::micros;
use super::watch::{EXACT, Plan};
use super::{input, spans};
use ffmpeg::codec::discard::Discard;
use ffmpeg::format::context::Input;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use std::ops::ControlFlow;

/// What is known when the packets have gone by. Times are microseconds on the container's clock.
pub(super) struct Seen<'a> {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) runs: Vec<Run>,
    pub(super) silences: Vec<(i64, i64)>,
    /// The track of pictures, and how far its samples may be apart.
    pub(super) track: usize,
    pub(super) plan: Plan,
    pub(super) gap: i64,
    pub(super) source: &'a Source,
    pub(super) limits: &'a Limits,
}

impl Seen<'_> {
    /// The spans to be told.
    pub(super) fn judge(self) -> Vec<Span> {
        let silences = spans::union(self.silences.clone());
        let mut closer = None;
        let mut told: Vec<(SpanKind, i64, i64)> = silences.iter().map(|(from, until)| (SpanKind::Silent, *from, *until)).collect();
        told.retain(|(kind, from, until)| until - from >= least(*kind));
        for run in &self.runs {
            let (from, until) = self.edges(run, &silences, &mut closer);
            if until - from >= run.least() {
                told.push((run.kind, from, until));
            }
        }
        told.sort_by_key(|(kind, from, until)| (*from, *kind, *until));
        let since_start = |at: i64| u64::try_from((at - self.start + 500) / 1000).unwrap_or(0);
        let told = told.into_iter().map(|(kind, from, until)| Span {
            kind,
            from_ms: since_start(from),
            until_ms: since_start(until),
            first_ms: None,
        });
        told.collect()
    }

    /// Where a run begins and ends: exactly where that matters, else no longer than was seen.
    fn edges(&self, run: &Run, silences: &[(i64, i64)], closer: &mut Option<Closer>) -> (i64, i64) {
        let (earliest, latest) = (run.before.unwrap_or(self.start), run.after.unwrap_or(self.end));
        let begins = if run.before.is_none() { self.start } else { run.first };
        if self.plan == Plan::Every || self.gap <= EXACT {
            return (begins, latest);
        }
        let in_silence = spans::total(&spans::both(&[(earliest, latest)], silences)) >= least(SpanKind::Frozen);
        if run.kind == SpanKind::Black || in_silence {
            if closer.is_none() {
                *closer = Closer::open(self.source, self.track, self.limits).ok();
            }
            if let Some(closer) = closer {
                return (closer.beginning(run, begins), closer.ending(run, latest));
            }
        }
        (begins, run.last)
    }
}

/// Looks again at single stretches, frame by frame.
struct Closer {
    input: Input,
    track: usize,
    decoder: ffmpeg::decoder::Video,
    gridder: Gridder,
}

impl Closer {
    fn open(source: &Source, track: usize, limits: &Limits) -> Result<Closer, String> {
        let input = input::open(source, limits)?;
        let stream = input.stream(track).ok_or("The video has no pictures.")?;
        let mut decoder = input::picture_decoder(&stream, limits).map_err(input::sentence)?;
        decoder.skip_loop_filter(Discard::All);
        Ok(Closer { input, track, decoder, gridder: Gridder::default() })
    }

    /// The first of the frames without break like the run, down to `begins`.
    fn beginning(&mut self, run: &Run, begins: i64) -> i64 {
        let Some(before) = run.before else { return begins };
        let mut first = None;
        self.look(before, run.first, |at, grid| {
            first = if run.holds(grid) { first.or(Some(at)) } else { None };
            ControlFlow::Continue(())
        });
        first.unwrap_or(begins)
    }

    /// The first frame that is not like the run, at `latest` at the latest.
    fn ending(&mut self, run: &Run, latest: i64) -> i64 {
        let mut ends = latest;
        self.look(run.last, latest, |at, grid| {
            if run.holds(grid) {
                return ControlFlow::Continue(());
            }
            ends = at;
            ControlFlow::Break(())
        });
        ends
    }

    /// Shows every frame strictly between two times.
    fn look(&mut self, after: i64, before: i64, mut each: impl FnMut(i64, &Grid) -> ControlFlow<()>) {
        if self.input.seek(after, ..after).is_err() {
            return;
        }
        self.decoder.flush();
        let mut decoded = frame::Video::empty();
        let mut ended = false;
        while !ended {
            let fed = match input::next(&mut self.input) {
                Ok(packet) if packet.stream() != self.track => continue,
                Ok(packet) => self.decoder.send_packet(&packet),
                Err(_) => {
                    ended = true;
                    self.decoder.send_eof()
                }
            };
            while fed.is_ok() && self.decoder.receive_frame(&mut decoded).is_ok() {
                let Some(at) = decoded.timestamp().map(|at| micros(at, self.decoder.packet_time_base())) else { continue };
                if at >= before {
                    return;
                }
                if at > after
                    && let Some(grid) = self.gridder.grid(&decoded)
                    && each(at, &grid).is_break()
                {
                    return;
                }
            }
        }
    }
}

//! The lesson line: time from left to right over the lesson window, drawn with percentages so that the same picture fits a
//! wall, a phone and a sheet of paper without script. Pure geometry; the templates turn it into SVG.

use super::format;
use super::frame::Frame;
use super::state::State;
use crate::time::{MILLI, MINUTE, Time};
use std::fmt;

/// A place or a width in hundredths of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Pct(pub f64);

impl fmt::Display for Pct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}%", self.0)
    }
}

/// The time the line covers.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Left edge.
    pub from: Time,
    /// Right edge, after the left one.
    pub until: Time,
}

/// The longest the line shows of what happened before and after the lesson.
const MARGIN: i64 = 15 * MINUTE;

impl Scale {
    /// The window, widened by what else is to be seen, at most a quarter of an hour to each side.
    pub fn around(from: Time, until: Time, seen: impl IntoIterator<Item = (Time, Time)>) -> Scale {
        let until = until.max(from.plus(MINUTE));
        let (mut left, mut right) = (from, until);
        for (start, end) in seen {
            left = left.min(start.max(from.plus(-MARGIN)));
            right = right.max(end.min(until.plus(MARGIN)));
        }
        Scale { from: left, until: right }
    }

    /// Where a moment lies; outside moments stick to the edge.
    pub fn at(&self, time: Time) -> Pct {
        let share = (time.0 - self.from.0) as f64 / (self.until.0 - self.from.0) as f64;
        Pct((share * 100.0).clamp(0.0, 100.0))
    }

    /// Where a span lies and how wide it is, never thinner than can be seen; none of it when it lies outside.
    pub fn span(&self, from: Time, until: Time) -> Option<(Pct, Pct)> {
        if until <= self.from || from >= self.until || until < from {
            return None;
        }
        let (left, right) = (self.at(from), self.at(until));
        Some((left, Pct((right.0 - left.0).max(0.15))))
    }

    /// Round times at the distance that gives at most ten labels and their end.
    pub fn ticks(&self, frame: &Frame) -> Vec<Tick> {
        let length = self.until.0 - self.from.0;
        let step = [1, 2, 5, 10, 15, 30, 60, 120, 240].into_iter().map(|minutes| minutes * MINUTE);
        let step = step.clone().find(|step| length / step <= 10).unwrap_or(480 * MINUTE);
        let first = self.from.0.div_euclid(step) * step + if self.from.0.rem_euclid(step) == 0 { 0 } else { step };
        (0..)
            .map(|index| Time(first + index * step))
            .take_while(|time| *time <= self.until)
            .map(|time| {
                let x = self.at(time);
                let anchor = match x.0 {
                    x if x < 2.0 => "start",
                    x if x > 98.0 => "end",
                    _ => "middle",
                };
                Tick { x, label: frame.clock(time), minor: (time.0 / step) % 2 != 0, anchor }
            })
            .collect()
    }
}

/// A labelled time on the axis.
#[derive(Clone, Debug)]
pub struct Tick {
    /// Where.
    pub x: Pct,
    /// `09:10`.
    pub label: String,
    /// Left out where there is little room.
    pub minor: bool,
    /// Which side of the label stands at `x`.
    pub anchor: &'static str,
}

/// Evidence a span rests on.
#[derive(Clone, Debug)]
pub struct Source {
    /// The evidence's id.
    pub evidence: String,
    /// How it is called on the page: its file name.
    pub name: String,
    /// The row of the file, where it has rows.
    pub row: Option<u64>,
    /// Its index in the log; none until it is sealed.
    pub leaf: Option<u64>,
    /// Whether the row is the trainee's because a person said so.
    pub said: bool,
}

impl Source {
    /// The evidence page, at the row.
    pub fn href(&self) -> String {
        match self.row {
            Some(row) => format!("/evidence/{}?row={row}#row", self.evidence),
            None => format!("/evidence/{}", self.evidence),
        }
    }
}

/// A piece of a trainee's lesson.
#[derive(Clone, Debug)]
pub struct Span {
    /// What became of it.
    pub state: State,
    /// Start.
    pub from: Time,
    /// End.
    pub until: Time,
    /// Why it does not count, as a stable code.
    pub reason: Option<String>,
    /// For credited time of a recorded lesson: from which millisecond of the content to which.
    pub content: Option<(i64, i64)>,
    /// What it rests on.
    pub sources: Vec<Source>,
}

impl Span {
    /// Its length in milliseconds.
    pub fn millis(&self) -> i64 {
        (self.until.0 - self.from.0) / MILLI
    }

    /// What a pointer or a screen reader is told: `09:00–09:12 未认定：等候室`.
    pub fn told(&self, frame: &Frame) -> String {
        let times = format!("{}–{}", frame.clock_s(self.from), frame.clock_s(self.until));
        let word = frame.code("state", self.state.code());
        match &self.reason {
            Some(reason) => format!("{times} {word} · {}", frame.code("reason", reason)),
            None => format!("{times} {word}"),
        }
    }
}

/// Something that happened at one moment: sign-in, answer, face check.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its kind: `join`, `leave`, `answer`, `face_check` …
    pub kind: String,
    /// When.
    pub at: Time,
}

/// One trainee's row.
#[derive(Clone, Debug)]
pub struct Person {
    /// The trainee's id.
    pub trainee: String,
    /// The name, as far as the reader may see it.
    pub name: String,
    /// What tells people of one name apart: the provider's own number.
    pub number: String,
    /// The whole window, without gap or overlap.
    pub spans: Vec<Span>,
    /// Moments.
    pub marks: Vec<Mark>,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
    /// Milliseconds of the credited time that recording or pictures confirm.
    pub corroborated: i64,
    /// Whether the hour was calculated at all.
    pub calculated: bool,
    /// A finding is open.
    pub disputed: bool,
}

impl Person {
    /// Milliseconds that count.
    pub fn millis(&self) -> i64 {
        self.spans.iter().filter(|span| span.state == State::Credited).map(Span::millis).sum()
    }

    fn state(&self, planned: i64) -> State {
        if self.calculated { State::of_hour(self.credited, planned, self.disputed) } else { State::Pending }
    }
}

/// A recording of the lesson.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its evidence.
    pub evidence: String,
    /// Its file name.
    pub name: String,
    /// When it began, as far as known.
    pub from: Time,
    /// When it ended.
    pub until: Time,
    /// Frozen, black, silent or repeated pieces: kind, from, until.
    pub flaws: Vec<(String, Time, Time)>,
}

/// A picture of the lesson.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its evidence.
    pub evidence: String,
    /// When it was taken, as far as known.
    pub at: Time,
    /// Its file name.
    pub name: String,
    /// Whether there is a small version.
    pub thumbnail: bool,
}

/// A bar to draw.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Left edge.
    pub x: Pct,
    /// Width.
    pub w: Pct,
    /// Class of the style sheet.
    pub class: &'static str,
    /// What is told about it.
    pub title: String,
    /// Where it leads.
    pub href: String,
}

/// A tick to draw.
#[derive(Clone, Debug)]
pub struct Dot {
    /// Where.
    pub x: Pct,
    /// Its kind, also its class.
    pub kind: String,
    /// What is told about it.
    pub title: String,
}

/// Pictures at one place of the line; more than one when they lie too close to be told apart.
#[derive(Clone, Debug)]
pub struct Thumb {
    /// The minute.
    pub tick: Pct,
    /// How far the picture, `THUMB_PX` wide, is moved left of it so that it stays on the line at any width.
    pub shift: f64,
    /// The first picture's evidence.
    pub evidence: String,
    /// Whether there is a small version.
    pub thumbnail: bool,
    /// How many.
    pub count: usize,
    /// What is told about it.
    pub title: String,
}

/// A recording's track.
#[derive(Clone, Debug)]
pub struct Track {
    /// The bar.
    pub bar: Bar,
    /// Hatched pieces on it.
    pub flaws: Vec<Bar>,
    /// The file name.
    pub name: String,
}

/// A trainee's row, drawn.
#[derive(Clone, Debug)]
pub struct Row {
    /// The person.
    pub person: Person,
    /// The hour as a whole.
    pub state: State,
    /// Presence.
    pub bars: Vec<Bar>,
    /// Moments.
    pub dots: Vec<Dot>,
    /// Where the whole row leads.
    pub href: String,
}

/// The whole picture.
#[derive(Clone, Debug)]
pub struct Line {
    /// The axis.
    pub ticks: Vec<Tick>,
    /// The lesson window on it.
    pub window: (Pct, Pct),
    /// The edges of the scale in milliseconds since the epoch, for the reading cursor.
    pub edges: (i64, i64),
    /// Minutes from UTC of the zone, for the reading cursor.
    pub offset_minutes: i32,
    /// Recordings.
    pub tracks: Vec<Track>,
    /// Pictures.
    pub thumbs: Vec<Thumb>,
    /// People, least evidence first.
    pub rows: Vec<Row>,
    /// Whether it is drawn along recorded content and not along the clock.
    pub of_content: bool,
}

/// What a line is drawn from.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its id.
    pub id: String,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// Thousandths of a lesson hour it can bring.
    pub planned: i64,
    /// Milliseconds of content, when it is recorded: then the line is drawn along it, since its window is weeks and its viewers' hours are specks.
    pub content: Option<i64>,
    /// Recordings.
    pub recordings: Vec<Recording>,
    /// Pictures.
    pub pictures: Vec<Picture>,
    /// People.
    pub people: Vec<Person>,
}

/// How people are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Least credited and least confirmed first: where to look.
    #[default]
    Evidence,
    /// By name.
    Name,
}

/// Pictures nearer than this share of the line are shown as one with a count.
const THUMB_PCT: f64 = 4.5;

/// Width of a small picture as the templates draw it.
const THUMB_PX: f64 = 44.0;

impl Line {
    /// Draws a lesson.
    pub fn draw(frame: &Frame, lesson: Lesson, order: Order) -> Line {
        if let Some(length) = lesson.content {
            return Line::along_content(frame, lesson, length, order);
        }
        let recorded = lesson.recordings.iter().map(|recording| (recording.from, recording.until));
        let pictured = lesson.pictures.iter().map(|picture| (picture.at, picture.at));
        let scale = Scale::around(lesson.from, lesson.until, recorded.chain(pictured));
        let tracks = lesson.recordings.iter().filter_map(|recording| track(frame, &scale, recording)).collect();
        let thumbs = thumbs(frame, &scale, &lesson.pictures);
        let rows = sorted(lesson.people, order).into_iter().map(|person| row(frame, &scale, &lesson.id, lesson.planned, person)).collect();
        let window = scale.span(lesson.from, lesson.until.max(lesson.from.plus(MINUTE))).unwrap_or((Pct(0.0), Pct(100.0)));
        let offset = chrono::Offset::fix(scale.from.utc().with_timezone(&frame.zone).offset());
        Line {
            ticks: scale.ticks(frame),
            window,
            edges: (scale.from.0 / MILLI, scale.until.0 / MILLI),
            offset_minutes: offset.local_minus_utc() / 60,
            tracks,
            thumbs,
            rows,
            of_content: false,
        }
    }

    /// A recorded lesson: what each watched of it, from its first minute to its last.
    fn along_content(frame: &Frame, lesson: Lesson, length: i64, order: Order) -> Line {
        let scale = Scale { from: Time(0), until: Time(length.max(60_000) * MILLI) };
        let rows = sorted(lesson.people, order).into_iter().map(|person| content_row(frame, &scale, &lesson.id, lesson.planned, person));
        // The content begins at midnight of no day, so its minutes read as clocks do.
        let midnight = Frame { zone: chrono_tz::UTC, ..frame.clone() };
        Line {
            ticks: scale.ticks(&midnight),
            window: (Pct(0.0), Pct(100.0)),
            edges: (0, scale.until.0 / MILLI),
            offset_minutes: 0,
            tracks: Vec::new(),
            thumbs: Vec::new(),
            rows: rows.collect(),
            of_content: true,
        }
    }

    /// What the reading cursor says, as a key of the words.
    pub fn reading(&self) -> &'static str {
        if self.of_content { "line.reading_content" } else { "line.reading" }
    }

    /// What one may do with it, as a key of the words.
    pub fn hint(&self) -> &'static str {
        if self.of_content { "line.hint_content" } else { "line.hint" }
    }

    /// What the axis is called.
    pub fn axis(&self) -> &'static str {
        if self.of_content { "line.content" } else { "line.plan" }
    }

    /// What a row is called.
    pub fn row_word(&self) -> &'static str {
        if self.of_content { "line.watched" } else { "line.presence" }
    }
}

fn sorted(mut people: Vec<Person>, order: Order) -> Vec<Person> {
    match order {
        Order::Evidence => {
            people.sort_by(|a, b| (a.credited, a.corroborated, &a.name, &a.number).cmp(&(b.credited, b.corroborated, &b.name, &b.number)))
        }
        Order::Name => people.sort_by(|a, b| (&a.name, &a.number).cmp(&(&b.name, &b.number))),
    }
    people
}

fn content_row(frame: &Frame, scale: &Scale, lesson: &str, planned: i64, person: Person) -> Row {
    let href = format!("/hours/{lesson}/{}", person.trainee);
    let mut watched: Vec<(i64, i64, usize)> =
        person.spans.iter().enumerate().filter_map(|(index, span)| span.content.map(|(from, until)| (from, until, index))).collect();
    watched.sort_unstable();
    // What lies between was not watched, or does not count.
    let mut pieces = Vec::new();
    let mut at = 0;
    for &(from, until, index) in &watched {
        pieces.extend([(at, from, None), (from, until, Some(index))]);
        at = until;
    }
    pieces.extend(person.calculated.then_some((at, scale.until.0 / MILLI, None)));
    let bars = pieces.into_iter().filter(|(from, until, _)| from < until).filter_map(|(from, until, index)| {
        let (x, w) = scale.span(Time(from * MILLI), Time(until * MILLI))?;
        let span = index.map(|index| &person.spans[index]);
        let class = span.map_or(State::Uncredited, |span| span.state).code();
        let told = span.map_or_else(|| frame.code("span_state", class).to_owned(), |span| frame.moment(span.from));
        let title = format!("{}–{} {told}", format::length(from), format::length(until));
        Some(Bar { x, w, class, title, href: index.map_or_else(|| href.clone(), |index| format!("{href}#s{}", index + 1)) })
    });
    let bars = bars.collect();
    Row { state: person.state(planned), bars, dots: Vec::new(), href, person }
}

fn track(frame: &Frame, scale: &Scale, recording: &Recording) -> Option<Track> {
    let (x, w) = scale.span(recording.from, recording.until)?;
    let told = |from: &Time, until: &Time| format!("{}–{}", frame.clock_s(from), frame.clock_s(until));
    let href = format!("/evidence/{}", recording.evidence);
    let flaws = recording
        .flaws
        .iter()
        .filter_map(|(kind, from, until)| {
            let (x, w) = scale.span(*from, *until)?;
            let title = format!("{} {}", told(from, until), frame.code("flaw", kind));
            Some(Bar { x, w, class: "flaw", title, href: href.clone() })
        })
        .collect();
    let title = format!("{} {}", told(&recording.from, &recording.until), recording.name);
    Some(Track { bar: Bar { x, w, class: "media", title, href }, flaws, name: recording.name.clone() })
}

fn thumbs(frame: &Frame, scale: &Scale, pictures: &[Picture]) -> Vec<Thumb> {
    let mut sorted: Vec<&Picture> = pictures.iter().collect();
    sorted.sort_by_key(|picture| picture.at);
    let mut out: Vec<Thumb> = Vec::new();
    for picture in sorted {
        let tick = scale.at(picture.at);
        match out.last_mut() {
            Some(last) if tick.0 - last.tick.0 < THUMB_PCT => {
                last.count += 1;
                last.title.push_str(&format!("\n{} {}", frame.clock_s(picture.at), picture.name));
            }
            _ => out.push(Thumb {
                tick,
                shift: -(tick.0 / 100.0 * THUMB_PX).round(),
                evidence: picture.evidence.clone(),
                thumbnail: picture.thumbnail,
                count: 1,
                title: format!("{} {}", frame.clock_s(picture.at), picture.name),
            }),
        }
    }
    out
}

fn row(frame: &Frame, scale: &Scale, lesson: &str, planned: i64, person: Person) -> Row {
    let href = format!("/hours/{lesson}/{}", person.trainee);
    let bars = person
        .spans
        .iter()
        .enumerate()
        .filter_map(|(index, span)| {
            let (x, w) = scale.span(span.from, span.until)?;
            Some(Bar { x, w, class: span.state.code(), title: span.told(frame), href: format!("{href}#s{}", index + 1) })
        })
        .collect();
    let dots = person
        .marks
        .iter()
        .map(|mark| {
            let title = format!("{} {}", frame.clock_s(mark.at), frame.code("mark", &mark.kind));
            Dot { x: scale.at(mark.at), kind: mark.kind.clone(), title }
        })
        .collect();
    Row { state: person.state(planned), bars, dots, href, person }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn at(clock: &str) -> Time {
        format!("2020-03-03T{clock}:00+08:00").parse().expect("valid")
    }

    #[test]
    fn the_line_widens_for_what_was_seen_but_not_for_a_stray_clock() {
        let scale = Scale::around(at("09:00"), at("09:45"), [(at("08:55"), at("09:50"))]);
        assert_eq!((scale.from, scale.until), (at("08:55"), at("09:50")));
        let scale = Scale::around(at("09:00"), at("09:45"), [(at("01:00"), at("23:00"))]);
        assert_eq!((scale.from, scale.until), (at("08:45"), at("10:00")));
    }

    #[test]
    fn a_lesson_without_length_is_still_drawn() {
        let scale = Scale::around(at("09:00"), at("09:00"), []);
        assert!(scale.at(at("09:00")).0.is_finite());
        assert!(!scale.ticks(&sample::frame()).is_empty());
    }

    #[test]
    fn a_span_is_cut_at_the_edge_and_one_outside_is_not_drawn() {
        let scale = Scale { from: at("09:00"), until: at("10:00") };
        assert_eq!(scale.span(at("08:30"), at("09:30")), Some((Pct(0.0), Pct(50.0))));
        assert_eq!(scale.span(at("10:00"), at("10:30")), None);
    }

    #[test]
    fn the_axis_has_at_most_eleven_round_labels() {
        for (from, until) in [("09:00", "09:07"), ("09:00", "09:45"), ("08:52", "11:38"), ("00:00", "23:59")] {
            let ticks = Scale { from: at(from), until: at(until) }.ticks(&sample::frame());
            assert!((2..=11).contains(&ticks.len()), "{from}–{until}: {}", ticks.len());
        }
        let labels: Vec<String> =
            Scale { from: at("08:52"), until: at("11:38") }.ticks(&sample::frame()).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels[..3], ["09:00", "09:30", "10:00"]);
    }

    #[test]
    fn pictures_too_close_to_tell_apart_become_one_with_a_count() {
        let scale = Scale { from: at("09:00"), until: at("10:00") };
        let picture = |clock| Picture { evidence: String::new(), at: at(clock), name: String::new(), thumbnail: true };
        let thumbs = thumbs(&sample::frame(), &scale, &[picture("09:31"), picture("09:10"), picture("09:30"), picture("10:00")]);
        assert_eq!(thumbs.iter().map(|thumb| thumb.count).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!((thumbs[2].tick, thumbs[2].shift), (Pct(100.0), -44.0), "the last one is kept on the line");
    }

    #[test]
    fn the_least_evidence_stands_first() {
        let line = Line::draw(&sample::frame(), sample::lesson(40), Order::Evidence);
        assert!(line.rows.windows(2).all(|pair| pair[0].person.credited <= pair[1].person.credited));
        let total: f64 = line.rows[7].bars.iter().map(|bar| bar.w.0).sum();
        assert!((total - line.window.1.0).abs() < 1.0, "the spans fill the window: {total} of {}", line.window.1);
    }
}

//! A video file: container, tracks, lengths, times, a picture of it.

use super::facts::{Durations, Facts, MediaKind, Pass, Span, SpanKind, Stream};
use super::flaw::{self, Flaw};
use super::input::{self, Shape};
use super::judge::Seen;
use super::keyframes::Collector;
use super::limits::Limits;
use super::reading::Reading;
use super::reel::Reel;
use super::source::Source;
use super::timeline::{self, Timeline, Track};
use super::watch::{Ears, Eyes, Heard, KEYFRAME_GAP, PIXELS, Plan};
use super::{frames, sniff, thumbnail};
use crate::time::Time;
use ffmpeg::format::context::Input;
use ffmpeg::format::stream::Disposition;
use ffmpeg::media::Type;
use ffmpeg_next as ffmpeg;
use likeness::loops;
use sha2::{Digest, Sha256};

/// Opens a video, or says in a sentence why not.
pub(super) fn measure(source: &Source, limits: &Limits, pass: Pass) -> Result<Facts, String> {
    ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
    let head = source.head(sniff::HEAD).map_err(|error| format!("The file cannot be read: {error}."))?;
    let mut input = input::open(source, limits)?;
    let mut facts = Facts::new(MediaKind::Video, container(&input, &head));
    facts.pass = Some(pass);
    tags(&mut facts, &input);
    let picture = picture_track(&input);
    let sound = input.streams().find(|stream| stream.parameters().medium() == Type::Audio).map(|stream| stream.index());
    // The full pass sees pictures when the packets are counted.
    let mut eyes = picture.filter(|_| pass == Pass::Fast).map(|track| Eyes::open(&input, track, Plan::Keyframes, limits));
    let mut ears = sound.map(|track| Ears::open(&input, track, limits));
    let (mut shown, mut heard) = (Packets::of(picture), Packets::of(sound));
    let mut keyframes = picture.and_then(|track| input.stream(track)).map(|stream| Keys::of(&stream));
    let timeline = timeline::read(&mut input, |track, packet, played| {
        // Not every container can say what is not played.
        shown.packet(track, packet);
        heard.packet(track, packet);
        if played {
            keyframes.iter_mut().for_each(|keys| keys.packet(track, packet));
            eyes.iter_mut().flatten().for_each(|eyes| eyes.packet(track, packet));
            ears.iter_mut().flatten().for_each(|ears| ears.packet(track, packet));
        }
    });
    facts.streams = timeline.tracks.iter().enumerate().filter_map(|(index, track)| describe(&input, index, track)).collect();
    if facts.streams.iter().all(|stream| stream.packets == 0 || !matches!(stream.kind.as_str(), "video" | "audio")) {
        return Err("The video has no pictures and no sound: it is damaged or cut short; export it again.".into());
    }
    (facts.digests.shown, facts.digests.heard) = (shown.digest(), heard.digest());
    lengths(&mut facts, &input, &timeline);
    let Some(picture) = picture else {
        facts.notes.push("There is sound but no moving picture.".into());
        return Ok(facts);
    };
    pictures(&mut facts, &input, picture, &timeline.tracks[picture]);
    facts.keyframes = keyframes.zip(extent(&facts, &timeline)).map(|(keys, (start, end))| keys.all.finish(start, end));
    match frames::representative(source, limits, picture, facts.duration_ms.unwrap_or(0)) {
        Ok(frame) => {
            facts.thumbnail_at_ms = Some(frame.at_ms);
            facts.thumbnail = thumbnail::encode(&frame.upright(facts.rotation));
        }
        Err(because) => facts.notes.push(because),
    }
    watched(&mut facts, source, limits, &timeline, picture, (eyes, ears));
    Ok(facts)
}

/// What decoders saw and heard while the packets went by, or why they could not.
type Senses = (Option<Result<Eyes, String>>, Option<Result<Ears, String>>);

/// Adds what is black, still, silent or repeated, and the reel.
fn watched(facts: &mut Facts, source: &Source, limits: &Limits, timeline: &Timeline, track: usize, (eyes, ears): Senses) {
    let Some((start, end)) = extent(facts, timeline) else { return };
    let gap = timeline.tracks[track].keyframe_gap().unwrap_or(i64::MAX);
    let pixels = timeline.tracks[track].packets as f64 * f64::from(facts.width.unwrap_or(0)) * f64::from(facts.height.unwrap_or(0));
    let full = facts.pass == Some(Pass::Full);
    let every = full && pixels <= PIXELS;
    if full && !every {
        facts.notes.push("It is so large that of its pictures only keyframes were looked at.".into());
    }
    if gap > KEYFRAME_GAP && !every {
        facts
            .notes
            .push(format!("Keyframes are up to {} s apart: what is black or still for a shorter time is not seen.", gap / 1_000_000));
    }
    let plan = if every { Plan::Every } else { Plan::Keyframes };
    let reading = || Reading::of_recording(facts.duration_ms.unwrap_or(0), facts.rotation, limits);
    let eyes = eyes.unwrap_or_else(|| look(source, limits, track, plan, reading()));
    let heard = match ears {
        None => {
            facts.notes.push("There is no sound.".into());
            Some(Heard { silences: vec![(start, end)], items: None })
        }
        Some(ears) => ears.ok().and_then(|ears| ears.close(start, end)),
    };
    if heard.is_none() {
        facts.notes.push("The sound cannot be decoded.".into());
    }
    let Some((runs, shots, looks)) = eyes.ok().and_then(|eyes| eyes.close(start, end, facts)) else { return };
    let is_heard = heard.is_some();
    let Heard { silences, items } = heard.unwrap_or_default();
    let seen = Seen { start, end, runs, silences, track, plan, gap, source, limits };
    facts.spans = seen.judge();
    let reel = Reel { shots, sound: items, looks };
    // Keyframes come again at their own pace, not at that of what is shown.
    let loops = if every { loops::find_loops(&reel.frames(), reel.sound.as_deref()) } else { Vec::new() };
    facts.spans.extend(loops.iter().map(|repeat| Span {
        kind: SpanKind::Looped,
        from_ms: repeat.from_ms.into(),
        until_ms: repeat.until_ms.into(),
        first_ms: Some(repeat.first_ms.into()),
    }));
    facts.spans.sort_by_key(|span| (span.from_ms, span.kind, span.until_ms));
    facts.reel = Some(reel);
    let flaws = flaw::flaws(&facts.spans);
    facts.black_ms = flaw::length(&flaws, Some(Flaw::Black));
    facts.dead_ms = flaw::length(&flaws, Some(Flaw::Dead));
    facts.looped_ms = flaw::length(&flaws, Some(Flaw::Looped));
    let lost = flaw::length(&flaws, None).unwrap_or(0);
    facts.effective_ms = facts.duration_ms.filter(|_| is_heard).map(|duration| duration.saturating_sub(lost));
}

/// The digest of one track's packets.
struct Packets {
    track: Option<usize>,
    hash: Sha256,
    any: bool,
}

impl Packets {
    fn of(track: Option<usize>) -> Packets {
        Packets { track, hash: Sha256::new(), any: false }
    }

    fn packet(&mut self, track: usize, packet: &ffmpeg::Packet) {
        if let Some(bytes) = packet.data().filter(|_| Some(track) == self.track) {
            self.hash.update(bytes);
            self.any = true;
        }
    }

    fn digest(self) -> Option<String> {
        self.any.then(|| hex::encode(self.hash.finalize()))
    }
}

/// The keyframes of one track.
struct Keys {
    track: usize,
    base: ffmpeg::Rational,
    all: Collector,
}

impl Keys {
    fn of(stream: &ffmpeg::Stream<'_>) -> Keys {
        Keys { track: stream.index(), base: stream.time_base(), all: Collector::of(input::coded_as(&stream.parameters())) }
    }

    fn packet(&mut self, track: usize, packet: &ffmpeg::Packet) {
        if track == self.track
            && packet.is_key()
            && let Some((at, bytes)) = packet.pts().or(packet.dts()).zip(packet.data())
        {
            self.all.packet(timeline::micros(at, self.base), bytes);
        }
    }
}

/// Reads the file again, decodes the frames of the plan and reads in some of them.
fn look(source: &Source, limits: &Limits, track: usize, plan: Plan, reading: Reading) -> Result<Eyes, String> {
    let mut input = input::open(source, limits)?;
    let mut eyes = Eyes::open(&input, track, plan, limits)?.thorough(reading);
    timeline::read(&mut input, |track, packet, played| {
        if played {
            eyes.packet(track, packet);
        }
    });
    Ok(eyes)
}

/// From the first to the end of the last packet of pictures and sound.
fn extent(facts: &Facts, timeline: &Timeline) -> Option<(i64, i64)> {
    timeline.extent(|index| matches!(facts.streams.get(index).map(|stream| stream.kind.as_str()), Some("video" | "audio")))
}

/// The container in a word. FFmpeg reads whole families with one demuxer and names them all.
fn container(input: &Input, head: &[u8]) -> String {
    match input.format().name() {
        name if name.starts_with("mov") => match sniff::sniff(head).media_type {
            "video/quicktime" => "mov".into(),
            "video/3gpp" => "3gp".into(),
            "audio/mp4" => "m4a".into(),
            _ => "mp4".into(),
        },
        name if name.starts_with("matroska") => match sniff::sniff(head).media_type {
            "video/webm" => "webm".into(),
            _ => "matroska".into(),
        },
        name => name.split(',').next().unwrap_or(name).to_owned(),
    }
}

/// Tags that tell programs and devices. Titles, artists and comments are left in the file: they are where people's names are.
const TAGS: [(&str, &str); 12] = [
    ("encoder", "encoder"),
    ("encoding_tool", "encoder"),
    ("major_brand", "major_brand"),
    ("com.apple.quicktime.make", "make"),
    ("com.apple.quicktime.model", "model"),
    ("com.apple.quicktime.software", "software"),
    ("com.android.manufacturer", "make"),
    ("com.android.model", "model"),
    ("com.android.version", "software"),
    ("make", "make"),
    ("model", "model"),
    ("software", "software"),
];

fn tags(facts: &mut Facts, input: &Input) {
    let container = input.metadata();
    for (name, kept) in TAGS {
        if let Some(value) = container.get(name) {
            facts.tag(kept, value);
        }
    }
    let claims = ["com.apple.quicktime.creationdate", "creation_time", "date", "creationdate"];
    let of_container = claims.iter().filter_map(|name| container.get(name).and_then(created)).next();
    let of_streams = || input.streams().find_map(|stream| stream.metadata().get("creation_time").and_then(created));
    facts.created_at = of_container.or_else(of_streams);
}

/// A creation time with an offset. Recorders that do not know the time write the epoch of Unix or of QuickTime (1904).
fn created(text: &str) -> Option<Time> {
    let text = text.trim();
    // QuickTime writes the offset as +0800.
    let time =
        text.parse::<Time>().ok().or_else(|| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(Time::from))?;
    (time > Time(crate::time::DAY * 365)).then_some(time)
}

fn describe(input: &Input, index: usize, track: &Track) -> Option<Stream> {
    let stream = input.stream(index)?;
    let parameters = stream.parameters();
    let Shape { width, height, sample_rate, channels } = input::shape(&parameters);
    let known = |value: u32| (value > 0).then_some(value);
    let kind = match parameters.medium() {
        Type::Video if is_cover(&stream) => "cover",
        Type::Video => "video",
        Type::Audio => "audio",
        Type::Subtitle => "subtitle",
        _ => "data",
    };
    Some(Stream {
        kind: kind.into(),
        codec: parameters.id().name().into(),
        width: known(width),
        height: known(height),
        sample_rate: known(sample_rate),
        channels: known(channels),
        duration_ms: track.length().map(millis),
        packets: track.packets,
        bytes: track.bytes,
        keyframes: track.keyframes,
        keyframe_gap_ms: (kind == "video").then(|| track.keyframe_gap().map(millis)).flatten(),
    })
}

fn is_cover(stream: &ffmpeg::Stream<'_>) -> bool {
    stream.disposition().contains(Disposition::ATTACHED_PIC)
}

/// The track of moving pictures that a player shows: the largest.
pub(super) fn picture_track(input: &Input) -> Option<usize> {
    let area = |stream: &ffmpeg::Stream<'_>| {
        let shape = input::shape(&stream.parameters());
        u64::from(shape.width) * u64::from(shape.height)
    };
    input
        .streams()
        .filter(|stream| stream.parameters().medium() == Type::Video && !is_cover(stream))
        .max_by_key(|stream| (area(stream), std::cmp::Reverse(stream.index())))
        .map(|stream| stream.index())
}

fn millis(micros: i64) -> u64 {
    u64::try_from((micros + 500) / 1000).unwrap_or(0)
}

fn lengths(facts: &mut Facts, input: &Input, timeline: &Timeline) {
    let packets = extent(facts, timeline).map(|(from, until)| until - from);
    let container = Some(input.duration()).filter(|length| *length > 0);
    let main = picture_track(input).or_else(|| input.streams().find(|s| s.parameters().medium() == Type::Audio).map(|s| s.index()));
    let stream = main
        .and_then(|index| input.stream(index))
        .map(|stream| timeline::micros(stream.duration(), stream.time_base()))
        .filter(|length| *length > 0);
    facts.durations =
        Some(Durations { container_ms: container.map(millis), stream_ms: stream.map(millis), packets_ms: packets.map(millis) });
    facts.duration_ms = timeline::smallest_plausible(container, stream, packets).map(millis);
    let claimed = container.max(stream);
    // A tenth, and at least two seconds: rounding and a last frame's unknown length stay below.
    if claimed.zip(packets).is_some_and(|(claimed, packets)| claimed - packets > (packets / 10).max(2_000_000)) {
        facts.notes.push(format!(
            "The headers claim {} s, but the file holds {} s.",
            millis(claimed.unwrap_or(0)) / 1000,
            millis(packets.unwrap_or(0)) / 1000
        ));
    }
    if timeline.broken {
        facts.notes.push("The file is damaged or cut short: a part of it cannot be read.".into());
    }
}

fn pictures(facts: &mut Facts, input: &Input, index: usize, track: &Track) {
    let Some(stream) = input.stream(index) else { return };
    let Shape { width, height, .. } = input::shape(&stream.parameters());
    facts.rotation = frames::rotation(&stream);
    let turned = matches!(facts.rotation, Some(90 | 270));
    let (width, height) = if turned { (height, width) } else { (width, height) };
    (facts.width, facts.height) = (Some(width).filter(|side| *side > 0), Some(height).filter(|side| *side > 0));
    let counted = track.length().map(|length| track.packets as f64 * 1_000_000.0 / length as f64);
    facts.frame_rate = counted.map(|rate| (rate * 1000.0).round() / 1000.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_time_is_read_as_recorders_write_it() {
        let text = |text: &str| created(text).map(|time| time.to_string());
        assert_eq!(text("2020-03-03T01:00:00.000000Z").as_deref(), Some("2020-03-03T01:00:00Z"));
        assert_eq!(text("2020-03-03T09:00:00+0800").as_deref(), Some("2020-03-03T01:00:00Z"));
    }

    #[test]
    fn a_recorder_without_a_clock_says_nothing() {
        assert_eq!(created("1970-01-01T00:00:00.000000Z"), None);
        assert_eq!(created("1904-01-01T00:00:00.000000Z"), None);
        assert_eq!(created("2020"), None);
    }
}

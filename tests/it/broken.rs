//! Media as nobody should hand them in: cut, empty, under a false name, far too large, with thousands of tracks, with times that run backwards, without
//! keyframes, two formats in one file. Each ends in facts or in a sentence, within the limits; and so does whatever chance makes of a whole one.
//!
//! `KESHI_FUZZ_SECONDS` says how long chance has its way (a few seconds when it says nothing), `KESHI_FUZZ_SEED` where it begins; a file that ended its child
//! is left where the output says.

use crate::media::{facts, facts_of, ffmpeg, measure_within, png, written};
use keshi::analyse::media::{Facts, Limits, Measured, MediaKind, Pass};
use province::chance::Chance;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Twelve seconds, a keyframe each two.
const LESSON: &str = "-f lavfi -i testsrc2=size=160x120:rate=10:duration=12 -f lavfi -i sine=duration=12 -pix_fmt yuv420p \
    -c:v libx264 -preset ultrafast -g 20 -keyint_min 20 -sc_threshold 0 -c:a aac";

/// What is said of a file, within little.
async fn said(file: &Path, kind: MediaKind) -> Result<Facts, String> {
    let limits = Limits { wall_s: 60, cpu_s: 30, faces: false, text: false, ..Limits::default() };
    match measure_within(file, kind, Pass::Full, &limits).await {
        Measured::Facts(facts) => Ok(*facts),
        Measured::Cannot { because } => Err(because),
    }
}

/// The same packets again, with ffmpeg's arguments.
fn again(file: &Path, arguments: &str, name: &str) -> std::path::PathBuf {
    let made = file.with_file_name(name);
    let mut ffmpeg = Command::new("ffmpeg");
    let ran = ffmpeg.args(["-v", "error", "-nostdin", "-y", "-i"]).arg(file).args(arguments.split_whitespace()).arg(&made).status();
    assert!(ran.unwrap().success(), "{arguments}");
    made
}

#[tokio::test]
async fn what_a_file_is_called_does_not_matter_and_what_it_is_does() {
    let (folder, file) = ffmpeg(&format!("{LESSON} lesson.mp4"));
    let film = std::fs::read(&file).unwrap();
    for name in ["lesson.jpg", "lesson.avi", "lesson"] {
        std::fs::write(folder.path().join(name), &film).unwrap();
        assert_eq!(facts(&folder.path().join(name), MediaKind::Video).await.container, "mp4", "{name}");
    }
    let refused = said(&folder.path().join("lesson.jpg"), MediaKind::Picture).await;
    insta::assert_snapshot!(refused.unwrap_err(), @"The file is not a picture that keshi can open; save it as JPEG or PNG.");
    for name in ["a.jpg", "a.png", "a.gif", "a.webp"] {
        let (_folder, picture) = ffmpeg(&format!("-f lavfi -i testsrc2=size=90x60:rate=1:duration=1 -frames:v 1 {name}"));
        assert!(said(&picture, MediaKind::Video).await.unwrap_err().contains("cannot be opened"), "{name} is no recording");
    }
}

#[tokio::test]
async fn pictures_and_recordings_that_claim_twenty_thousand_by_twenty_thousand_pixels_are_not_decoded() {
    let (_folder, bomb) = written("bomb.png", &[&png(20_000, 20_000)[..], b"\0\0\0\x02IDAT\x78\x9C\0\0\0\0"].concat());
    assert!(said(&bomb, MediaKind::Picture).await.unwrap_err().contains("claims 20000 × 20000 pixels"));
    // A JPEG says its size in the frame header: precision, height, width.
    let (_folder, small) = ffmpeg("-f lavfi -i testsrc2=size=96x64 -frames:v 1 -pix_fmt yuvj420p small.jpg");
    let mut bytes = std::fs::read(&small).unwrap();
    let header = bytes.windows(7).position(|seven| seven[..2] == [0xFF, 0xC0] && seven[4..7] == [8, 0, 64]).unwrap();
    bytes[header + 5..header + 9].copy_from_slice(&[0x4E, 0x20, 0x4E, 0x20]);
    let (_folder, bomb) = written("bomb.jpg", &bytes);
    assert!(said(&bomb, MediaKind::Picture).await.unwrap_err().contains("claims 20000 × 20000 pixels"));
    // Of a recording, the container's header and each coded picture claim it.
    let (_folder, film) = ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=5:duration=4 -pix_fmt yuvj420p -c:v mjpeg film.avi");
    let mut bytes = std::fs::read(&film).unwrap();
    let is_header = |seven: &[u8]| seven[..2] == [0xFF, 0xC0] && seven[4..7] == [8, 0, 64];
    let headers: Vec<usize> = bytes.windows(7).enumerate().filter(|(_, seven)| is_header(seven)).map(|found| found.0).collect();
    assert!(headers.len() > 10);
    headers.iter().for_each(|at| bytes[at + 5..at + 9].copy_from_slice(&[0x4E, 0x20, 0x4E, 0x20]));
    let sizes: Vec<usize> = bytes.windows(8).enumerate().filter(|(_, w)| **w == [96, 0, 0, 0, 64, 0, 0, 0]).map(|w| w.0).collect();
    sizes.iter().for_each(|at| bytes[*at..at + 8].copy_from_slice(&[0x20, 0x4E, 0, 0, 0x20, 0x4E, 0, 0]));
    let (_folder, bomb) = written("bomb.avi", &bytes);
    match said(&bomb, MediaKind::Video).await {
        Ok(facts) => assert!(facts.thumbnail.is_none() && facts.reel.is_none() && facts.effective_ms.is_none(), "{facts:?}"),
        Err(because) => assert!(because.contains("cannot be opened"), "{because}"),
    }
}

/// Where a box of a kind lies in an MP4: its beginning and end.
fn mp4_box(bytes: &[u8], kind: &[u8]) -> (usize, usize) {
    let at = bytes.windows(4).position(|four| four == kind).unwrap() - 4;
    (at, at + u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize)
}

#[tokio::test]
async fn ten_thousand_tracks_are_too_many() {
    let (_folder, file) = ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=5:duration=1 -pix_fmt yuv420p small.mp4");
    let bytes = std::fs::read(&file).unwrap();
    let ((moov, moov_end), (trak, trak_end)) = (mp4_box(&bytes, b"moov"), mp4_box(&bytes, b"trak"));
    let with_tracks = |count: usize| {
        let tracks = bytes[trak..trak_end].repeat(count);
        let mut made = [&bytes[..trak_end], &tracks, &bytes[trak_end..]].concat();
        let length = (moov_end - moov + tracks.len()) as u32;
        made[moov..moov + 4].copy_from_slice(&length.to_be_bytes());
        made
    };
    let (_folder, many) = written("many.mp4", &with_tracks(9_999));
    insta::assert_snapshot!(said(&many, MediaKind::Video).await.unwrap_err(), @"The video has more than 64 tracks, or needs more memory than is allowed; export it with fewer.");
    let (_folder, few) = written("few.mp4", &with_tracks(3));
    assert_eq!(said(&few, MediaKind::Video).await.unwrap().streams.len(), 4);
}

#[tokio::test]
async fn times_that_begin_before_zero_count_from_where_they_begin() {
    let (_folder, file) = ffmpeg(&format!("{LESSON} lesson.mp4"));
    for name in ["early.mkv", "early.ts", "early.mp4"] {
        let early = again(&file, "-c copy -output_ts_offset -5 -avoid_negative_ts disabled", name);
        let facts = facts(&early, MediaKind::Video).await;
        // Headers of Matroska say when it ends, and an edit list of MP4 hides what comes before zero; the least that is said counts.
        let expected = if name == "early.ts" { 11_500..=12_500 } else { 6_500..=7_500 };
        assert!(facts.duration_ms.is_some_and(|length| expected.contains(&length)), "{name}: {:?} {:?}", facts.duration_ms, facts.notes);
        let reel = facts.reel.unwrap();
        assert!(reel.shots.iter().all(|shot| shot.at_ms <= 12_500) && reel.shots.len() > 10, "{name}: {} shots", reel.shots.len());
        assert!(facts.keyframes.is_some_and(|all| all.kept.iter().all(|one| one.until_ms <= 12_500)), "{name}");
    }
}

#[tokio::test]
async fn a_frame_rate_that_changes_on_the_way_is_a_recording_like_any_other() {
    let (_folder, file) = ffmpeg(
        "-f lavfi -i testsrc2=size=160x120:rate=20:duration=12 -f lavfi -i sine=duration=12 -vf select='if(lt(t,6),1,not(mod(n,40)))' -vsync vfr \
         -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 20 -c:a aac varying.mkv",
    );
    let facts = facts(&file, MediaKind::Video).await;
    assert!(facts.duration_ms.is_some_and(|length| length.abs_diff(12_000) <= 200), "{:?}", facts.duration_ms);
    assert_eq!(facts.streams.iter().find(|stream| stream.kind == "video").unwrap().packets, 123);
    assert_eq!(facts.effective_ms, facts.duration_ms, "{:?}", facts.spans);
}

#[tokio::test]
async fn a_recording_without_keyframes_says_what_can_be_said() {
    let (_folder, file) = ffmpeg(&format!("{LESSON} lesson.mp4"));
    let headless = again(&file, "-c copy -bsf:v noise=drop=key", "headless.mkv");
    for pass in [Pass::Fast, Pass::Full] {
        let facts = facts_of(&headless, MediaKind::Video, pass).await;
        let pictures = facts.streams.iter().find(|stream| stream.kind == "video").unwrap();
        assert_eq!((pictures.packets, pictures.keyframes), (114, 0), "{pass:?}");
        assert!(facts.duration_ms.is_some_and(|length| length.abs_diff(12_000) <= 300), "{pass:?}: {:?}", facts.duration_ms);
        assert!(facts.keyframes.is_some_and(|all| all.kept.is_empty()), "{pass:?}");
        assert!(facts.digests.shown.is_some() && facts.digests.heard.is_some(), "{pass:?}");
    }
}

#[tokio::test]
async fn two_formats_in_one_file_are_the_one_that_it_was_handed_in_as_and_nothing_else() {
    let (folder, film) = ffmpeg(&format!("{LESSON} lesson.mp4"));
    let film = std::fs::read(film).unwrap();
    let (_pictures, picture) = ffmpeg("-f lavfi -i testsrc2=size=96x64 -frames:v 1 -pix_fmt yuvj420p a.jpg");
    let picture = std::fs::read(picture).unwrap();
    let plain = {
        let (_folder, file) = written("plain.jpg", &picture);
        facts(&file, MediaKind::Picture).await
    };
    let page = b"<html><script>alert(1)</script></html>";
    let comment = [&[0xFF, 0xFE], &(2 + page.len() as u16).to_be_bytes()[..], page].concat();
    for (what, bytes) in [
        ("a film behind it", [&picture[..], &film].concat()),
        ("an archive behind it", [&picture[..], b"PK\x03\x04\x14\0\0\0\0\0", &[0; 40]].concat()),
        ("a page in it", [&picture[..2], &comment, &picture[2..]].concat()),
        ("a document behind it", [&picture[..], b"%PDF-1.4\n1 0 obj\n"].concat()),
    ] {
        let (_folder, file) = written("two.jpg", &bytes);
        let found = facts(&file, MediaKind::Picture).await;
        assert_eq!((found.container.as_str(), &found.digests), ("jpeg", &plain.digests), "{what}");
        assert!(said(&file, MediaKind::Video).await.is_err(), "a picture with {what} is no recording");
    }
    // A box that players pass over holds the picture.
    let free = [&(8 + picture.len() as u32).to_be_bytes()[..], b"free", &picture].concat();
    let hidden = folder.path().join("hidden.mp4");
    std::fs::write(&hidden, [&film[..], &free].concat()).unwrap();
    let found = facts(&hidden, MediaKind::Video).await;
    assert_eq!((found.container.as_str(), found.duration_ms), ("mp4", Some(12_000)));
    assert!(said(&hidden, MediaKind::Picture).await.is_err());
    let (_folder, flag) = written("flag.gif", &[b"GIF89a".as_slice(), &film].concat());
    assert!(said(&flag, MediaKind::Video).await.is_err() && said(&flag, MediaKind::Picture).await.is_err(), "a head alone is neither");
}

#[tokio::test]
async fn a_film_of_pictures_that_move_is_no_still_and_says_so() {
    let (_folder, moving) = ffmpeg("-f lavfi -i testsrc2=size=90x60:rate=5:duration=2 -c:v libwebp_anim -loop 0 moving.webp");
    let bytes = std::fs::read(&moving).unwrap();
    for cut in [bytes.len() / 2, bytes.len() - 9] {
        let (_folder, file) = written("cut.webp", &bytes[..cut]);
        match said(&file, MediaKind::Picture).await {
            Ok(facts) => {
                assert!(facts.notes.contains(&"The file is damaged or ends before the picture does.".to_owned()), "{:?}", facts.notes)
            }
            Err(because) => assert!(because.contains("cut short"), "{because}"),
        }
    }
}

/// Numbers that lengths and counts are not made for.
const NUMBERS: [[u8; 4]; 6] = [[0; 4], [0xFF; 4], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]];

/// One mutation of a file, most often near its beginning, where containers say how they are to be read.
fn mutate(mut bytes: Vec<u8>, other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let reach = if chance.below(3) == 0 { bytes.len() } else { bytes.len().min(2_048) };
    let (one, two) = (chance.below(reach), chance.below(reach));
    let (from, until) = (one.min(two), one.max(two));
    match chance.below(8) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from..until)),
        2 => {
            let again = bytes[from..until].repeat(1 + chance.below(8));
            bytes.splice(until..until, again).for_each(drop);
        }
        3 | 4 => {
            for _ in 0..=chance.below(12) {
                let at = chance.below(reach);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = chance.draw() as u8;
                }
            }
        }
        5 | 6 => {
            let number = NUMBERS[chance.below(NUMBERS.len())];
            bytes.iter_mut().skip(from).zip(number).for_each(|(byte, new)| *byte = new);
        }
        _ => {
            bytes.truncate(from);
            bytes.extend_from_slice(&other[chance.below(other.len())..]);
        }
    }
    bytes
}

/// Whole files of every container that is opened, small.
fn corpus() -> Vec<(MediaKind, Vec<u8>)> {
    const FILM: &str = "-f lavfi -i testsrc2=size=64x48:rate=5:duration=2 -f lavfi -i sine=duration=2 -pix_fmt yuv420p -g 5";
    const STILL: &str = "-f lavfi -i testsrc2=size=64x48 -frames:v 1";
    let films = [
        "-c:v libx264 -preset ultrafast -c:a aac -movflags +faststart a.mp4",
        "-c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov b.mp4",
        "-c:v libx265 -preset ultrafast -x265-params log-level=none -c:a aac a.mov",
        "-c:v libx264 -preset ultrafast -c:a aac a.mkv",
        "-c:v libvpx -deadline realtime -c:a libopus a.webm",
        "-c:v flv -c:a libmp3lame -ar 44100 a.flv",
        "-c:v mpeg4 -c:a mp3 a.avi",
        "-c:v libx264 -preset ultrafast -c:a mp2 a.ts",
        "-c:v wmv2 -c:a wmav2 a.wmv",
        "-c:v mpeg2video -c:a mp2 a.mpg",
    ];
    let stills = ["a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tiff"];
    let read = |kind, arguments: String| {
        let (_folder, file) = ffmpeg(&arguments);
        (kind, std::fs::read(file).unwrap())
    };
    let films = films.iter().map(|how| read(MediaKind::Video, format!("{FILM} {how}")));
    films.chain(stills.iter().map(|name| read(MediaKind::Picture, format!("{STILL} {name}")))).collect()
}

/// Coverage-guided fuzzers need another toolchain, and what is fed here runs in a child that may die. What must hold is that the parent learns in time
/// what happened, and that the server is never to blame.
#[tokio::test]
async fn whatever_chance_makes_of_a_file_is_facts_or_a_sentence() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("KESHI_FUZZ_SECONDS").unwrap_or(4), number("KESHI_FUZZ_SEED").unwrap_or(1));
    let (corpus, begun, mut chance) = (corpus(), Instant::now(), Chance::new(seed));
    let limits = Limits { wall_s: 20, cpu_s: 10, faces: false, text: false, ..Limits::default() };
    let [mut tried, mut opened, mut crashed] = [0_u64; 3];
    while begun.elapsed() < Duration::from_secs(seconds) {
        let (kind, bytes) = &corpus[chance.below(corpus.len())];
        let mut bytes = bytes.clone();
        for _ in 0..=chance.below(3) {
            let other = chance.below(corpus.len());
            bytes = mutate(bytes, &corpus[other].1, &mut chance);
        }
        bytes.truncate(4 << 20);
        let (_folder, file) = written("mutated", &bytes);
        let pass = if chance.below(2) == 0 { Pass::Fast } else { Pass::Full };
        match measure_within(&file, *kind, pass, &limits).await {
            Measured::Facts(facts) => {
                opened += 1;
                let length = facts.duration_ms.unwrap_or(0);
                assert!(facts.effective_ms.unwrap_or(0) <= length, "seed {seed}, file {tried}: {facts:?}");
                assert!(facts.spans.iter().all(|span| span.from_ms <= span.until_ms), "seed {seed}, file {tried}: {facts:?}");
                serde_json::to_value(&facts).expect("facts are plain data");
            }
            Measured::Cannot { because } => {
                assert!(because.ends_with('.'), "seed {seed}, file {tried}: {because}");
                if because.contains("crashed") || because.contains("nonsense") {
                    crashed += 1;
                    let kept = std::env::temp_dir().join(format!("keshi-fuzz-media-{seed}-{tried}"));
                    std::fs::write(&kept, &bytes).unwrap();
                    println!("{}: {because}", kept.display());
                }
            }
        }
        tried += 1;
    }
    println!("{tried} files in {seconds} s: {opened} opened, {crashed} ended their child");
    assert!(
        tried > 0 && crashed * 50 <= tried,
        "{crashed} of {tried} ended their child: something of ours does not stand what decoders do"
    );
}

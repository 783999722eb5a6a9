//! The plan as files: one folder a class, one a lesson, and beside them the plan and its truth.

use super::plan::{Class, Content, Item, Lesson, Plan};
use super::{Recording, lists, logs};
use crate::error::{Error, Result};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Raised whenever a recording would be drawn or encoded differently, so that kept ones are made again.
const RENDERING: &str = "1";
/// Recordings by what they show, below the folder of the simulation; a file here is whole.
const RENDERED: &str = ".rendered";

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Evidence files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Recordings that had to be encoded; the others were there from an earlier time.
    pub encoded: u64,
}

/// Writes every file of the plan below `dir`, recordings on all processors. What is there already is kept or replaced by the
/// same bytes, so it may be run again at any time. Blocking.
///
/// # Errors
/// When a file cannot be written or ffmpeg is missing.
pub fn write(plan: &Plan, dir: &Path, progress: &ProgressBar) -> Result<Written> {
    fs::create_dir_all(dir.join(RENDERED))?;
    fs::write(dir.join("plan.json"), serde_json::to_vec_pretty(plan)?)?;
    fs::write(dir.join("truth.json"), serde_json::to_vec_pretty(&plan.truth)?)?;
    for class in &plan.classes {
        let folder = dir.join(&class.external_id);
        fs::create_dir_all(&folder)?;
        let (roster, lessons) = (lists::roster(class, &plan.people)?, lists::lessons(class)?);
        fs::write(folder.join(format!("roster.{}", roster.extension)), roster.bytes)?;
        fs::write(folder.join(format!("lessons.{}", lessons.extension)), lessons.bytes)?;
    }
    let items: Vec<_> = plan.items().collect();
    progress.set_length(items.len() as u64);
    let (next, failed, encoded) = (AtomicUsize::new(0), Mutex::new(None), AtomicUsize::new(0));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((class, lesson, item)) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match write_item(plan, class, *lesson, item, dir) {
                        Ok(new) => encoded.fetch_add(usize::from(new), Ordering::Relaxed),
                        Err(cause) => {
                            next.store(items.len(), Ordering::Relaxed);
                            failed.lock().expect("no worker panics while it holds this").get_or_insert(cause);
                            break;
                        }
                    };
                    progress.inc(1);
                }
            });
        }
    });
    if let Some(cause) = failed.into_inner().expect("no worker panics while it holds this") {
        return Err(cause);
    }
    let mut written = Written { encoded: encoded.into_inner() as u64, ..Written::default() };
    for (_, _, item) in &items {
        written.files += 1;
        written.bytes += fs::metadata(dir.join(&item.path))?.len();
    }
    Ok(written)
}

/// Writes one item; true when a recording had to be encoded for it.
fn write_item(plan: &Plan, class: &Class, lesson: Option<&Lesson>, item: &Item, dir: &Path) -> Result<bool> {
    let path = dir.join(&item.path);
    fs::create_dir_all(path.parent().expect("items lie in folders"))?;
    let bytes = match &item.content {
        Content::Video(recording) => return place(recording, &path, dir),
        Content::Picture(photo) => photo.encode()?,
        Content::Text(text) => text.clone().into_bytes(),
        Content::Log { layout, part } => {
            let lesson = lesson.ok_or_else(|| Error::internal("a log belongs to a lesson"))?;
            logs::export(class, lesson, &plan.people, *layout, *part)?
        }
    };
    fs::write(path, bytes)?;
    Ok(false)
}

/// Puts a recording in its place, encoding it unless it has been before.
fn place(recording: &Recording, path: &Path, dir: &Path) -> Result<bool> {
    let kept = rendered(recording, dir)?;
    let new = !kept.exists();
    if new {
        let part = kept.with_extension("part");
        recording.encode(&part)?;
        fs::rename(&part, &kept)?;
    }
    if path.exists() {
        fs::remove_file(path)?;
    }
    if fs::hard_link(&kept, path).is_err() {
        fs::copy(&kept, path)?;
    }
    Ok(new)
}

fn rendered(recording: &Recording, dir: &Path) -> Result<PathBuf> {
    let mut hasher = Sha256::new();
    hasher.update(RENDERING);
    hasher.update(serde_json::to_vec(recording)?);
    Ok(dir.join(RENDERED).join(format!("{}.mp4", hex::encode(&hasher.finalize()[..16]))))
}

//! Many segments of a class become one pack: one file to open instead of thousands, sorted over all of them.
//!
//! A pack is written beside what it replaces, and one transaction makes it count: who reads sees either all of the files before or the pack.
//! A segment that is replaced meanwhile, or later, keeps naming its pack: its rows there are passed over until the class is packed again. What a
//! pack took the place of is thrown away a while later (`src/lake/sweep.rs`).

use super::columns::{damaged, plain, schema};
use super::files::File;
use super::query::Limits;
use super::segment::{CHUNK, Parquet, of_pack};
use super::{Lake, sql, storage_error};
use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::ids::{ClassId, Ids, PackId};
use crate::time::{MINUTE, SECOND, Time};
use datafusion::arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use sqlx::Row;
use std::io::{BufWriter, Seek};
use std::sync::Arc;
use std::time::Duration;
use storage::Put;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

/// The job that packs the segments of a class.
pub const JOB: &str = "compact";

/// All rows in the order of a segment.
const MERGE: &str = include_str!("merge.sql");
/// Loose segments that are not worth a pack yet.
const FEW: usize = 8;
/// Files merged at once.
const MOST: usize = 4096;
/// Rows from which a file is left as it is.
const LARGE: u64 = 4 * CHUNK as u64;
/// What a merge may use; it spills what does not fit.
const LIMITS: Limits = Limits { time: Duration::from_secs(1800), memory_bytes: 128 << 20, rows: usize::MAX, partitions: 1 };
/// How often who writes a pack says that it is still at it.
const ALIVE: i64 = 10 * SECOND;
/// A pack of which nothing was said for so long is nobody's: who wrote it was killed. Clocks of servers may differ by less than this.
pub(super) const DEAD: i64 = 2 * MINUTE;
/// Ids in one statement.
const AT_ONCE: usize = 50;

/// What packing a class came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Files that became one; 0 where nothing was worth it.
    pub files: usize,
    /// Rows of the pack.
    pub rows: u64,
    /// More than was merged at once is left.
    pub more: bool,
}

impl Lake {
    /// Packs the segments of a class, if that is worth it.
    pub async fn compact(&self, class: ClassId, ids: &Ids, now: Time) -> Result<Packed> {
        let (files, more) = choose(self.files(Some(class)).await?);
        if files.is_empty() {
            return Ok(Packed::default());
        }
        let id: PackId = ids.next();
        if !self.begin_pack(id, class, now).await? {
            // Another is at it, or was killed; the next turn sees which.
            return Ok(Packed { more: true, ..Packed::default() });
        }
        let write = async {
            let rows = self.write_pack(id, &files).await?;
            Ok(self.swap(id, &files, now).await?.then_some(rows))
        };
        let done = self.alive(id, now, write).await;
        match done {
            Ok(Some(rows)) => Ok(Packed { files: files.len(), rows, more }),
            // What it was to take the place of changed meanwhile; the next turn sees that.
            Ok(None) => self.give_up(id).await.map(|()| Packed { more: true, ..Packed::default() }),
            Err(error) => {
                self.give_up(id).await?;
                Err(error)
            }
        }
    }

    /// Notes that a pack of the class is being written; `false` when one is already. What a killed writer left is thrown away first.
    async fn begin_pack(&self, id: PackId, class: ClassId, now: Time) -> Result<bool> {
        let dead =
            sqlx::query(sql::DEAD_PACK_OF_CLASS).bind(class.to_string()).bind(now.plus(-DEAD).0).fetch_optional(self.db.read()).await?;
        if let Some(row) = dead {
            self.discard_pack(&row.text("id"), row.get("digest")).await?;
        }
        let mut tx = self.db.begin().await?;
        let begun = sqlx::query(sql::BEGIN_PACK).bind(id.to_string()).bind(class.to_string()).bind(now.0).execute(tx.conn()).await?;
        tx.commit().await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Does the work, and says meanwhile that somebody is at it.
    async fn alive<T>(&self, id: PackId, now: Time, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = std::pin::pin!(work);
        let mut beats = tokio::time::interval(Duration::from_micros(ALIVE as u64));
        beats.tick().await;
        let mut beat = now;
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = beats.tick() => {
                    beat = beat.plus(ALIVE);
                    let mut tx = self.db.begin().await?;
                    sqlx::query(sql::PACK_ALIVE).bind(id.to_string()).bind(beat.0).execute(tx.conn()).await?;
                    tx.commit().await?;
                }
            }
        }
    }

    /// Merges the files into an object, and notes what it holds.
    async fn write_pack(&self, id: PackId, files: &[File]) -> Result<u64> {
        let expected: u64 = files.iter().map(|file| file.rows.unwrap_or(0).saturating_sub(file.gone_rows)).sum();
        let answer = self.query_over(Some(Arc::new(files.to_vec())), MERGE, Vec::new(), LIMITS).await?;
        let (send, mut receive) = mpsc::channel::<RecordBatch>(2);
        let writing = tokio::task::spawn_blocking(move || {
            let file = BufWriter::new(tempfile::tempfile()?);
            let mut parquet = Parquet::new(file, of_pack(&id.to_string()))?;
            let mut rows = 0;
            while let Some(batch) = receive.blocking_recv() {
                rows += batch.num_rows() as u64;
                parquet.write(&plain(&batch, schema())?)?;
            }
            let mut file = parquet.finish()?.into_inner().map_err(|error| Error::internal(error.into_error()))?;
            file.rewind()?;
            let (file, digest, size) = super::append::hashed(file)?;
            Ok::<_, Error>((file, digest, size, rows))
        });
        let mut batches = answer.batches;
        let sent = async {
            while let Some(batch) = batches.next().await {
                if send.send(batch?).await.is_err() {
                    break; // the writer says why
                }
            }
            Ok::<_, Error>(())
        }
        .await;
        drop(send);
        let written = writing.await.map_err(Error::internal)?;
        sent?;
        let (file, digest, size, rows) = written?;
        if rows != expected {
            tracing::error!(pack = %id, rows, expected, "a merge of segments has not the rows that the catalogue says");
            return Err(damaged());
        }
        let first = files.iter().filter_map(|file| file.first_at).min();
        let last = files.iter().filter_map(|file| file.last_at).max();
        let mut tx = self.db.begin().await?;
        let noted = sqlx::query(sql::NOTE_PACK)
            .bind(id.to_string())
            .bind(digest.0.to_vec())
            .bind(size as i64)
            .bind(rows as i64)
            .bind(first)
            .bind(last)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        if noted.rows_affected() != 1 {
            return Err(Error::internal("a pack was taken for dead while it was written"));
        }
        let body = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 256 * 1024);
        self.objects.put(body.into_stream(), Put::default()).await.map_err(storage_error)?;
        Ok(rows)
    }

    /// Makes the pack count in place of the files; `false`, and nothing changed, when one of them is not there any more.
    async fn swap(&self, id: PackId, files: &[File], now: Time) -> Result<bool> {
        let pack = id.to_string();
        let mut tx = self.db.begin().await?;
        if sqlx::query(sql::PACK_COUNTS).bind(&pack).bind(now.0).execute(tx.conn()).await?.rows_affected() != 1 {
            return Ok(false);
        }
        let loose: Vec<&File> = files.iter().filter(|file| !file.is_pack()).collect();
        for some in loose.chunks(AT_ONCE) {
            let mut update = sqlx::query(sql::PACK_SEGMENTS).bind(&pack);
            for place in 0..AT_ONCE {
                update = update.bind(some.get(place).map(|file| file.id.clone()));
            }
            if update.execute(tx.conn()).await?.rows_affected() != some.len() as u64 {
                return Ok(false);
            }
        }
        for file in files.iter().filter(|file| file.is_pack()) {
            if sqlx::query(sql::REPLACE_PACK).bind(&file.id).bind(now.0).execute(tx.conn()).await?.rows_affected() != 1 {
                return Ok(false);
            }
            // What was passed over is not in the new pack; what was replaced since is, and is passed over there.
            for evidence in &file.gone {
                sqlx::query(sql::LEAVE_PACK).bind(&file.id).bind(evidence).execute(tx.conn()).await?;
            }
            sqlx::query(sql::MOVE_PACK).bind(&file.id).bind(&pack).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Throws away a pack that never counted.
    pub(super) async fn give_up(&self, id: PackId) -> Result<()> {
        if let Some(row) = sqlx::query(sql::UNFINISHED_PACK).bind(id.to_string()).fetch_optional(self.db.read()).await? {
            self.discard_pack(&id.to_string(), sqlx::Row::get(&row, 0)).await?;
        }
        Ok(())
    }
}

/// Gives a pack up whose object is damaged: its segments stand for themselves again, and those without bytes of their own have to be read again.
pub async fn unpack(db: &Db, pack: &str, now: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::REPLACE_PACK).bind(pack).bind(now.0).execute(tx.conn()).await?;
    sqlx::query(sql::UNPACK).bind(pack).execute(tx.conn()).await?;
    tx.commit().await
}

/// The files to merge, and whether more are left: the loose segments and every pack that is not much larger than what is taken so far, so that a
/// row is written again only as often as its class doubles; or nothing. Large files stay.
fn choose(files: Vec<File>) -> (Vec<File>, bool) {
    let counts = |file: &File| file.rows.unwrap_or(0).saturating_sub(file.gone_rows);
    let mostly_gone = |file: &File| file.gone_rows * 4 > file.rows.unwrap_or(0);
    let (mut packs, mut loose): (Vec<File>, Vec<File>) = files.into_iter().partition(File::is_pack);
    loose.retain(|file| counts(file) < LARGE);
    packs.retain(|file| counts(file) < LARGE || mostly_gone(file));
    packs.sort_by_key(counts);
    if loose.len() < FEW && !packs.iter().any(mostly_gone) {
        return (Vec::new(), false);
    }
    let more = loose.len() > MOST;
    loose.truncate(MOST);
    let mut taken: u64 = loose.iter().map(counts).sum();
    let mut chosen = loose;
    for pack in packs {
        if mostly_gone(&pack) || counts(&pack) <= 2 * taken {
            taken += counts(&pack);
            chosen.push(pack);
        }
    }
    (chosen, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::Digest;

    fn file(rows: u64, gone_rows: u64, pack: bool) -> File {
        let mut file = super::super::files::snapshot(Digest::of(b""), 1, 1);
        (file.rows, file.gone_rows) = (Some(rows), gone_rows);
        file.evidence = (!pack).then(String::new);
        file
    }

    fn chosen(files: &[(u64, u64, bool)]) -> Vec<u64> {
        choose(files.iter().map(|(rows, gone, pack)| file(*rows, *gone, *pack)).collect()).0.iter().filter_map(|file| file.rows).collect()
    }

    #[test]
    fn few_segments_stay_loose_and_many_take_packs_of_their_size_along() {
        let mut files = vec![(10, 0, false); 7];
        assert!(chosen(&files).is_empty());
        files.push((10, 0, false));
        assert_eq!(chosen(&files).len(), 8);
        files.extend([(480, 0, true), (160, 0, true)]);
        assert_eq!(chosen(&files).len(), 10, "160 is twice what is loose, 480 twice what that makes");
        files.push((5000, 0, true));
        assert_eq!(chosen(&files).len(), 10, "a much larger pack stays");
    }

    #[test]
    fn a_pack_that_mostly_no_longer_counts_is_written_again_and_large_files_are_not() {
        assert_eq!(chosen(&[(1000, 250, true)]), [0; 0]);
        assert_eq!(chosen(&[(1000, 251, true)]), [1000]);
        let mut files = vec![(LARGE, 0, false); 9];
        assert!(chosen(&files).is_empty());
        files.push((LARGE, 0, true));
        assert!(chosen(&files).is_empty());
    }

    /// Every row is written again only as often as its class doubles.
    #[test]
    fn a_class_that_grows_by_the_day_is_not_written_again_each_day() {
        let (mut files, mut written) = (Vec::new(), 0);
        let total = 64 * FEW as u64 * 8;
        for _ in 0..64 * FEW {
            files.push((8, 0, false));
            let (merged, _) = choose(files.iter().map(|(rows, gone, pack)| file(*rows, *gone, *pack)).collect());
            if merged.is_empty() {
                continue;
            }
            let rows: u64 = merged.iter().filter_map(|file| file.rows).sum();
            let packs: Vec<u64> = merged.iter().filter(|file| file.is_pack()).filter_map(|file| file.rows).collect();
            files.retain(|(rows, _, pack)| *pack && !packs.contains(rows));
            files.push((rows, 0, true));
            written += rows;
        }
        assert!(written < total * 10, "{written} rows were written for {total}");
    }
}

//! fsck's part: the whole log made again from its leaves, in constant memory, and compared with everything that is kept of it.

use super::edge::{Edge, FullTile, WIDTH};
use super::head::{Head, Signed, column, storage_error};
use super::path::TilePath;
use super::publish::CHECKPOINT_FILE;
use super::read::{LeafRow, PAGE, leaves};
use super::sql;
use super::verify::{Trust, verify_checkpoint};
use crate::db::Db;
use crate::error::Result;
use bytes::{BufMut, Bytes, BytesMut};
use futures::TryStreamExt;
use serde::Serialize;
use sqlx::Row;
use std::collections::VecDeque;
use std::fmt;
use storage::Objects;
use tlog_tiles::record_hash;

/// Problems told one by one; more are only counted.
const TOLD: usize = 1000;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code.
    pub code: &'static str,
    /// What it is, and where.
    pub message: String,
}

/// What was checked, and what does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Leaves hashed again.
    pub leaves: u64,
    /// Full tiles of hashes compared.
    pub tiles: u64,
    /// Full bundles of leaves compared.
    pub bundles: u64,
    /// Checkpoints verified.
    pub checkpoints: u64,
    /// Leaves that have no place yet; no problem.
    pub staged: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// All problems.
    pub problems_total: u64,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Makes the log again from its leaf rows and compares: hashes, places, head, every full tile and bundle, every checkpoint's root and
/// signature. Errors only when database or storage do not answer.
pub async fn check(db: &Db, objects: &Objects, trust: &Trust) -> Result<Checked> {
    let mut checked = Checked::default();
    let head = match Head::read(db).await {
        Ok(head) => head,
        Err(error) if error.code == "log_forked" => {
            checked.problem("head_broken", error.cause.map_or_else(String::new, |cause| cause.to_string()));
            return Ok(checked);
        }
        Err(error) => return Err(error),
    };
    let mut again = Again { db, objects, trust, edge: Edge::empty(), bundle: BytesMut::new(), due: VecDeque::new(), due_from: 0, checked };
    again.checkpoints(0, head.published).await?;
    while again.edge.size() < head.size() {
        let first = again.edge.size();
        let rows = leaves(db, first, head.size().min(first + PAGE)).await?;
        let Some(rows) = again.without_gap(first, head.size().min(first + PAGE), rows) else { break };
        for row in rows {
            again.leaf(row, head.published).await?;
        }
    }
    let Again { edge, mut checked, .. } = again;
    if edge != head.edge && edge.size() == head.size() {
        checked.problem("head_differs", format!("the root of the {} leaves is not the head's", head.size()));
    }
    if head.published != head.size() {
        checked.problem("unpublished", format!("{} leaves are sequenced and not published; start a server", head.size() - head.published));
    }
    check_newest(db, objects, trust, &head, &mut checked).await?;
    check_beyond(db, objects, &mut checked).await?;
    Ok(checked)
}

impl Checked {
    fn problem(&mut self, code: &'static str, message: impl Into<String>) {
        self.problems_total += 1;
        if self.problems.len() < TOLD {
            self.problems.push(Problem { code, message: message.into() });
        }
    }
}

/// The log in the making.
struct Again<'a> {
    db: &'a Db,
    objects: &'a Objects,
    trust: &'a Trust,
    edge: Edge,
    bundle: BytesMut,
    /// Checkpoints whose size is yet to be reached, a page of them.
    due: VecDeque<Signed>,
    /// The size from which the next page begins.
    due_from: u64,
    checked: Checked,
}

impl Again<'_> {
    fn without_gap(&mut self, first: u64, until: u64, rows: Vec<LeafRow>) -> Option<Vec<LeafRow>> {
        if rows.len() as u64 == until - first {
            return Some(rows);
        }
        let missing =
            rows.iter().zip(first..).find(|(row, index)| row.index != *index).map_or(first + rows.len() as u64, |(_, index)| index);
        self.checked.problem("leaf_missing", format!("there is no leaf {missing}; what follows it cannot be checked"));
        None
    }

    async fn leaf(&mut self, row: LeafRow, published: u64) -> Result<()> {
        self.checked.leaves += 1;
        let hash = record_hash(&row.body);
        if hash != row.hash {
            self.checked.problem("leaf_altered", format!("leaf {} does not have the hash it was sealed with", row.index));
        }
        // The tree is made of what the bodies say: altered ones show in the root, too.
        let mut tiles = Vec::new();
        self.edge.push(hash, &mut |tile| tiles.push(tile));
        match u16::try_from(row.body.len()) {
            Ok(length) => self.bundle.put_u16(length),
            Err(_) => self.checked.problem("leaf_too_long", format!("leaf {} has {} bytes", row.index, row.body.len())),
        }
        self.bundle.extend_from_slice(&row.body);
        for tile in tiles {
            self.tile(tile).await?;
        }
        if self.edge.size().is_multiple_of(WIDTH as u64) {
            let bundle = self.bundle.split().freeze();
            self.checked.bundles += 1;
            self.file(TilePath::bundle(row.index >> 8), bundle, "bundle_missing", "bundle_altered").await?;
        }
        self.checkpoints(self.edge.size(), published).await
    }

    async fn tile(&mut self, tile: FullTile) -> Result<()> {
        self.checked.tiles += 1;
        self.file(TilePath::full(tile.level, tile.n), tile.hashes, "tile_missing", "tile_altered").await
    }

    async fn file(&mut self, path: TilePath, made: Bytes, missing: &'static str, altered: &'static str) -> Result<()> {
        match self.objects.get_file(&path.file()).await.map_err(storage_error)? {
            Some(stored) if stored == made => {}
            Some(_) => self.checked.problem(altered, format!("{path} in the storage is not what the leaves make")),
            None => self.checked.problem(missing, format!("{path} is not in the storage")),
        }
        Ok(())
    }

    /// Verifies the checkpoints of the size just reached.
    async fn checkpoints(&mut self, size: u64, published: u64) -> Result<()> {
        if self.due.is_empty() && self.due_from <= published {
            let rows = sqlx::query(sql::CHECKPOINTS).bind(column(self.due_from)?).bind(PAGE as i64).fetch_all(self.db.read()).await?;
            self.due = rows.iter().map(Signed::of).collect::<Result<_>>()?;
            self.due_from = self.due.back().filter(|_| rows.len() as u64 == PAGE).map_or(u64::MAX, |last| last.size + 1);
        }
        while let Some(due) = self.due.pop_front_if(|due| due.size == size) {
            self.checked.checkpoints += 1;
            let root = self.edge.root();
            match verify_checkpoint(self.trust, &due.note) {
                Err(cause) => self.checked.problem("checkpoint_unsigned", format!("checkpoint of {size} leaves: {cause}")),
                Ok(signed) if signed.checkpoint.size() != size || *signed.checkpoint.hash() != root || due.root != root => {
                    self.checked.problem("checkpoint_differs", format!("the checkpoint of {size} leaves has another root than they make"));
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

/// The checkpoint in the storage is the newest one's row.
async fn check_newest(db: &Db, objects: &Objects, trust: &Trust, head: &Head, checked: &mut Checked) -> Result<()> {
    let Some(newest) = Signed::newest(db).await? else {
        checked.problem("checkpoint_missing", "the log has no checkpoint");
        return Ok(());
    };
    if newest.size != head.published {
        checked
            .problem("checkpoint_differs", format!("the newest checkpoint has {} leaves, the head says {}", newest.size, head.published));
    }
    // The storage after the row: a running server writes the file first, so it is never older than the row.
    let Some(stored) = objects.get_file(CHECKPOINT_FILE).await.map_err(storage_error)? else {
        if newest.size > 0 {
            checked.problem("checkpoint_missing", "there is no checkpoint in the storage");
        }
        return Ok(());
    };
    let Some(signed) = std::str::from_utf8(&stored).ok().and_then(|note| verify_checkpoint(trust, note).ok()) else {
        checked.problem("checkpoint_unsigned", "the storage's checkpoint is not signed by this log");
        return Ok(());
    };
    let (size, root) = (signed.checkpoint.size(), *signed.checkpoint.hash());
    let head = Head::read(db).await?;
    if size < newest.size {
        checked
            .problem("checkpoint_stale", format!("the storage's checkpoint has {size} leaves, the newest {}; start a server", newest.size));
    } else if size > head.size() || (size == newest.size && root != newest.root) || (size == head.size() && root != head.root) {
        checked.problem("checkpoint_differs", format!("the storage's checkpoint of {size} leaves is of another history"));
    }
    Ok(())
}

/// Nothing is kept of a history that is not ours: no places and no files beyond the head.
async fn check_beyond(db: &Db, objects: &Objects, checked: &mut Checked) -> Result<()> {
    let mut names = objects.list_files("log/tile/");
    let mut full = Vec::new();
    while let Some(name) = names.try_next().await.map_err(storage_error)? {
        match name.strip_prefix("log/").and_then(|name| name.parse::<TilePath>().ok()) {
            Some(path) if usize::from(path.width) == WIDTH => full.push(path),
            _ => checked.problem("file_unknown", format!("{name} is no tile of this log")),
        }
        if full.len() >= PAGE as usize {
            beyond(db, &mut full, checked).await?;
        }
    }
    beyond(db, &mut full, checked).await?;
    let head = Head::read(db).await?;
    let unknown: i64 = sqlx::query(sql::BEYOND).bind(column(head.size())?).fetch_one(db.read()).await?.try_get(0)?;
    if unknown > 0 {
        checked.problem("leaf_unknown", format!("{unknown} leaves have places beyond the head"));
    }
    let staged: i64 = sqlx::query(sql::STAGED).fetch_one(db.read()).await?.try_get(0)?;
    checked.staged = staged.max(0) as u64;
    Ok(())
}

/// The head is read after the listing: a running server only makes it longer.
async fn beyond(db: &Db, paths: &mut Vec<TilePath>, checked: &mut Checked) -> Result<()> {
    let size = Head::read(db).await?.size();
    for path in paths.drain(..).filter(|path| path.n >= super::edge::shifted(size, path.level() + 1)) {
        checked.problem("file_unknown", format!("{path} lies beyond the head's {size} leaves"));
    }
    Ok(())
}

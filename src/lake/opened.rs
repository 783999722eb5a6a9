//! A lake that an export wrote (`keshi export lake`), to be asked where no server is: by an auditor, or to measure rules.

use super::files::{self, File};
use super::query::tables;
use super::{Lake, storage_error};
use crate::db::Db;
use crate::error::{Error, Result, codes};
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use storage::{Objects, Put};
use tokio_util::io::ReaderStream;

/// Files by table.
pub(super) type Tables = BTreeMap<&'static str, Vec<File>>;

impl Lake {
    /// The tables of an export. The folder is read once, into `scratch`, where queries find every byte verified; nothing is written elsewhere.
    ///
    /// `invalid` when it is not what an export writes: a table without a folder. Folders that are no tables are passed over.
    pub async fn of_export(folder: &Path, scratch: &Path) -> Result<Lake> {
        let place = |name: &str| scratch.join(name).display().to_string();
        let db = Db::open(&format!("sqlite:{}", place("lake.db")), 2).await?;
        let objects = Objects::open(&place("objects")).await.map_err(storage_error)?;
        let mut kept = Tables::new();
        for (table, _) in tables() {
            let from = folder.join(table);
            let mut files = Vec::new();
            for path in parquet(&from)? {
                let rows = rows_of(&path)?;
                let file = tokio::fs::File::open(&path).await.map_err(|error| unreadable(&path, error))?;
                let object = objects.put(ReaderStream::new(file), Put::default()).await.map_err(storage_error)?;
                files.push(files::snapshot(object.digest, object.size, rows));
            }
            kept.insert(table, files);
        }
        let mut lake = Lake::new(db, objects);
        lake.exported = Some(kept.into());
        Ok(lake)
    }
}

/// How many rows a file says it has.
fn rows_of(path: &Path) -> Result<u64> {
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, error))?;
    let reader = SerializedFileReader::new(file).map_err(|error| unreadable(path, std::io::Error::other(error)))?;
    Ok(reader.metadata().file_metadata().num_rows().unsigned_abs())
}

fn parquet(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let what = format!("{} cannot be read; name a folder that keshi export lake wrote.", path.display());
    Error::new(&codes::INVALID, what).because(error)
}

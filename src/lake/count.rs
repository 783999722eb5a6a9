//! How many events a segment holds, from its footer alone.

use crate::error::{Error, Result};
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;

/// Rows of a segment's file. It blocks. Errors when it is no segment.
pub fn rows_of(file: File) -> Result<u64> {
    let reader = SerializedFileReader::new(file).map_err(Error::internal)?;
    Ok(reader.metadata().file_metadata().num_rows().unsigned_abs())
}

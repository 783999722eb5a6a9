//! How many events a segment holds, from its footer alone.

use crate::error::{Error, Result};
use datafusion::parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};

/// Rows of a segment or pack, a file or bytes. It blocks. Errors when it is neither.
pub fn rows_of(file: impl ChunkReader + 'static) -> Result<u64> {
    let reader = SerializedFileReader::new(file).map_err(Error::internal)?;
    Ok(reader.metadata().file_metadata().num_rows().unsigned_abs())
}

//! Files: rows become columns here, and columns become Parquet in two threads beside.

use crate::days::date;
use crate::plan::WAVES;
use crate::tables::{Sheet, TABLES, schema};
use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A file of attendance has no more rows than this.
pub const ROWS_OF_A_FILE: usize = 1_000_000;
/// The place of attendance among the tables.
const ATTENDANCE: usize = 0;
/// So many rows are handed to the threads at once.
const ROWS_OF_A_BATCH: usize = 8_192;

enum Order {
    /// Rows for the table at a place, in the file of a number.
    Rows(usize, usize, RecordBatch),
    /// A file of a table is whole.
    Close(usize, usize),
}

/// Writes all tables into folders.
pub struct Files {
    sheets: Vec<Sheet>,
    /// Attendance by the wave in which a class begins: files lie apart in time, as they do where evidence comes day by day.
    waves: Vec<Wave>,
    /// Rows written of each table.
    pub rows: Vec<u64>,
    /// Files of attendance begun.
    files: usize,
    lanes: Vec<SyncSender<Order>>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

/// Attendance of the classes that begin in one wave.
struct Wave {
    sheet: Sheet,
    file: usize,
    in_file: usize,
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

impl Files {
    /// Makes the folders of all tables.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn create(folder: &Path) -> io::Result<Files> {
        for (table, _) in TABLES {
            std::fs::create_dir_all(folder.join(table))?;
        }
        let (mut lanes, mut threads) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let (sender, receiver) = sync_channel(6);
            let folder = folder.to_path_buf();
            threads.push(std::thread::spawn(move || write_all(&folder, &receiver)));
            lanes.push(sender);
        }
        let sheets = (0..TABLES.len()).map(Sheet::new).collect();
        let waves: Vec<Wave> = (0..WAVES.len()).map(|file| Wave { sheet: Sheet::new(ATTENDANCE), file, in_file: 0 }).collect();
        let files = waves.len();
        Ok(Files { sheets, waves, rows: vec![0; TABLES.len()], files, lanes, threads })
    }

    /// The rows of a table that wait, to add some; call [`Files::settle`] now and then.
    pub fn sheet(&mut self, table: usize) -> &mut Sheet {
        &mut self.sheets[table]
    }

    /// Hands over what waits in a table, where it is enough.
    ///
    /// # Errors
    /// When a thread has failed.
    pub fn settle(&mut self, table: usize) -> io::Result<()> {
        if self.sheets[table].rows() >= ROWS_OF_A_BATCH { self.hand_over(table) } else { Ok(()) }
    }

    /// Where to add so many rows of attendance of a class that begins on this day. A new file is begun where they would be too many for one.
    ///
    /// # Errors
    /// When a thread has failed.
    pub fn attendance(&mut self, starts_on: i64, rows: usize) -> io::Result<&mut Sheet> {
        let number = WAVES.iter().rposition(|wave| *wave <= starts_on).unwrap_or_default();
        let Wave { sheet, file, in_file } = &self.waves[number];
        let (full, file) = (*in_file > 0 && in_file + rows > ROWS_OF_A_FILE, *file);
        if full || sheet.rows() >= ROWS_OF_A_BATCH {
            self.hand_over_attendance(number)?;
        }
        if full {
            self.order(ATTENDANCE, file, Order::Close(ATTENDANCE, file))?;
            (self.waves[number].file, self.waves[number].in_file) = (self.files, 0);
            self.files += 1;
        }
        let wave = &mut self.waves[number];
        wave.in_file += rows;
        Ok(&mut wave.sheet)
    }

    fn hand_over_attendance(&mut self, number: usize) -> io::Result<()> {
        let Wave { sheet, file, .. } = &mut self.waves[number];
        if sheet.rows() == 0 && number > 0 {
            return Ok(());
        }
        self.rows[ATTENDANCE] += sheet.rows() as u64;
        let (batch, file) = (sheet.take().map_err(other)?, *file);
        self.order(ATTENDANCE, file, Order::Rows(ATTENDANCE, file, batch))
    }

    fn hand_over(&mut self, table: usize) -> io::Result<()> {
        self.rows[table] += self.sheets[table].rows() as u64;
        let batch = self.sheets[table].take().map_err(other)?;
        self.order(table, 0, Order::Rows(table, 0, batch))
    }

    /// Attendance has a thread to itself for every second file, and shares with the other tables for the rest.
    fn order(&mut self, table: usize, file: usize, order: Order) -> io::Result<()> {
        let lane = if table == ATTENDANCE { file % 2 } else { 1 };
        if self.lanes[lane].send(order).is_ok() {
            return Ok(());
        }
        self.lanes.clear();
        for thread in self.threads.drain(..) {
            join(thread)?;
        }
        Err(io::Error::other("a thread that writes files stopped"))
    }

    /// Writes what waits, and closes all files.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn finish(mut self) -> io::Result<Vec<u64>> {
        for wave in 0..self.waves.len() {
            self.hand_over_attendance(wave)?;
        }
        for table in ATTENDANCE + 1..TABLES.len() {
            self.hand_over(table)?;
        }
        self.lanes.clear();
        for thread in self.threads.drain(..) {
            join(thread)?;
        }
        Ok(self.rows)
    }
}

fn join(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread that writes files panicked")))
}

type Open = Vec<((usize, usize), ArrowWriter<File>)>;

/// Writes what comes, each table into a file of its own.
fn write_all(folder: &Path, orders: &Receiver<Order>) -> io::Result<()> {
    let mut open: Open = Vec::new();
    for order in orders {
        match order {
            Order::Rows(table, file, batch) => {
                let place = match open.iter().position(|(of, _)| *of == (table, file)) {
                    Some(place) => place,
                    None => {
                        open.push(((table, file), begin(&path(folder, table, file), table)?));
                        open.len() - 1
                    }
                };
                open[place].1.write(&batch).map_err(other)?;
            }
            Order::Close(table, file) => {
                if let Some(place) = open.iter().position(|(of, _)| *of == (table, file)) {
                    open.swap_remove(place).1.close().map_err(other)?;
                }
            }
        }
    }
    for (_, writer) in open {
        writer.close().map_err(other)?;
    }
    Ok(())
}

fn path(folder: &Path, table: usize, file: usize) -> PathBuf {
    folder.join(TABLES[table].0).join(format!("{file}.parquet"))
}

fn begin(path: &Path, table: usize) -> io::Result<ArrowWriter<File>> {
    let level = ZstdLevel::try_new(1).map_err(other)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(131_072))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("province".to_owned())
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties);
    ArrowWriter::try_new_with_options(File::create(path)?, schema(table), options).map_err(other)
}

/// A day as text.
pub fn day_text(day: Option<i64>) -> Option<String> {
    day.map(date)
}

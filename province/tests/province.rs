//! What a province promises: the same bytes for the same seed, the columns of the lake, credits that add up, every pattern at every strength, and nothing
//! said against honest classes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use province::Province;
use province::frauds::{PATTERNS, STRENGTHS};
use province::labels::{Honest, Label, Planted, Summary};
use province::tables::{TABLES, data_type};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

fn made(province: &Province) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let summary = province::write(province, folder.path()).unwrap();
    (folder, summary)
}

fn small() -> Province {
    Province { classes_per_provider: 4, planted: 0.3, ..Province::new(7, 24) }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// SHA-256 of every file, by its name.
fn sums(folder: &Path) -> BTreeMap<String, String> {
    let sum =
        |path: &PathBuf| -> String { Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect() };
    files(folder).iter().map(|path| (path.strip_prefix(folder).unwrap().display().to_string(), sum(path))).collect()
}

fn lines<T: DeserializeOwned>(folder: &Path, name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn batches(folder: &Path, table: &str) -> Vec<RecordBatch> {
    let all = files(&folder.join(table)).into_iter();
    all.flat_map(|path| ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap().map(Result::unwrap))
        .collect()
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> String {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    if column.is_null(row) { String::new() } else { column.value(row).to_owned() }
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> i64 {
    batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().value(row)
}

fn moment(batch: &RecordBatch, column: &str, row: usize) -> i64 {
    batch.column_by_name(column).unwrap().as_primitive::<TimestampMicrosecondType>().value(row)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (one, _) = made(&small());
    let (same, _) = made(&small());
    let (other, _) = made(&Province { seed: 8, ..small() });
    assert_eq!(sums(one.path()), sums(same.path()));
    assert_ne!(sums(one.path())["attendance/0.parquet"], sums(other.path())["attendance/0.parquet"]);
}

#[test]
fn a_small_province_has_the_bytes_it_had_when_this_was_written() {
    let (folder, _) = made(&small());
    let all = sums(folder.path()).iter().fold(Sha256::new(), |sum, (name, of)| sum.chain_update(format!("{name} {of}\n")));
    let all: String = all.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // Another sum is no fault where the making was meant to change, or the version of parquet or zstd has.
    assert_eq!(all, "f612754374908867d446f878e40cf349d1226309702bdc8e1ab35cfc9dec3eda");
}

#[test]
fn every_table_has_the_columns_and_types_of_the_lake() {
    let dictionary = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/LAKE.md")).unwrap();
    let (folder, _) = made(&small());
    let mut tables = BTreeSet::new();
    for part in dictionary.split("\n## ").skip(1).filter(|part| part.contains("\n| column |")) {
        let table = part.lines().next().unwrap().trim();
        let cells = part.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        let told: Vec<(String, DataType)> = cells
            .map(|cells| {
                let kind = match cells[2] {
                    "text" => province::tables::Kind::Text,
                    "bigint" => province::tables::Kind::Number,
                    "double" => province::tables::Kind::Float,
                    "timestamp" => province::tables::Kind::Moment,
                    other => panic!("{table} has a column of type {other}"),
                };
                (cells[1].trim_matches('`').to_owned(), data_type(kind))
            })
            .collect();
        for path in files(&folder.path().join(table)) {
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
            let written: Vec<(String, DataType)> =
                reader.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
            assert_eq!(written, told, "columns of {table}");
        }
        assert!(folder.path().join(table).join("0.parquet").is_file(), "{table} is written");
        tables.insert(table.to_owned());
    }
    assert_eq!(tables, TABLES.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn a_file_of_attendance_is_sorted_by_lesson_trainee_and_time() {
    let (folder, summary) = made(&small());
    let mut rows = 0;
    for file in files(&folder.path().join("attendance")) {
        let mut last = (String::new(), String::new(), i64::MIN);
        for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap().build().unwrap().map(Result::unwrap) {
            for row in 0..batch.num_rows() {
                let key = (text(&batch, "lesson", row), text(&batch, "trainee", row), moment(&batch, "at", row));
                assert!(last <= key, "{last:?} stands before {key:?}");
                last = key;
                rows += 1;
            }
        }
    }
    assert_eq!(rows, summary.rows["attendance"]);
}

#[test]
fn spans_of_presence_cover_a_lesson_and_add_up_to_its_credit() {
    let (folder, _) = made(&small());
    let mut lessons = BTreeMap::new();
    for batch in batches(folder.path(), "lessons") {
        for row in 0..batch.num_rows() {
            let span = (
                moment(&batch, "starts_at", row),
                moment(&batch, "ends_at", row),
                text(&batch, "mode", row),
                number(&batch, "hours_milli", row),
            );
            lessons.insert(text(&batch, "lesson", row), span);
        }
    }
    let mut spans: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for batch in batches(folder.path(), "presence") {
        for row in 0..batch.num_rows() {
            let (lesson, trainee) = (text(&batch, "lesson", row), text(&batch, "trainee", row));
            let (from, until) = (moment(&batch, "from_at", row), moment(&batch, "until_at", row));
            let (reached, credited) = spans.entry((lesson.clone(), trainee)).or_insert((lessons[&lesson].0, 0));
            assert_eq!(*reached, from, "no hole and no overlap");
            assert!(from < until);
            *reached = until;
            *credited += if text(&batch, "kind", row) == "credited" { until - from } else { 0 };
        }
    }
    let mut live = 0;
    for batch in batches(folder.path(), "credits") {
        for row in 0..batch.num_rows() {
            let key = (text(&batch, "lesson", row), text(&batch, "trainee", row));
            let (_, until, mode, hours) = &lessons[&key.0];
            let (reached, credited) = spans[&key];
            assert_eq!(reached, *until, "the whole lesson is covered");
            let earned = number(&batch, "hours_milli", row);
            assert!(earned <= *hours && earned % 100 == 0, "{earned} of {hours}");
            assert_eq!(number(&batch, "worth_fen", row), earned * 975 / 1_000);
            if mode == "live" {
                assert_eq!(number(&batch, "credited_ms", row), credited / 1_000);
                live += 1;
            }
        }
    }
    assert!(live > 1_000);
}

#[test]
fn four_hundred_classes_have_every_pattern_at_every_strength_and_no_label_on_honest_ones() {
    // With four classes a provider there are enough planted ones for all cards of the three decks.
    let (folder, summary) = made(&Province { classes_per_provider: 4, planted: 0.6, ..Province::new(1, 400) });
    let labels: Vec<Label> = lines(folder.path(), "labels.ndjson");
    let waiting: Vec<Label> = lines(folder.path(), "waiting.ndjson");
    assert_eq!(labels.len(), summary.labels);
    let planted: BTreeSet<(String, u64)> =
        labels.iter().chain(&waiting).map(|label| (label.rule.clone(), label.strength.to_bits())).collect();
    for pattern in PATTERNS {
        for strength in STRENGTHS {
            assert!(planted.contains(&(pattern.id.to_owned(), strength.to_bits())), "{} at {strength}", pattern.id);
        }
    }
    let honest: BTreeSet<String> = lines::<Honest>(folder.path(), "honest.ndjson").into_iter().map(|honest| honest.class).collect();
    assert!(honest.len() > 100);
    let providers: BTreeMap<String, Option<f64>> =
        lines::<Planted>(folder.path(), "providers.ndjson").into_iter().map(|line| (line.provider, line.strength)).collect();
    for label in labels.iter().chain(&waiting) {
        assert!(!honest.contains(&label.class), "{} of an honest class", label.rule);
        assert_eq!(providers[&label.provider], Some(label.strength));
    }
    // Only where a label says so may somebody sit in two places.
    let told = labels.iter().filter(|label| label.rule == "overlap-person" || label.also.iter().any(|rule| rule == "overlap-person"));
    let told: BTreeSet<&String> = told.flat_map(|label| [Some(&label.class), label.or.as_ref().map(|or| &or.class)]).flatten().collect();
    let once = at_once(folder.path(), &honest, |class| !told.contains(class));
    assert_eq!(once, Vec::<String>::new(), "people of honest classes sit in two lessons at once");
}

/// Who was credited for two lessons at once for two minutes or more, one of them of these classes, of the lessons of classes that count.
fn at_once(folder: &Path, of: &BTreeSet<String>, counts: impl Fn(&String) -> bool) -> Vec<String> {
    let mut people: BTreeMap<String, Vec<(i64, i64, String, bool)>> = BTreeMap::new();
    for batch in batches(folder, "presence") {
        let rows = (0..batch.num_rows()).filter(|&row| text(&batch, "kind", row) == "credited");
        for row in rows.filter(|&row| counts(&text(&batch, "class", row))) {
            let span = (
                moment(&batch, "from_at", row),
                moment(&batch, "until_at", row),
                text(&batch, "lesson", row),
                of.contains(&text(&batch, "class", row)),
            );
            people.entry(text(&batch, "person", row)).or_default().push(span);
        }
    }
    assert!(people.values().any(|spans| spans.iter().any(|span| span.3)));
    let mut found = Vec::new();
    for (person, mut spans) in people {
        spans.sort();
        for (place, one) in spans.iter().enumerate() {
            let beside = spans[place + 1..].iter().take_while(|other| other.0 < one.1);
            let meets =
                |other: &&(i64, i64, String, bool)| one.2 != other.2 && (one.3 || other.3) && one.1.min(other.1) - other.0 >= 120_000_000;
            found.extend(beside.filter(meets).map(|other| format!("{person}: {} and {}", one.2, other.2)));
        }
    }
    found
}

#[test]
fn what_labels_name_is_in_the_tables() {
    let (folder, _) = made(&Province { classes_per_provider: 4, planted: 0.6, ..Province::new(5, 60) });
    let ids = |table: &str, column: &str| -> BTreeSet<String> {
        let all = batches(folder.path(), table).into_iter();
        all.flat_map(|batch| (0..batch.num_rows()).map(|row| text(&batch, column, row)).collect::<Vec<_>>()).collect()
    };
    let (lessons, trainees, evidence) = (ids("lessons", "lesson"), ids("roster", "trainee"), ids("evidence", "evidence"));
    for label in lines::<Label>(folder.path(), "labels.ndjson") {
        assert!(label.lesson.iter().all(|id| lessons.contains(id)) && label.trainee.iter().all(|id| trainees.contains(id)), "{label:?}");
    }
    assert!(ids("attendance", "evidence").is_subset(&evidence));
    assert!(ids("media_matches", "other").is_subset(&evidence));
    assert!(ids("papers", "evidence").is_subset(&evidence));
    assert!(ids("certificates", "evidence").is_subset(&evidence));
}

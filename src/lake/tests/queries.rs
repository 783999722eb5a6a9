//! What a query may do, and what it may not.

use super::segments::many;
use crate::analyse::attendance::{EventKind, MatchedBy};
use crate::db::testing::{each_engine, sqlite};
use crate::error::{Error, Result};
use crate::lake::EventRow;
use crate::lake::SegmentFile;
use crate::lake::query::{Format, Limits, Printer};
use crate::lake::segment::Content;
use crate::lake::testing::{MORNING, World, interval, segment};
use crate::time::MINUTE;
use datafusion::common::ScalarValue;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use futures::StreamExt;
use std::time::{Duration, Instant};

/// The answer to a query as text.
async fn ask(world: &World, sql: &str, format: Format) -> Result<String> {
    ask_within(world, sql, format, Limits::default()).await
}

pub(super) async fn ask_within(world: &World, sql: &str, format: Format, limits: Limits) -> Result<String> {
    let mut answer = world.lake.query(sql, Vec::new(), limits).await?;
    let mut printer = Printer::new(format, answer.schema.clone());
    let mut text = printer.head()?;
    while let Some(batch) = answer.batches.next().await {
        text.extend(printer.rows(batch?)?);
    }
    text.extend(printer.foot()?);
    Ok(String::from_utf8(text).unwrap())
}

/// A class with two trainees in one lesson.
pub(super) async fn world_with_a_lesson(world: &World) {
    let class = world.class().await;
    let lesson = world.lesson(class, MORNING).await;
    let (first, second) = (world.trainee(class, world.ids.next()).await, world.trainee(class, world.ids.next()).await);
    let spans = [(first, MORNING, MORNING.plus(45 * MINUTE)), (second, MORNING.plus(MINUTE), MORNING.plus(30 * MINUTE))];
    world.attended(class, lesson, &spans).await;
}

/// The rows as earlier versions wrote them: without the four newest columns.
fn without_the_newest_columns(rows: &[EventRow]) -> SegmentFile {
    let whole = segment(rows);
    let Content::Inline(bytes) = whole.content else { panic!("a few rows are inline") };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(|batch| batch.unwrap()).collect();
    let old: Vec<usize> = (0..batches[0].num_columns() - 4).collect();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batches[0].project(&old).unwrap().schema(), None).unwrap();
    for batch in &batches {
        writer.write(&batch.project(&old).unwrap()).unwrap();
    }
    writer.close().unwrap();
    SegmentFile { content: Content::Inline(file.into()), sum: whole.sum }
}

#[tokio::test]
async fn a_segment_written_before_a_column_was_there_reads_as_null_and_answers_queries() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lesson = world.lesson(class, MORNING).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    let (first, second) = (world.log(class, lesson).await, world.log(class, lesson).await);
    let row = |evidence| {
        let from = MORNING.plus(if evidence == first { 0 } else { MINUTE });
        interval(evidence, class, lesson, 1, trainee, from, MORNING.plus(40 * MINUTE))
    };
    let old = world.lake.keep(first, without_the_newest_columns(&[row(first)])).await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    world.lake.append(&mut tx, first, &old, &world.ids, MORNING).await.unwrap();
    tx.commit().await.unwrap();
    let new = EventRow {
        kind: EventKind::Total,
        stated_ms: Some(60_000),
        mark: Some("live".into()),
        matched_by: Some(MatchedBy::Name),
        ..row(second)
    };
    world.read_into_lake(second, std::slice::from_ref(&new), MORNING).await;
    assert_eq!(world.lake.events_of_lesson(lesson).await.unwrap(), [row(first), new]);
    let sql = "select coalesce(matched_by, 'not kept') as by, count(*) as n from attendance group by matched_by order by n, by";
    assert_eq!(ask(&world, sql, Format::Csv).await.unwrap(), "by,n\nname,1\nnot kept,1\n");
    let sql = "select count(*) as n from attendance where matched_by = 'name'";
    assert_eq!(ask(&world, sql, Format::Csv).await.unwrap(), "n\n1\n");
    assert_eq!(world.lake.events_of_row(first, 1).await.unwrap(), [row(first)]);
    let sql = "select kind, stated_ms, mark from attendance order by kind";
    assert_eq!(ask(&world, sql, Format::Csv).await.unwrap(), "kind,stated_ms,mark\ninterval,,\ntotal,60000,live\n");
}

#[tokio::test]
async fn events_and_the_plan_are_queried_together_on_both_engines() {
    each_engine(async |db| {
        let world = World::new(db);
        world_with_a_lesson(&world).await;
        world.lake.snapshot(MORNING).await.unwrap();
        let sql = "select l.mode, a.kind, count(*) as people, min(a.at) as first, sum(l.worth_fen) as fen \
                   from attendance a join lessons l on l.lesson = a.lesson group by l.mode, a.kind";
        let table = "\
+------+----------+--------+----------------------+------+
| mode | kind     | people | first                | fen  |
+------+----------+--------+----------------------+------+
| live | interval | 2      | 2020-03-03T01:00:00Z | 1950 |
+------+----------+--------+----------------------+------+
";
        assert_eq!(ask(&world, sql, Format::Table).await.unwrap(), table);
        let csv = "mode,kind,people,first,fen\nlive,interval,2,2020-03-03T01:00:00Z,1950\n";
        assert_eq!(ask(&world, sql, Format::Csv).await.unwrap(), csv);
        let json = r#"{"mode":"live","kind":"interval","people":2,"first":"2020-03-03T01:00:00Z","fen":1950}"#;
        assert_eq!(ask(&world, sql, Format::Json).await.unwrap(), format!("[\n{json}\n]\n"));
    })
    .await;
}

#[tokio::test]
async fn a_replaced_segment_is_not_queried_and_segments_of_other_days_are_not_opened() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    world_with_a_lesson(&world).await;
    let count = "select count(*) as n from attendance where at < timestamp '2020-03-03T00:00:00Z'";
    assert_eq!(ask(&world, count, Format::Csv).await.unwrap(), "n\n0\n");
    assert_eq!(world.faults.calls(storage::Op::Open), 0, "the catalogue knows that nothing is there");
    assert_eq!(ask(&world, "select count(*) as n from attendance", Format::Csv).await.unwrap(), "n\n4\n");
    let row = "select \"row\", byte_from, a.row as again from attendance a order by a.at, a.evidence, a.row limit 1";
    assert_eq!(ask(&world, row, Format::Csv).await.unwrap(), "row,byte_from,again\n1,,1\n");
}

#[tokio::test]
async fn a_table_without_rows_or_snapshot_is_empty_and_not_an_error() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    for (table, _) in crate::lake::query::tables() {
        assert_eq!(ask(&world, &format!("select count(*) as n from {table}"), Format::Csv).await.unwrap(), "n\n0\n", "{table}");
    }
    assert_eq!(ask(&world, "select trainee from roster", Format::Json).await.unwrap(), "[\n]\n");
}

#[tokio::test]
async fn whatever_does_more_than_read_the_tables_is_refused_and_changes_nothing() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv").display().to_string();
    let secret = folder.path().join("secret.csv").display().to_string();
    std::fs::write(&secret, "a\n1\n").unwrap();
    let hostile = [
        format!("copy (select 1) to '{out}' stored as csv"),
        format!("copy attendance to '{out}'"),
        format!("create external table t stored as csv location '{secret}'"),
        format!("create external table t stored as parquet location 'keshi://objects/{}'", "0".repeat(64)),
        format!("select * from '{secret}'"),
        format!("select * from \"{secret}\""),
        format!("select * from 'file://{secret}'"),
        format!("select * from read_csv('{secret}')"),
        format!("select * from parquet_metadata('{secret}')"),
        "select * from generate_series(1, 1000000000)".into(),
        "select * from range(1, 10)".into(),
        "set datafusion.execution.batch_size = 1".into(),
        "set datafusion.catalog.information_schema = true".into(),
        "reset datafusion.execution.batch_size".into(),
        "show tables".into(),
        "show all".into(),
        "describe attendance".into(),
        "select * from information_schema.df_settings".into(),
        "insert into attendance select * from attendance".into(),
        "insert into classes (class) values ('x')".into(),
        "update classes set title = 'x'".into(),
        "delete from classes".into(),
        "truncate table classes".into(),
        "merge into classes using lessons on true when matched then delete".into(),
        "create table t as select 1".into(),
        "create view v as select 1".into(),
        "create database d".into(),
        "create schema s".into(),
        "create function f() returns int return 1".into(),
        "drop table attendance".into(),
        "alter table classes add column x int".into(),
        "prepare p as select 1".into(),
        "execute p".into(),
        "deallocate p".into(),
        "begin".into(),
        "commit".into(),
        "explain insert into classes (class) values ('x')".into(),
        "explain analyze create table t as select 1".into(),
        format!("explain copy (select 1) to '{out}'"),
        "select 1 into t".into(),
        "select 1; select 2".into(),
        "with x as (insert into classes (class) values ('x')) select * from x".into(),
        "attach 'x' as y".into(),
        "load 'x'".into(),
        "call f()".into(),
        "vacuum".into(),
        "use keshi".into(),
        "select repeat('x', 2000000000)".into(),
        "select range(1, 2000000000)".into(),
        "select * from pg_catalog.pg_class".into(),
        "select * from credit".into(),
        "select * from token".into(),
        "".into(),
        "--".into(),
        "select".into(),
        "select '".into(),
        "\u{0}".into(),
    ];
    for sql in &hostile {
        let refused = ask(&world, sql, Format::Csv).await;
        let error = refused.expect_err(sql);
        assert_eq!(error.code, "bad_query", "{sql}: {error}");
        assert!(error.message.ends_with('.') && !error.message.contains("Backtrace"), "{sql}: {error}");
    }
    assert!(!std::path::Path::new(&out).exists());
    assert_eq!(ask(&world, "select count(*) as n from attendance", Format::Csv).await.unwrap(), "n\n2\n");
}

#[tokio::test]
async fn a_plan_may_be_explained() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let text = ask(&world, "explain with x as (select lesson from attendance) select count(*) from x", Format::Csv).await.unwrap();
    assert!(text.contains("TableScan") && text.contains("Aggregate"), "{text}");
}

pub(super) fn small() -> Limits {
    Limits { time: Duration::from_secs(3), memory_bytes: 16 << 20, rows: 100_000, partitions: 2 }
}

async fn over_limit(world: &World, sql: &str) -> Error {
    let started = Instant::now();
    let error = ask_within(world, sql, Format::Csv, small()).await.expect_err(sql);
    assert_eq!(error.code, "query_limit", "{error} {:?}", error.cause);
    assert!(started.elapsed() < Duration::from_secs(6), "it ended late: {:?}", started.elapsed());
    error
}

/// A relation of 10^n rows.
pub(super) fn numbers(n: u32) -> String {
    let digits = "(values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9))";
    (0..n).map(|index| format!("{digits} as d{index}(x{index})")).collect::<Vec<_>>().join(" cross join ")
}

#[tokio::test]
async fn a_query_without_end_meets_its_limits_of_time_rows_and_memory() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let error = over_limit(&world, &format!("select count(*) from {} where x0 + x1 = x2 * x3 + x9", numbers(14))).await;
    assert!(error.message.contains("3 seconds"), "{error}");
    let error = over_limit(&world, &format!("select * from {}", numbers(14))).await;
    assert!(error.message.contains("100000 rows"), "{error}");
    let wide = format!("select string_agg('some text that takes memory', ',') from {}", numbers(7));
    let error = over_limit(&world, &wide).await;
    assert!(error.message.contains("memory"), "{error}");
}

#[tokio::test]
async fn a_query_nobody_waits_for_is_stopped() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let endless = format!("select * from {}", numbers(14));
    for _ in 0..16 {
        let mut answer = world.lake.query(&endless, Vec::new(), Limits::default()).await.unwrap();
        answer.batches.next().await.unwrap().unwrap();
    }
    assert_eq!(ask_within(&world, "select 1 as n", Format::Csv, small()).await.unwrap(), "n\n1\n");
}

#[tokio::test]
async fn a_query_as_deep_as_allowed_is_answered_and_a_deeper_one_refused() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let sum = |terms: usize| format!("select count(*) as n from attendance where \"row\"{} > 0", " + position_ms".repeat(terms));
    assert_eq!(ask(&world, &sum(390), Format::Csv).await.unwrap(), "n\n0\n");
    for deep in [
        sum(1100),
        sum(4000),
        format!("select {}1{}", "(".repeat(5000), ")".repeat(5000)),
        format!("select 1{}", " union all select 1".repeat(100)),
    ] {
        let error = ask(&world, &deep, Format::Csv).await.unwrap_err();
        assert_eq!(error.code, "query_limit", "{error}");
    }
    let nested = format!("select {}1{} as n", "(".repeat(40), ")".repeat(40));
    assert_eq!(ask(&world, &nested, Format::Csv).await.unwrap(), "n\n1\n");
}

#[tokio::test]
async fn parameters_are_values_and_not_text() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    let since = ScalarValue::TimestampMicrosecond(Some(MORNING.plus(MINUTE).0), Some("UTC".into()));
    let parameters = vec![("since".to_owned(), since), ("name".to_owned(), ScalarValue::from("'; drop table classes"))];
    let sql = "select count(*) as n, max($name) as name from attendance where at >= $since";
    let batches = world.lake.query(sql, parameters, Limits::default()).await.unwrap().collect().await.unwrap();
    let row = crate::lake::query::object(&batches[0], 0).unwrap();
    assert_eq!(serde_json::Value::Object(row), serde_json::json!({"n": 1, "name": "'; drop table classes"}));
    let error = world.lake.query("select $other", Vec::new(), Limits::default()).await.err().unwrap();
    assert_eq!(error.code, "bad_query");
}

#[tokio::test]
async fn a_segment_changed_in_the_storage_ends_a_query() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let class = world.class().await;
    let lesson = world.lesson(class, MORNING).await;
    let trainee = world.trainee(class, world.ids.next()).await;
    let evidence = world.log(class, lesson).await;
    world.read_into_lake(evidence, &many(evidence, class, lesson, trainee), MORNING).await;
    let object = world.objects.list().next().await.unwrap().unwrap();
    assert!(world.faults.damage(&object.digest));
    let error = ask(&world, "select * from attendance", Format::Csv).await.unwrap_err();
    assert!(error.message.contains("keshi fsck"), "{error:?}");
}

/// The rows that a query reads, and its answer.
async fn read_by(world: &World, sql: &str) -> (u64, String) {
    let since = ScalarValue::TimestampMicrosecond(Some(MORNING.0), Some("UTC".into()));
    let mut answer = world.lake.query(sql, vec![("since".to_owned(), since)], Limits::default()).await.unwrap();
    let mut printer = Printer::new(Format::Csv, answer.schema.clone());
    let mut text = printer.head().unwrap();
    while let Some(batch) = answer.batches.next().await {
        text.extend(printer.rows(batch.unwrap()).unwrap());
    }
    (answer.read.load(std::sync::atomic::Ordering::Relaxed), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn what_a_with_says_is_materialized_is_read_once_and_means_the_same() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    let rows = "select trainee, at from attendance where at >= $since";
    for (sql, times) in [
        (format!("with a as WORD ({rows}) select count(*) as n from a one join a other on one.at <= other.at"), 2),
        // Of others worked out before, and of others that are not.
        (
            format!(
                "with a as WORD ({rows}), b as (select * from a), c as WORD (select at from b) select * from c union all select at from a order by at"
            ),
            2,
        ),
        (
            format!(
                "with a(who, moment) as WORD ({rows}) select max(moment) as last, count(who) as n from a where who in (select who from a)"
            ),
            2,
        ),
        // A name of the lake's own means the lake's own until it is said to mean another.
        (
            "with a as (select at from attendance), attendance as WORD (select distinct at from attendance) \
             select count(*) as n from a union all select count(*) from attendance union all select count(*) from attendance"
                .to_owned(),
            3,
        ),
        // In places where the word makes no difference.
        (format!("with a as (with b as WORD ({rows}) select * from b) select count(*) as n from a"), 1),
        (format!("select (with b as WORD ({rows}) select count(*) from b) as n"), 1),
    ] {
        let (often, plainly) = read_by(&world, &sql.replace("WORD", "")).await;
        let (once, with) = read_by(&world, &sql.replace("WORD", "materialized")).await;
        assert_eq!(with, plainly, "{sql}");
        let all = 2;
        assert_eq!(often, times * all, "{sql}");
        let least = if sql.contains("attendance as WORD") { 2 * all } else { all };
        assert_eq!(once, least, "{sql}");
    }
}

#[tokio::test]
async fn what_is_materialized_stays_within_the_limits_of_its_query() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let kept =
        |what: &str, of: u32| format!("with a as materialized (select {what} as x from {}) select count(*) from a, a b", numbers(of));
    let error = over_limit(&world, &kept("x0 || 'some text that takes memory'", 7)).await;
    assert!(error.message.contains("more memory"), "{error}");
    let error = over_limit(
        &world,
        &format!("with a as materialized (select 1 as x from {} where x0 + x1 = x2 * x3 + x9) select * from a", numbers(14)),
    )
    .await;
    assert!(error.message.contains("3 seconds"), "{error}");
    let error = ask(&world, "with a as materialized (select nothing from attendance) select * from a", Format::Csv).await.unwrap_err();
    assert_eq!(error.code, "bad_query");
    for forbidden in ["with a as materialized (delete from attendance) select * from a", "select * from keshi_materialized_0"] {
        assert_eq!(ask(&world, forbidden, Format::Csv).await.unwrap_err().code, "bad_query", "{forbidden}");
    }
}

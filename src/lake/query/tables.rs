//! The tables a query sees: `attendance` over all live segments, and the snapshots. They are looked up when a query names them.

use super::super::columns::{moment, schema};
use super::super::snapshot;
use super::super::{Lake, sql};
use super::store::place;
use crate::error::{Error, Result};
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanArray, StringArray, TimestampMicrosecondArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DataFusionError, Result as EngineResult, ScalarValue, ToDFSchema};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use sqlx::Row;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use storage::Digest;

/// The name of the table of events.
const ATTENDANCE: &str = "attendance";

/// All tables.
pub(super) struct Tables(pub(super) Lake);

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        names().map(str::to_owned).collect()
    }

    async fn table(&self, name: &str) -> EngineResult<Option<Arc<dyn TableProvider>>> {
        let (schema, files) = if name == ATTENDANCE {
            (schema(), segments(&self.0).await)
        } else if let Some(table) = snapshot::table(name) {
            (snapshot::schema_of(table), snapshot_file(&self.0, name).await)
        } else {
            return Ok(None);
        };
        let files = files.map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Some(Arc::new(Files { schema: as_views(&schema), files })))
    }

    fn table_exist(&self, name: &str) -> bool {
        names().any(|known| known == name)
    }
}

/// The names of all tables, and their columns.
pub fn tables() -> impl Iterator<Item = (&'static str, SchemaRef)> {
    std::iter::once((ATTENDANCE, schema())).chain(snapshot::TABLES.iter().map(|table| (table.name, snapshot::schema_of(table))))
}

fn names() -> impl Iterator<Item = &'static str> {
    tables().map(|(name, _)| name)
}

async fn segments(lake: &Lake) -> Result<Vec<File>> {
    let rows = sqlx::query(sql::LIVE).fetch_all(lake.db.read()).await?;
    let file = |row: &sqlx::any::AnyRow| {
        Ok(File {
            digest: digest(row)?,
            size: row.get::<i64, _>("size").max(0) as u64,
            rows: Some(row.get::<i64, _>("row_count").max(0) as u64),
            first_at: row.get("first_at"),
            last_at: row.get("last_at"),
            class: row.get("class_id"),
            evidence: Some(row.get("evidence_id")),
        })
    };
    rows.iter().map(file).collect()
}

async fn snapshot_file(lake: &Lake, name: &str) -> Result<Vec<File>> {
    let rows = sqlx::query(snapshot::sql::LIVE).bind(name).fetch_all(lake.db.read()).await?;
    let mut files = Vec::new();
    for row in &rows {
        let digest = digest(row)?;
        let size = lake.locals.get(&lake.objects, digest).await?.size;
        files.push(File { digest, size, rows: None, first_at: None, last_at: None, class: None, evidence: None });
    }
    Ok(files)
}

fn digest(row: &sqlx::any::AnyRow) -> Result<Digest> {
    Digest::try_from(row.get::<Vec<u8>, _>("digest").as_slice()).map_err(Error::internal)
}

/// Text as views: comparing and grouping then mostly look at the first bytes of it.
fn as_views(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 => Field::new(field.name(), DataType::Utf8View, field.is_nullable()),
        _ => field.as_ref().clone(),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A Parquet object, and what the catalogue says of it.
#[derive(Debug)]
struct File {
    digest: Digest,
    size: u64,
    rows: Option<u64>,
    first_at: Option<i64>,
    last_at: Option<i64>,
    class: Option<String>,
    evidence: Option<String>,
}

/// A table over some Parquet objects.
#[derive(Debug)]
struct Files {
    schema: SchemaRef,
    files: Vec<File>,
}

#[async_trait]
impl TableProvider for Files {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// The engine filters again: what the files' statistics leave is more than what matches.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> EngineResult<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(Arc::clone(&self.schema));
        let mut kept: Vec<&File> = self.files.iter().collect();
        if let Some(filter) = conjunction(filters.to_vec()) {
            let filter = state.create_physical_expr(filter, &Arc::clone(&self.schema).to_dfschema()?)?;
            kept = self.may_match(kept, &filter);
            source = source.with_predicate(filter);
        }
        if kept.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let groups = spread(&kept, state.config().target_partitions());
        let scan = FileScanConfigBuilder::new(place(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

impl Files {
    /// The files that the catalogue's own statistics do not rule out.
    fn may_match<'a>(&self, files: Vec<&'a File>, filter: &Arc<dyn PhysicalExpr>) -> Vec<&'a File> {
        let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&self.schema)).try_build(Arc::clone(filter));
        let Ok(keep) = predicate.and_then(|predicate| predicate.prune(&Catalogue(&files))) else { return files };
        files.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| file).collect()
    }
}

/// Files in groups of about the same size, one for each partition, in the order of the catalogue.
fn spread(files: &[&File], groups: usize) -> Vec<FileGroup> {
    let mut spread: Vec<(u64, FileGroup)> = (0..groups.clamp(1, files.len())).map(|_| (0, FileGroup::default())).collect();
    for file in files {
        let (size, group) = spread.iter_mut().min_by_key(|(size, _)| *size).expect("at least one group");
        *size += file.size;
        group.push(PartitionedFile::new(file.digest.to_string(), file.size));
    }
    spread.into_iter().map(|(_, group)| group).collect()
}

/// What the catalogue knows of the columns of its files.
struct Catalogue<'a>(&'a [&'a File]);

impl Catalogue<'_> {
    fn times(&self, of: impl Fn(&File) -> Option<i64>) -> Option<ArrayRef> {
        let times: TimestampMicrosecondArray = self.0.iter().map(|file| of(file)).collect();
        datafusion::arrow::compute::cast(&times, &moment()).ok()
    }

    fn texts(&self, of: impl Fn(&File) -> Option<&str>) -> Option<ArrayRef> {
        let texts: StringArray = self.0.iter().map(|file| of(file)).collect();
        datafusion::arrow::compute::cast(&texts, &DataType::Utf8View).ok()
    }
}

impl PruningStatistics for Catalogue<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name.as_str() {
            "at" => self.times(|file| file.first_at),
            "class" => self.texts(|file| file.class.as_deref()),
            "evidence" => self.texts(|file| file.evidence.as_deref()),
            _ => None,
        }
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        match column.name.as_str() {
            "at" => self.times(|file| file.last_at),
            _ => self.min_values(column),
        }
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let rows: UInt64Array = self.0.iter().map(|file| file.rows).collect();
        Some(Arc::new(rows))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}

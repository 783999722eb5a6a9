//! The tables a query sees: `attendance` over all files that count, and the snapshots. They are looked up when a query names them.

use super::super::columns::{moment, schema};
use super::super::files::{self, File};
use super::super::{Lake, snapshot};
use super::store::{name as name_of, place};
use super::{materialized, statistics};
use crate::db::Columns;
use crate::error::Result;
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, BooleanArray, StringArray, TimestampMicrosecondArray, UInt64Array};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DataFusionError, Result as EngineResult, ScalarValue, Statistics, ToDFSchema};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{col, in_list, lit};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The name of the table of events.
const ATTENDANCE: &str = "attendance";

/// All tables.
pub(super) struct Tables {
    pub(super) lake: Lake,
    /// The files that `attendance` is to consist of; all that count where nobody says.
    pub(super) only: Option<Arc<Vec<File>>>,
    /// What the query has worked out first.
    pub(super) materialized: Arc<materialized::Tables>,
}

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
        if let Some(table) = self.materialized.get(name) {
            return Ok(Some(table));
        }
        let exported = self.lake.exported.as_ref().map(|tables| tables.get(name).cloned().unwrap_or_default());
        let (schema, files) = if name == ATTENDANCE {
            let files = match (&self.only, exported) {
                (Some(only), _) => Ok(only.to_vec()),
                (None, Some(files)) => Ok(files),
                (None, None) => self.lake.files(None).await,
            };
            (schema(), files)
        } else if let Some(table) = snapshot::table(name) {
            let files = match exported {
                Some(files) => Ok(files),
                None => snapshot_file(&self.lake, name).await,
            };
            (snapshot::schema_of(table), files)
        } else {
            return Ok(None);
        };
        let files = files.map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Some(Arc::new(Files { schema, files })))
    }

    fn table_exist(&self, name: &str) -> bool {
        names().any(|known| known == name) || self.materialized.get(name).is_some()
    }
}

/// The names of all tables, and their columns.
pub fn tables() -> impl Iterator<Item = (&'static str, SchemaRef)> {
    std::iter::once((ATTENDANCE, schema())).chain(snapshot::TABLES.iter().map(|table| (table.name, snapshot::schema_of(table))))
}

fn names() -> impl Iterator<Item = &'static str> {
    tables().map(|(name, _)| name)
}

async fn snapshot_file(lake: &Lake, name: &str) -> Result<Vec<File>> {
    let rows = sqlx::query(snapshot::sql::LIVE).bind(name).fetch_all(lake.db.read()).await?;
    let mut files = Vec::new();
    for row in &rows {
        let digest = row.digest("digest")?;
        let size = lake.locals.get(&lake.db, &lake.objects, digest, false).await?.size;
        files.push(files::snapshot(digest, size, row.int("row_count").unsigned_abs()));
    }
    Ok(files)
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
        let mut kept: Vec<&File> = self.files.iter().collect();
        let mut predicate = None;
        if let Some(filter) = conjunction(filters.to_vec()) {
            let filter = state.create_physical_expr(filter, &Arc::clone(&self.schema).to_dfschema()?)?;
            kept = self.may_match(kept, &filter);
            predicate = Some(filter);
        }
        let (whole, masked): (Vec<&File>, Vec<&File>) = kept.into_iter().partition(|file| file.gone.is_empty());
        let mut plans = Vec::new();
        if !whole.is_empty() {
            let groups = spread(&whole, state.config().target_partitions());
            plans.push(self.source(groups, statistics::of(&self.schema, &whole), predicate.clone(), projection.cloned(), limit)?);
        }
        for file in masked {
            plans.push(self.without_gone(file, predicate.clone(), projection)?);
        }
        match plans.len() {
            0 => {
                let schema = match projection {
                    Some(columns) => Arc::new(self.schema.project(columns)?),
                    None => Arc::clone(&self.schema),
                };
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(plans.remove(0)),
            _ => UnionExec::try_new(plans),
        }
    }
}

impl Files {
    fn source(
        &self,
        groups: Vec<FileGroup>,
        statistics: Statistics,
        predicate: Option<Arc<dyn PhysicalExpr>>,
        projection: Option<Vec<usize>>,
        limit: Option<usize>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(Arc::clone(&self.schema));
        if let Some(predicate) = predicate {
            source = source.with_predicate(predicate);
        }
        let scan = FileScanConfigBuilder::new(place(), Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection)?
            .with_limit(limit)
            .with_statistics(statistics)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }

    /// The rows of a pack but for those that no longer count.
    fn without_gone(
        &self,
        file: &File,
        predicate: Option<Arc<dyn PhysicalExpr>>,
        projection: Option<&Vec<usize>>,
    ) -> EngineResult<Arc<dyn ExecutionPlan>> {
        let evidence = self.schema.index_of("evidence")?;
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let mut read = wanted.clone();
        if !read.contains(&evidence) {
            read.push(evidence);
        }
        let scan = self.source(spread(&[file], 1), statistics::of(&self.schema, &[file]), predicate, Some(read), None)?;
        let schema = scan.schema();
        let gone = file.gone.iter().map(|id| lit(ScalarValue::Utf8(Some(id.clone())))).collect();
        let counts = in_list(col("evidence", &schema)?, gone, &true, &schema)?;
        let counting: Arc<dyn ExecutionPlan> = Arc::new(FilterExec::try_new(counts, scan)?);
        let columns = wanted.iter().map(|index| {
            let name = self.schema.field(*index).name();
            Ok((col(name, &schema)?, name.clone()))
        });
        Ok(Arc::new(ProjectionExec::try_new(columns.collect::<EngineResult<Vec<_>>>()?, counting)?))
    }

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
        group.push(PartitionedFile::new(name_of(&file.digest, file.inline), file.size));
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
        Some(Arc::new(texts))
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

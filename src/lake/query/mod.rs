//! Read-only SQL over the lake, bounded in time, memory and rows.
//!
//! A query runs on threads of its own and of low priority, so that it takes no time from those who receive evidence; its rows come back
//! through a short channel, and who drops the answer stops the query.

mod download;
pub(super) mod functions;
mod guard;
mod materialized;
mod memory;
mod print;
mod size;
mod statistics;
mod store;
mod tables;

pub use download::{Kind, Rows};
pub(crate) use print::object;
pub use print::{Format, MOST_IN_A_TABLE, Printer};
pub use tables::tables;

use super::Lake;
use super::files::File;
use crate::error::{Error, Result, codes};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList};
use datafusion::common::{DataFusionError, ParamValues, ScalarValue};
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement;
use futures::StreamExt;
use futures::stream::BoxStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Trouble;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// Stack of the threads that plan and run queries; only what is used of it takes memory. See `guard::MOST_OPERATORS`.
const STACK: usize = 64 << 20;
/// Bytes a query may spill to temporary files when its memory does not suffice.
const MOST_SPILLED: u64 = 4 << 30;
/// How far the threads stand back behind all others: a tenth of the processor where somebody else wants it, all of it where nobody does.
const NICE: i32 = 10;
/// Queries that run at once in this process; more of them wait, within their time.
const AT_ONCE: usize = 4;

/// What a query may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time from asking to the last row.
    pub time: Duration,
    /// Memory for sorting, grouping and joining; beyond it the query spills or fails.
    pub memory_bytes: usize,
    /// Rows of the answer.
    pub rows: usize,
    /// Partitions worked on side by side.
    pub partitions: usize,
}

impl Default for Limits {
    /// 30 seconds, 512 MiB, 1,000,000 rows, as many partitions as there are processors.
    fn default() -> Limits {
        let partitions = std::thread::available_parallelism().map_or(1, usize::from);
        Limits { time: Duration::from_secs(30), memory_bytes: 512 << 20, rows: 1_000_000, partitions }
    }
}

/// The rows of a query, as they come.
pub struct Answer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows; an error ends them.
    pub batches: BoxStream<'static, Result<RecordBatch>>,
    /// Rows that were read of the tables, once all rows of the answer have come.
    pub read: Arc<AtomicU64>,
}

impl Answer {
    /// All rows at once.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.batches.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }
}

/// The values of `$name` in a query.
pub type Parameters = Vec<(String, ScalarValue)>;

/// The threads that run queries.
pub(super) struct Engine {
    /// Taken when it is dropped.
    runtime: Option<Runtime>,
    places: Arc<Semaphore>,
}

impl Engine {
    pub(super) fn new() -> std::io::Result<Engine> {
        let mut threads = Builder::new_multi_thread();
        threads.thread_name("keshi-query").thread_stack_size(STACK).on_thread_start(|| {
            // Linux counts it by thread. Where it cannot be had, queries run like everything else.
            let _ = rustix::process::setpriority_process(None, NICE);
        });
        let runtime = threads.enable_all().build()?;
        Ok(Engine { runtime: Some(runtime), places: Arc::new(Semaphore::new(AT_ONCE)) })
    }
}

impl Drop for Engine {
    /// A runtime must not be waited for inside another one.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Lake {
    /// Runs one `select`, `with` or `explain` over the lake's tables.
    ///
    /// `bad_query` when it is not one, `query_limit` when it needs more than `limits`: at once, or in the midst of the rows.
    pub async fn query(&self, text: &str, parameters: Parameters, limits: Limits) -> Result<Answer> {
        self.query_over(None, text, parameters, limits).await
    }

    /// The same where `attendance` consists of some files only.
    pub(super) async fn query_over(
        &self,
        only: Option<Arc<Vec<File>>>,
        text: &str,
        parameters: Parameters,
        limits: Limits,
    ) -> Result<Answer> {
        let engine = self.engine()?;
        let deadline = Instant::now() + limits.time;
        let (say, head) = oneshot::channel();
        let (send, mut receive) = mpsc::channel(2);
        let (lake, text, places) = (self.clone(), text.to_owned(), Arc::clone(&engine.places));
        let read = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&read);
        let runtime = engine.runtime.as_ref().ok_or_else(|| Error::of(&codes::NOT_READY))?;
        let task = runtime.spawn(async move {
            let run = async {
                // What is no query need not wait until others have ended.
                guard::statement(&text)?;
                let _place = places.acquire_owned().await.map_err(Error::internal)?;
                let listener = Listener { say, send: &send, read: &counted };
                lake.run(only, &text, parameters, limits, listener).await
            };
            let outcome = tokio::select! {
                outcome = timeout_at(deadline, run) => outcome.unwrap_or_else(|_| Err(out_of_time(limits))),
                () = send.closed() => Ok(()),
            };
            if let Err(error) = outcome {
                let _ = send.send(Err(error)).await; // nobody may be listening any more
            }
        });
        let stop = StopOnDrop(task.abort_handle());
        match timeout_at(deadline, head).await {
            Ok(Ok(schema)) => Ok(Answer { schema, batches: rows(receive, task, stop), read }),
            Err(_) => Err(out_of_time(limits)),
            Ok(Err(_)) => match task.await {
                Ok(()) => Err(receive.recv().await.and_then(Result::err).unwrap_or_else(|| Error::of(&codes::INTERNAL))),
                Err(broken) => Err(broke(broken)),
            },
        }
    }

    /// Plans a query without running it, and tells its columns: `bad_query` when it could not run.
    pub async fn plan(&self, text: &str, parameters: Parameters) -> Result<SchemaRef> {
        let engine = self.engine()?;
        let runtime = engine.runtime.as_ref().ok_or_else(|| Error::of(&codes::NOT_READY))?;
        let (lake, text) = (self.clone(), text.to_owned());
        let task = runtime.spawn(async move {
            let session = lake.session(None, Limits::default(), &Trouble::default(), &Arc::default())?;
            Ok(prepare(&session, guard::statement(&text)?, &parameters).await?.schema())
        });
        task.await.unwrap_or_else(|broken| Err(broke(broken)))
    }

    async fn run(
        &self,
        only: Option<Arc<Vec<File>>>,
        text: &str,
        parameters: Parameters,
        limits: Limits,
        Listener { say, send, read }: Listener<'_>,
    ) -> Result<()> {
        let trouble = Trouble::default();
        let tables = Arc::default();
        let session = self.session(only, limits, &trouble, &tables)?;
        let mut statement = guard::statement(text)?;
        let mut before = 0;
        for step in materialized::steps(&mut statement).map_err(fault)? {
            let plan = prepare(&session, step.statement, &parameters).await?;
            tables.keep(step.name, &plan, &session.task_ctx()).await.map_err(|error| trouble.take().unwrap_or_else(|| fault(error)))?;
            before += rows_read(&plan);
        }
        let plan = prepare(&session, statement, &parameters).await?;
        let mut stream = execute_stream(Arc::clone(&plan), session.task_ctx()).map_err(fault)?;
        if say.send(stream.schema()).is_err() {
            return Ok(());
        }
        let mut rows = 0;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| trouble.take().unwrap_or_else(|| fault(error)))?;
            rows += batch.num_rows();
            if rows > limits.rows {
                return Err(Error::new(
                    &codes::QUERY_LIMIT,
                    format!("The query gives more than {} rows; narrow it or add a limit.", limits.rows),
                ));
            }
            if send.send(Ok(batch)).await.is_err() {
                break;
            }
            read.store(before + rows_read(&plan), Ordering::Relaxed);
        }
        read.store(before + rows_read(&plan), Ordering::Relaxed);
        Ok(())
    }

    /// A session that knows the lake's tables and nothing else.
    fn session(
        &self,
        only: Option<Arc<Vec<File>>>,
        limits: Limits,
        trouble: &Trouble,
        materialized: &Arc<materialized::Tables>,
    ) -> Result<SessionState> {
        let store = store::Verifying {
            db: self.db.clone(),
            objects: self.objects.clone(),
            locals: Arc::clone(&self.locals),
            trouble: trouble.clone(),
        };
        let runtime = RuntimeEnvBuilder::new()
            // Not in fair shares: a plan has dozens of steps that sort or group, and few of them at once.
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_max_temp_directory_size(MOST_SPILLED))
            .with_object_store_registry(Arc::new(store::OnlyObjects(Arc::new(store))))
            .build_arc()
            .map_err(fault)?;
        let config = SessionConfig::new()
            .with_target_partitions(limits.partitions.max(1))
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema("keshi", "lake")
            .with_information_schema(false)
            // Text as it lies in the files. Views of it share buffers, which each step that sorts or joins counts as its own: a tenth of the rows filled all memory.
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false);
        let catalog = MemoryCatalogProvider::new();
        catalog
            .register_schema("lake", Arc::new(tables::Tables { lake: self.clone(), only, materialized: Arc::clone(materialized) }))
            .map_err(fault)?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog("keshi".to_owned(), Arc::new(catalog));
        let mut planners = SessionStateDefaults::default_expr_planners();
        planners.insert(0, Arc::new(functions::Planner::default()));
        Ok(SessionStateBuilder::new()
            .with_session_id(String::new())
            .with_config(config)
            .with_runtime_env(runtime)
            .with_catalog_list(Arc::new(catalogs))
            .with_expr_planners(planners)
            .with_scalar_functions(functions::scalar())
            .with_aggregate_functions(functions::aggregate())
            .with_window_functions(SessionStateDefaults::default_window_functions())
            .with_physical_optimizer_rule(Arc::new(memory::CountMemory))
            .build())
    }
}

/// Checks what a statement would do, and plans it.
async fn prepare(session: &SessionState, statement: Statement, parameters: &Parameters) -> Result<Arc<dyn ExecutionPlan>> {
    let plan = session.statement_to_plan(statement).await.map_err(fault)?;
    guard::plan(&plan)?;
    let plan = plan.with_param_values(ParamValues::from(parameters.clone())).map_err(fault)?;
    session.create_physical_plan(&plan).await.map_err(fault)
}

/// Who waits for the rows of a query.
struct Listener<'a> {
    /// Told its columns.
    say: oneshot::Sender<SchemaRef>,
    /// Given its rows.
    send: &'a mpsc::Sender<Result<RecordBatch>>,
    /// Told how many rows of the tables were read.
    read: &'a AtomicU64,
}

/// Rows that the files under a plan gave so far.
fn rows_read(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let below: u64 = plan.children().into_iter().map(rows_read).sum();
    if !plan.children().is_empty() {
        return below;
    }
    plan.metrics().and_then(|metrics| metrics.output_rows()).unwrap_or_default() as u64
}

/// The rows of a query to their end. One that broke has an error as its last: what came before is not all there is.
fn rows(receive: mpsc::Receiver<Result<RecordBatch>>, task: JoinHandle<()>, stop: StopOnDrop) -> BoxStream<'static, Result<RecordBatch>> {
    let begin = (receive, Some(task), stop);
    let next = async |(mut receive, task, stop): (mpsc::Receiver<Result<RecordBatch>>, Option<JoinHandle<()>>, StopOnDrop)| {
        if let Some(batch) = receive.recv().await {
            return Some((batch, (receive, task, stop)));
        }
        let broken = task?.await.err()?;
        Some((Err(broke(broken)), (receive, None, stop)))
    };
    futures::stream::unfold(begin, next).boxed()
}

/// Stops a query when nobody wants its rows any more.
struct StopOnDrop(tokio::task::AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The engine was wrong about itself: another query, or another rule, works all the same.
fn broke(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(&codes::BAD_QUERY, "The query broke the engine; write it differently.").because(cause)
}

fn out_of_time(limits: Limits) -> Error {
    Error::new(
        &codes::QUERY_LIMIT,
        format!("The query took longer than {} seconds; narrow it, for instance to some days or classes.", limits.time.as_secs()),
    )
}

/// The engine's error as keshi's.
pub(super) fn fault(error: DataFusionError) -> Error {
    if let Some(own) = own(&error) {
        return again(own);
    }
    let root = error.find_root();
    match root {
        DataFusionError::ResourcesExhausted(_) => {
            Error::new(&codes::QUERY_LIMIT, "The query needs more memory than allowed; narrow it, or aggregate before joining.")
                .because(error)
        }
        DataFusionError::Internal(_) => broke(error),
        DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) | DataFusionError::ParquetError(_) => Error::internal(error),
        root => {
            let told = root.strip_backtrace();
            let told = told.lines().next().unwrap_or_default().trim_end_matches('.');
            let told = if told.len() > 400 { told.chars().take(400).collect::<String>() } else { told.to_owned() };
            Error::new(&codes::BAD_QUERY, format!("The query is not valid: {told}.")).because(error)
        }
    }
}

/// Whether an error of a query is that it needed more memory than it may have.
pub(crate) fn took_all_memory(error: &Error) -> bool {
    let cause = error.cause.as_deref().and_then(|cause| cause.downcast_ref::<DataFusionError>());
    error.code == codes::QUERY_LIMIT.name && cause.is_some_and(|cause| matches!(cause.find_root(), DataFusionError::ResourcesExhausted(_)))
}

/// keshi's own error, which came through the engine from the catalogue.
fn own(error: &DataFusionError) -> Option<&Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(own) = error.downcast_ref() {
            return Some(own);
        }
        next = error.source();
    }
    None
}

/// The same error anew: the engine only lends it.
fn again(own: &Error) -> Error {
    Error {
        kind: own.kind,
        code: own.code,
        message: own.message.clone(),
        rows: own.rows.clone(),
        more: own.more.clone(),
        cause: own.cause.as_ref().map(|cause| cause.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Schema;

    #[tokio::test]
    async fn rows_that_end_because_the_query_broke_do_not_look_like_all_there_are() {
        let empty = || RecordBatch::new_empty(Arc::new(Schema::empty()));
        for breaks in [false, true] {
            let (send, receive) = mpsc::channel(2);
            let task = tokio::spawn(async move {
                send.send(Ok(empty())).await.unwrap();
                assert!(!breaks, "as the engine does where it is wrong about itself");
            });
            let stop = StopOnDrop(task.abort_handle());
            let told: Vec<Result<RecordBatch>> = rows(receive, task, stop).collect().await;
            let codes: Vec<Option<&str>> = told.iter().map(|batch| batch.as_ref().err().map(|error| error.code)).collect();
            assert_eq!(codes, if breaks { vec![None, Some("bad_query")] } else { vec![None] });
        }
    }
}

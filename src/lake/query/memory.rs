//! Memory that the engine counts wrongly, put right by steps of our own between its steps.
//!
//! The engine counts what it sorts, groups and joins. What a window over all rows of a partition needs it holds as it comes, so that
//! `sum(x) over ()` of an endless join would take all memory of the machine; and it gives all of them at once, so that whatever is worked out
//! of them would be held for all of them. Groups are given in parts of one large batch, and a sort counts all of it for each part.

use datafusion::arrow::array::{Array, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::stream::{self, StreamExt};
use std::any::Any;
use std::fmt::Formatter;
use std::sync::Arc;

/// Bytes that are not worth a copy.
const LITTLE: usize = 64 << 10;

/// Puts steps around windows that hold rows, and in front of sorts.
#[derive(Debug)]
pub(super) struct CountMemory;

impl PhysicalOptimizerRule for CountMemory {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let counted = plan.transform_up(|node| {
            let window = holds(node.as_ref());
            if !window && !(node.as_ref() as &dyn Any).is::<SortExec>() {
                return Ok(Transformed::no(node));
            }
            let before = |child: &Arc<dyn ExecutionPlan>| Step::over(Arc::clone(child), if window { Does::Count } else { Does::Compact });
            let children = node.children().into_iter().map(before).collect();
            let node = replace_children_if_necessary(node, children)?;
            Ok(Transformed::yes(if window { Step::over(node, Does::Cut) } else { node }))
        });
        counted.data()
    }

    fn name(&self) -> &str {
        "count_memory"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a step holds its rows until it has seen those behind them.
fn holds(node: &dyn ExecutionPlan) -> bool {
    let node: &dyn Any = node;
    let looks_ahead = |one: &Arc<dyn WindowExpr>| {
        let (frame, one) = (one.get_window_frame(), one.as_any());
        let sums = one.is::<PlainAggregateWindowExpr>() || one.is::<SlidingAggregateWindowExpr>();
        matches!(frame.end_bound, WindowFrameBound::Following(_)) || (sums && frame.units != WindowFrameUnits::Rows)
    };
    node.is::<WindowAggExec>() || node.downcast_ref::<BoundedWindowAggExec>().is_some_and(|node| node.window_expr().iter().any(looks_ahead))
}

/// What a step does with the rows that it hands on.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Counts all of them until its own end.
    Count,
    /// Cuts them into batches of the engine's size.
    Cut,
    /// Copies those that are parts of something much larger, so that it need not be held for them.
    Compact,
}

/// Hands on what its input gives.
#[derive(Debug)]
struct Step {
    input: Arc<dyn ExecutionPlan>,
    does: Does,
    properties: Arc<PlanProperties>,
}

impl Step {
    fn over(input: Arc<dyn ExecutionPlan>, does: Does) -> Arc<dyn ExecutionPlan> {
        let properties = Arc::clone(input.properties());
        Arc::new(Step { input, does, properties })
    }
}

impl DisplayAs for Step {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}

impl ExecutionPlan for Step {
    fn name(&self) -> &str {
        match self.does {
            Does::Count => "Held",
            Does::Cut => "Cut",
            Does::Compact => "Compact",
        }
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().filter(|_| children.is_empty());
        let input = input.ok_or_else(|| DataFusionError::Internal("rows are handed on of one input".into()))?;
        Ok(Step::over(input, self.does))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, Arc::clone(&context))?;
        let schema = rows.schema();
        Ok(match self.does {
            Does::Count => {
                let reserved = MemoryConsumer::new("window").register(context.memory_pool());
                // What is held is gone through for each batch, so whoever has run out of time must be able to stop between two.
                let counted = rows.then(move |batch| {
                    let counted = batch.and_then(|batch| reserved.try_grow(bytes(&batch)).map(|()| batch));
                    async move {
                        tokio::task::yield_now().await;
                        counted
                    }
                });
                Box::pin(RecordBatchStreamAdapter::new(schema, counted))
            }
            Does::Cut => {
                let most = context.session_config().batch_size();
                let cut = rows.flat_map(move |batch| stream::iter(parts(batch, most)));
                Box::pin(RecordBatchStreamAdapter::new(schema, cut))
            }
            Does::Compact => Box::pin(RecordBatchStreamAdapter::new(schema, rows.map(|batch| compact(batch?)))),
        })
    }
}

/// A batch in parts of so many rows.
fn parts(batch: Result<RecordBatch>, most: usize) -> Vec<Result<RecordBatch>> {
    match batch {
        Ok(batch) if batch.num_rows() > most => {
            let part = |from: usize| Ok(batch.slice(from, most.min(batch.num_rows() - from)));
            (0..batch.num_rows()).step_by(most).map(part).collect()
        }
        whole => vec![whole],
    }
}

/// A batch that takes no more than about twice what it says.
fn compact(batch: RecordBatch) -> Result<RecordBatch> {
    if get_record_batch_memory_size(&batch) <= 2 * bytes(&batch) + LITTLE {
        return Ok(batch);
    }
    let all: UInt32Array = (0..batch.num_rows() as u32).collect();
    Ok(take_record_batch(&batch, &all)?)
}

/// What a batch takes that may be a part of a larger one.
fn bytes(batch: &RecordBatch) -> usize {
    let of = |column: &Arc<dyn Array>| column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size());
    batch.columns().iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::Int64Array;
    use datafusion::arrow::datatypes::{DataType, Field, Schema};

    fn batch(rows: i64) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, false)]);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from_iter_values(0..rows))]).unwrap()
    }

    #[test]
    fn a_small_part_of_a_large_batch_is_copied_and_a_whole_one_is_not() {
        let whole = batch(100_000);
        let part = whole.slice(50_000, 10);
        assert_eq!(get_record_batch_memory_size(&part), get_record_batch_memory_size(&whole), "the engine counts all of it");
        let copy = compact(part.clone()).unwrap();
        assert_eq!(copy, part);
        assert!(get_record_batch_memory_size(&copy) < 4096, "{}", get_record_batch_memory_size(&copy));
        let kept = compact(whole.clone()).unwrap();
        assert!(kept.column(0).to_data().ptr_eq(&whole.column(0).to_data()));
    }

    #[test]
    fn a_batch_is_cut_without_losing_a_row() {
        let whole = batch(20_000);
        let cut: Vec<RecordBatch> = parts(Ok(whole.clone()), 8_192).into_iter().map(Result::unwrap).collect();
        assert_eq!(cut.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
        assert_eq!(datafusion::arrow::compute::concat_batches(&whole.schema(), &cut).unwrap(), whole);
        assert_eq!(parts(Ok(batch(8_192)), 8_192).len(), 1);
    }
}

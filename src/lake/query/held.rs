//! Rows that a step holds without counting them: here they are counted against the memory of the query.
//!
//! The engine counts what it sorts, groups and joins. What a window over all rows of a partition needs it holds as it comes, so that
//! `sum(x) over ()` of an endless join would take all memory of the machine.

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::StreamExt;
use std::any::Any;
use std::fmt::Formatter;
use std::sync::Arc;

/// Counts what windows hold.
#[derive(Debug)]
pub(super) struct CountWindows;

impl PhysicalOptimizerRule for CountWindows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let counted = plan.transform_up(|node| {
            if !holds(node.as_ref()) {
                return Ok(Transformed::no(node));
            }
            let children =
                node.children().into_iter().map(|child| Arc::new(Held::over(Arc::clone(child))) as Arc<dyn ExecutionPlan>).collect();
            Ok(Transformed::yes(replace_children_if_necessary(node, children)?))
        });
        counted.data()
    }

    fn name(&self) -> &str {
        "count_windows"
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

/// Hands on what its input gives, and counts all of it until its own end.
#[derive(Debug)]
struct Held {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl Held {
    fn over(input: Arc<dyn ExecutionPlan>) -> Held {
        let properties = Arc::clone(input.properties());
        Held { input, properties }
    }
}

impl DisplayAs for Held {
    fn fmt_as(&self, _: DisplayFormatType, out: &mut Formatter<'_>) -> std::fmt::Result {
        out.write_str("Held")
    }
}

impl ExecutionPlan for Held {
    fn name(&self) -> &str {
        "Held"
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
        let input = input.ok_or_else(|| DataFusionError::Internal("rows are held of one input".into()))?;
        Ok(Arc::new(Held::over(input)))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let reserved = MemoryConsumer::new("window").register(context.memory_pool());
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        // What is held is gone through for each batch, so whoever has run out of time must be able to stop between two.
        let counted = rows.then(move |batch| {
            let counted = batch.and_then(|batch| reserved.try_grow(bytes(&batch)).map(|()| batch));
            async move {
                tokio::task::yield_now().await;
                counted
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, counted)))
    }
}

/// What a batch takes that may be a part of a larger one.
fn bytes(batch: &RecordBatch) -> usize {
    let of = |column: &Arc<dyn Array>| column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size());
    batch.columns().iter().map(of).sum()
}

//! What a query may call: functions that make no more than they are given, and those that put texts together, which stay within bounds.
//!
//! The memory of a query is counted where rows are sorted, grouped, joined and held, not where one expression is worked out over a batch of rows. So whatever
//! makes much out of little, or takes long over a single row, has bounds of its own, or is not there.

use crate::error::{Error, codes};
use datafusion::arrow::array::{Array, AsArray, StringArray, StringBuilder};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::expr::{AggregateFunction, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawBinaryExpr, RawDictionaryExpr, RawWindowExpr};
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Functions of a row.
pub(in crate::lake) const SCALAR: &[&str] = &[
    "abs",
    "acos",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "bit_length",
    "btrim",
    "cbrt",
    "ceil",
    "character_length",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "contains",
    "cos",
    "current_date",
    "current_time",
    "date_bin",
    "date_part",
    "date_trunc",
    "degrees",
    "ends_with",
    "exp",
    "find_in_set",
    "floor",
    "from_unixtime",
    "gcd",
    "greatest",
    "initcap",
    "isnan",
    "iszero",
    "lcm",
    "least",
    "left",
    "levenshtein",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "make_date",
    "make_time",
    "nanvl",
    "now",
    "nullif",
    "nvl",
    "nvl2",
    "octet_length",
    "pi",
    "power",
    "radians",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "reverse",
    "right",
    "round",
    "rtrim",
    "signum",
    "sin",
    "split_part",
    "sqrt",
    "starts_with",
    "strpos",
    "substr",
    "substr_index",
    "tan",
    "to_char",
    "to_date",
    "to_hex",
    "to_local_time",
    "to_time",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
    "trunc",
    "upper",
];

/// Functions of a group of rows.
pub(in crate::lake) const AGGREGATE: &[&str] = &[
    "any_value",
    "approx_distinct",
    "approx_median",
    "approx_percentile_cont",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "first_value",
    "grouping",
    "last_value",
    "max",
    "median",
    "min",
    "percentile_cont",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "string_agg",
    "sum",
    "var",
    "var_pop",
];

/// Those that look at all rows so far anew for each row: not in a window.
const NOT_RUNNING: &[&str] =
    &["approx_distinct", "approx_median", "approx_percentile_cont", "grouping", "median", "percentile_cont", "string_agg"];

/// Bytes of all texts that one step makes for one batch of rows, at most 8,192: two thousand a row.
const MOST_TEXT: usize = 16 << 20;
/// Bytes of a text that is the same for all rows, since each row may get a copy.
const MOST_SAME: usize = 4_000;
/// Bytes of a text that was put together from a group of rows, since a join may copy it to each of many.
const MOST_GROUPED: usize = 16 << 10;
/// Bytes of each of two texts that are compared letter by letter, which takes their product.
const MOST_COMPARED: usize = 255;
/// Places of a query that put texts together with `||`; a chain is one.
const MOST_CHAINS: usize = 64;
/// Rows that `lead` and `lag` look away, and that a window reaches where it does not reach all: it keeps them, and goes through them for each.
const MOST_AWAY: i64 = 1_000;

/// The operator as a function.
const JOIN: &str = "||";
/// Holds what `string_agg` made to its bound.
const GROUPED: &str = "keshi_grouped_text";

/// The functions of a row, with bounds.
pub(super) fn scalar() -> Vec<Arc<ScalarUDF>> {
    let known = SessionStateDefaults::default_scalar_functions().into_iter().filter(|function| SCALAR.contains(&function.name()));
    known
        .map(|function| match function.name() {
            "concat" | "concat_ws" => bounded(function, Bound::Text),
            "levenshtein" => bounded(function, Bound::Compared),
            _ => function,
        })
        .collect()
}

/// The functions of a group of rows.
pub(super) fn aggregate() -> Vec<Arc<AggregateUDF>> {
    SessionStateDefaults::default_aggregate_functions().into_iter().filter(|function| AGGREGATE.contains(&function.name())).collect()
}

fn too_much(message: String) -> DataFusionError {
    DataFusionError::External(Box::new(Error::new(&codes::QUERY_LIMIT, message)))
}

fn not_here(what: &str) -> DataFusionError {
    DataFusionError::Plan(format!("{what} not available here"))
}

/// Writes operators and functions in expressions as those above, and refuses what has no bounds.
#[derive(Debug, Default)]
pub(super) struct Planner {
    chains: AtomicUsize,
}

impl Planner {
    fn join(&self, RawBinaryExpr { left, right, .. }: RawBinaryExpr, schema: &DFSchema) -> Result<Expr> {
        let text = |one: &Expr| one.get_type(schema).map_or(true, |kind| kind.is_string() || kind.is_null());
        if !text(&left) && !text(&right) {
            return Err(DataFusionError::Plan("'||' joins texts; write cast(… as varchar) for what is none".into()));
        }
        match left {
            Expr::ScalarFunction(mut chain) if chain.func.name() == JOIN => {
                chain.args.push(right);
                Ok(Expr::ScalarFunction(chain))
            }
            left => {
                if self.chains.fetch_add(1, Ordering::Relaxed) >= MOST_CHAINS {
                    return Err(too_much(format!(
                        "The query puts texts together with '||' in more than {MOST_CHAINS} places; simplify it."
                    )));
                }
                let join = Arc::new(ScalarUDF::from(Join { signature: Signature::user_defined(Volatility::Immutable) }));
                Ok(Expr::ScalarFunction(ScalarFunction::new_udf(join, vec![left, right])))
            }
        }
    }
}

impl ExprPlanner for Planner {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        match raw.op {
            BinaryOperator::StringConcat => Ok(PlannerResult::Planned(self.join(raw, schema)?)),
            _ => Ok(PlannerResult::Original(raw)),
        }
    }

    fn plan_aggregate(&self, raw: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        if raw.func.name() != "string_agg" {
            return Ok(PlannerResult::Original(raw));
        }
        let RawAggregateExpr { func, args, distinct, filter, order_by, null_treatment } = raw;
        let made = AggregateFunction::new_udf(func, args, distinct, filter, order_by, null_treatment);
        let bound = Arc::new(ScalarUDF::from(Grouped { signature: Signature::user_defined(Volatility::Immutable) }));
        Ok(PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(bound, vec![Expr::AggregateFunction(made)]))))
    }

    fn plan_window(&self, raw: RawWindowExpr) -> Result<PlannerResult<RawWindowExpr>> {
        let frame = &raw.window_frame;
        if frame.units == WindowFrameUnits::Rows && [&frame.start_bound, &frame.end_bound].into_iter().any(is_far) {
            return Err(too_much(format!("A window reaches more than {MOST_AWAY} rows; say 'unbounded', or take fewer.")));
        }
        match &raw.func_def {
            WindowFunctionDefinition::AggregateUDF(function) if NOT_RUNNING.contains(&function.name()) => {
                Err(not_here(&format!("{} over a window is", function.name())))
            }
            WindowFunctionDefinition::WindowUDF(function) if ["lead", "lag"].contains(&function.name()) => {
                let away = raw.args.get(1).map_or(Some(1), away);
                match away {
                    Some(rows) if rows.abs() <= MOST_AWAY => Ok(PlannerResult::Original(raw)),
                    _ => Err(too_much(format!("'{}' looks more than {MOST_AWAY} rows away; order by other columns.", function.name()))),
                }
            }
            _ => Ok(PlannerResult::Original(raw)),
        }
    }

    fn plan_array_literal(&self, _: Vec<Expr>, _: &DFSchema) -> Result<PlannerResult<Vec<Expr>>> {
        Err(not_here("Lists are"))
    }

    fn plan_dictionary_literal(&self, _: RawDictionaryExpr, _: &DFSchema) -> Result<PlannerResult<RawDictionaryExpr>> {
        Err(not_here("Maps are"))
    }

    fn plan_struct_literal(&self, _: Vec<Expr>, _: bool) -> Result<PlannerResult<Vec<Expr>>> {
        Err(not_here("Structures are"))
    }

    fn plan_make_map(&self, _: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Err(not_here("Maps are"))
    }

    fn plan_overlay(&self, _: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Err(not_here("'overlay' is"))
    }
}

/// Whether a bound is that of many rows, and not of all.
fn is_far(bound: &WindowFrameBound) -> bool {
    match bound {
        WindowFrameBound::Preceding(rows) | WindowFrameBound::Following(rows) if !rows.is_null() => {
            !matches!(rows.cast_to(&DataType::Int64), Ok(ScalarValue::Int64(Some(rows))) if rows <= MOST_AWAY)
        }
        _ => false,
    }
}

/// The number that is written there.
fn away(one: &Expr) -> Option<i64> {
    let one = match one {
        Expr::Negative(one) => one,
        one => one,
    };
    let Expr::Literal(value, _) = one else { return None };
    let ScalarValue::Int64(number) = value.cast_to(&DataType::Int64).ok()? else { return None };
    number
}

/// Texts one after the other; null where one of them is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Join {
    signature: Signature,
}

impl ScalarUDFImpl for Join {
    fn name(&self) -> &str {
        JOIN
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args.iter().map(|one| one.schema_name().to_string()).collect::<Vec<_>>().join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given.iter().find(|kind| kind.is_nested() || kind.is_binary()) {
            Some(kind) => Err(DataFusionError::Plan(format!("'||' joins texts, and {kind} is none"))),
            None => Ok(vec![DataType::Utf8; given.len()]),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        join(&args.args, args.number_rows)
    }
}

enum Part<'a> {
    Same(&'a str),
    Each(&'a StringArray),
}

fn join(args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
    let bytes = hold_to_bound(args, rows)?;
    let mut parts = Vec::with_capacity(args.len());
    for one in args {
        parts.push(match one {
            ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) => Part::Same(text),
            ColumnarValue::Scalar(_) => return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None))),
            ColumnarValue::Array(array) => Part::Each(
                array.as_string_opt::<i32>().ok_or_else(|| DataFusionError::Internal(format!("'||' was given {}", array.data_type())))?,
            ),
        });
    }
    let nulls = parts.iter().fold(None, |nulls, part| match part {
        Part::Same(_) => nulls,
        Part::Each(array) => NullBuffer::union(nulls.as_ref(), array.nulls()),
    });
    if !parts.iter().any(|part| matches!(part, Part::Each(_))) {
        let text: String = parts.iter().map(|part| if let Part::Same(text) = part { text } else { "" }).collect();
        return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))));
    }
    let mut made = StringBuilder::with_capacity(rows, bytes);
    for row in 0..rows {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            made.append_null();
            continue;
        }
        for part in &parts {
            let written = match part {
                Part::Same(text) => made.write_str(text),
                Part::Each(array) => made.write_str(array.value(row)),
            };
            written.map_err(|error| DataFusionError::External(Box::new(error)))?;
        }
        made.append_value("");
    }
    Ok(ColumnarValue::Array(Arc::new(made.finish())))
}

/// Bytes of the text in a value, for all rows.
fn bytes_of(value: &ColumnarValue, rows: usize) -> usize {
    match value {
        ColumnarValue::Scalar(one) => one.try_as_str().flatten().map_or(0, str::len).saturating_mul(rows),
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => {
                // Not of all the text that it may be a part of.
                let offsets = array.as_string::<i32>().value_offsets();
                offsets.last().zip(offsets.first()).map_or(0, |(last, first)| (last - first) as usize)
            }
            DataType::LargeUtf8 => array.as_string::<i64>().iter().flatten().map(str::len).sum(),
            DataType::Utf8View => array.as_string_view().iter().flatten().map(str::len).sum(),
            _ => array.get_array_memory_size(),
        },
    }
}

/// Refuses texts that would be too long put together; gives the bytes of those that are not.
fn hold_to_bound(args: &[ColumnarValue], rows: usize) -> Result<usize> {
    let same = args.iter().all(|one| matches!(one, ColumnarValue::Scalar(_)));
    let bytes: usize = args.iter().map(|one| bytes_of(one, if same { 1 } else { rows })).fold(0, usize::saturating_add);
    if same && bytes > MOST_SAME {
        return Err(too_much(format!("A text that is the same in all rows is longer than {MOST_SAME} bytes; shorten it.")));
    }
    if bytes > MOST_TEXT {
        let message = format!("Texts that are put together are longer than {MOST_TEXT} bytes in {rows} rows; take fewer or shorter ones.");
        return Err(too_much(message));
    }
    Ok(bytes)
}

/// What a function is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Bound {
    /// All its texts together.
    Text,
    /// Each of its texts.
    Compared,
}

/// The engine's function with a bound.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    bound: Bound,
}

fn bounded(inner: Arc<ScalarUDF>, bound: Bound) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::from(Bounded { inner, bound }))
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.inner.return_type(given)
    }

    fn return_field_from_args(&self, given: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(given)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(given)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match self.bound {
            Bound::Text => {
                // The text between the others comes once for each.
                let between = if self.name() == "concat_ws" { args.args.len() } else { 1 };
                let first = args.args.iter().take(1).cycle().take(between - 1).cloned();
                let all: Vec<ColumnarValue> = args.args.iter().cloned().chain(first).collect();
                hold_to_bound(&all, args.number_rows)?;
            }
            Bound::Compared if args.args.iter().any(|one| longest(one) > MOST_COMPARED) => {
                return Err(too_much(format!(
                    "'{}' compares texts of at most {MOST_COMPARED} bytes; take substr(…) of longer ones.",
                    self.name()
                )));
            }
            Bound::Compared => {}
        }
        self.inner.invoke_with_args(args)
    }
}

/// Bytes of the longest text in a value.
fn longest(value: &ColumnarValue) -> usize {
    let of = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::len).max().unwrap_or_default();
    match value {
        ColumnarValue::Scalar(one) => one.try_as_str().flatten().map_or(0, str::len),
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => of(&mut array.as_string::<i32>().iter().flatten()),
            DataType::LargeUtf8 => of(&mut array.as_string::<i64>().iter().flatten()),
            DataType::Utf8View => of(&mut array.as_string_view().iter().flatten()),
            _ => array.get_array_memory_size(),
        },
    }
}

/// What was put together of a group, where it is not too long.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Grouped {
    signature: Signature,
}

impl ScalarUDFImpl for Grouped {
    fn name(&self) -> &str {
        GROUPED
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args.iter().map(|one| one.schema_name().to_string()).collect())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        given.first().cloned().ok_or_else(|| DataFusionError::Internal("a text of a group is missing".into()))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        Ok(given.to_vec())
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let made = args.args.pop().ok_or_else(|| DataFusionError::Internal("a text of a group is missing".into()))?;
        if longest(&made) > MOST_GROUPED {
            let message =
                format!("A text that string_agg puts together is longer than {MOST_GROUPED} bytes; take fewer rows of each group.");
            return Err(too_much(message));
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_that_a_query_may_call_is_there() {
        let scalar: Vec<String> = scalar().iter().map(|function| function.name().to_owned()).collect();
        let aggregate: Vec<String> = aggregate().iter().map(|function| function.name().to_owned()).collect();
        let missing = |wanted: &[&'static str], there: &[String]| -> Vec<&str> {
            wanted.iter().filter(|name| !there.iter().any(|one| one == *name)).copied().collect()
        };
        assert_eq!(missing(SCALAR, &scalar), Vec::<&str>::new());
        assert_eq!(missing(AGGREGATE, &aggregate), Vec::<&str>::new());
    }

    #[test]
    fn texts_are_put_together_row_by_row_and_null_with_any_null() {
        let array = |texts: &[Option<&str>]| ColumnarValue::Array(Arc::new(StringArray::from(texts.to_vec())));
        let same = |text: &str| ColumnarValue::Scalar(ScalarValue::from(text));
        let texts = [array(&[Some("a"), None, Some("")]), same("-"), array(&[Some("课"), Some("b"), Some("c")])];
        let ColumnarValue::Array(made) = join(&texts, 3).unwrap() else { panic!("one for each row") };
        assert_eq!(made.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a-课"), None, Some("-c")]);
        // A part of a larger array is not taken for the whole.
        let part = StringArray::from(vec!["x".repeat(30_000_000).as_str(), "a", "b"]).slice(1, 2);
        assert!(hold_to_bound(&[ColumnarValue::Array(Arc::new(part))], 2).is_ok());
        assert!(hold_to_bound(&[same(&"x".repeat(3000)), array(&[Some("a")])], 8192).is_err());
    }
}

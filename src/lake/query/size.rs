//! How large a query is once every name in it stands for what it means: names that are used twice, twenty times over, are a million.

use super::materialized;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::{Exists, GroupingSet, InSubquery};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan, Subquery};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{CteAsMaterialized, ObjectName, Query, Statement as Ast, Visit, Visitor};
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Relations that a statement reads, each `with` as often as it is named; what is worked out first counts once.
pub(super) fn relations(statement: &Statement) -> u64 {
    let ast = match statement {
        Statement::Explain(explain) => return relations(&explain.statement),
        Statement::Statement(ast) => ast,
        _ => return 0,
    };
    let mut counting = Relations::default();
    counting.open.push(0);
    if let Ast::Query(query) = ast.as_ref() {
        let firsts = query.with.iter().flat_map(|with| &with.cte_tables);
        let firsts = firsts.filter(|one| one.materialized == Some(CteAsMaterialized::Materialized) && materialized::can_be_first(one));
        counting.first = firsts.map(|one| address(&one.query)).collect();
    }
    let _ = ast.visit(&mut counting);
    counting.open.iter().fold(0, |sum, one| sum.saturating_add(*one))
}

/// Where a query lies in the tree: which of its parts is which.
fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

#[derive(Default)]
struct Relations {
    /// What the queries read that are being walked through, those around others first.
    open: Vec<u64>,
    /// Which query has which name.
    named: HashMap<usize, String>,
    /// Those that are worked out first.
    first: Vec<usize>,
    /// What a name stands for. Where several have one name, the largest counts.
    stands_for: HashMap<String, u64>,
}

impl Visitor for Relations {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for one in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.named.insert(address(&one.query), one.alias.name.value.to_lowercase());
        }
        self.open.push(0);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let read = self.open.pop().unwrap_or_default();
        let around = self.open.last_mut();
        match self.named.get(&address(query)) {
            None => {
                if let Some(around) = around {
                    *around = around.saturating_add(read);
                }
            }
            Some(name) if self.first.contains(&address(query)) => {
                let known = self.stands_for.entry(name.clone()).or_default();
                *known = (*known).max(1);
                if let Some(around) = around {
                    *around = around.saturating_add(read);
                }
            }
            Some(name) => {
                let known = self.stands_for.entry(name.clone()).or_default();
                *known = (*known).max(read);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let name = relation.to_string().trim_matches('"').to_lowercase();
        let reads = self.stands_for.get(&name).copied().unwrap_or_default().max(1);
        if let Some(around) = self.open.last_mut() {
            *around = around.saturating_add(reads);
        }
        ControlFlow::Continue(())
    }
}

/// The size of the largest expression of a plan where every column is what it was worked out from, and the most columns of one of its steps.
///
/// The engine puts conditions nearer to the tables, and writes them there in terms of what they are made of.
pub(super) fn largest(plan: &LogicalPlan) -> Result<(u64, usize)> {
    let mut found = (0, 0);
    columns(plan, &mut found)?;
    Ok(found)
}

/// The size of each column of a plan.
fn columns(plan: &LogicalPlan, found: &mut (u64, usize)) -> Result<Vec<u64>> {
    let mut inputs = Vec::new();
    for input in plan.inputs() {
        inputs.push((input.schema().as_ref(), columns(input, found)?));
    }
    let (mut sizes, mut error) = (Vec::new(), None);
    plan.apply_expressions(|one| {
        match size(one, &inputs, found) {
            Ok(size) => sizes.push(size),
            Err(wrong) => error = Some(wrong),
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    if let Some(wrong) = error {
        return Err(wrong);
    }
    found.0 = sizes.iter().copied().fold(found.0, u64::max);
    let wide = plan.schema().fields().len();
    found.1 = found.1.max(wide);
    let all = || inputs.iter().flat_map(|(_, sizes)| sizes).copied();
    let mut own: Vec<u64> = match plan {
        LogicalPlan::Projection(_) | LogicalPlan::Distinct(Distinct::On(_)) => sizes,
        // What is summed is worked out once; what is grouped by is still what it was.
        LogicalPlan::Aggregate(aggregate) => {
            let by = match aggregate.group_expr.as_slice() {
                [Expr::GroupingSet(_)] => Vec::new(),
                by => sizes[..by.len().min(sizes.len())].to_vec(),
            };
            by.into_iter().chain(std::iter::repeat(1)).take(wide).collect()
        }
        LogicalPlan::Window(_) => all().chain(std::iter::repeat(1)).take(wide).collect(),
        LogicalPlan::Union(_) | LogicalPlan::RecursiveQuery(_) => {
            (0..wide).map(|place| inputs.iter().filter_map(|(_, sizes)| sizes.get(place)).copied().max().unwrap_or(1)).collect()
        }
        _ => all().collect(),
    };
    own.resize(wide, 1);
    Ok(own)
}

/// The size of an expression over these inputs.
fn size(one: &Expr, inputs: &[(&DFSchema, Vec<u64>)], found: &mut (u64, usize)) -> Result<u64> {
    let mut size = 0_u64;
    one.apply(|part| {
        size = size.saturating_add(match part {
            Expr::Column(column) => of(column, inputs),
            Expr::ScalarSubquery(Subquery { subquery, .. })
            | Expr::InSubquery(InSubquery { subquery: Subquery { subquery, .. }, .. })
            | Expr::Exists(Exists { subquery: Subquery { subquery, .. }, .. }) => {
                columns(subquery, found)?;
                1
            }
            Expr::GroupingSet(GroupingSet::GroupingSets(sets)) => sets.len() as u64,
            _ => 1,
        });
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(size)
}

fn of(column: &Column, inputs: &[(&DFSchema, Vec<u64>)]) -> u64 {
    let place = |schema: &DFSchema| schema.maybe_index_of_column(column);
    inputs.iter().find_map(|(schema, sizes)| sizes.get(place(schema)?)).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::sql::parser::DFParser;

    fn read(sql: &str) -> u64 {
        relations(&DFParser::parse_sql(sql).unwrap()[0])
    }

    #[test]
    fn a_name_counts_for_what_it_stands_for_each_time() {
        assert_eq!(read("select 1"), 0);
        assert_eq!(read("select * from a, b join c on true where x in (select y from d)"), 4);
        assert_eq!(read("with x as (select * from a, b) select * from x"), 2);
        assert_eq!(read("with x as (select * from a, b), y as (select * from x, x) select * from y, X"), 6);
        assert_eq!(read("select * from (with x as (select * from a, b) select * from x, x) z, c"), 5);
        assert_eq!(read("explain with x as (select * from a, b) select * from x, x"), 4);
        let twice = |many: usize| {
            let one = |place: usize| format!("t{} as (select * from t{place}, t{place} as again)", place + 1);
            format!("with {} select * from t{many}", (0..many).map(one).collect::<Vec<_>>().join(", "))
        };
        assert_eq!(read(&twice(10)), 1024);
        assert_eq!(read(&twice(200)), u64::MAX);
    }
}

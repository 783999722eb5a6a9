//! `with NAME as materialized (…)`: what is asked for in several places is worked out once.
//!
//! The engine puts the query of a `with` in each place that names it and reads as often. The word, which PostgreSQL and DuckDB know too, says that it is worked
//! out first and kept: within the memory of the query that asks. The parser knows it in PostgreSQL's dialect only, so it is taken out of the text before.

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::{ExecutionPlan, execute_stream_partitioned};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Cte, CteAsMaterialized, Query, Statement as Ast, With};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};
use futures::StreamExt;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// All rows of a table.
const ALL: &str = include_str!("../export.sql");
/// Begins the names of tables that were worked out; a number follows.
const NAME: &str = "keshi_materialized_";

/// A query that is worked out first, and the name of its table.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) statement: Statement,
}

/// Takes the words `materialized` and `not materialized` out of the text of a query; gives where the names stand that are to be worked out first.
pub(super) fn take_words(tokens: &mut Vec<TokenWithSpan>) -> HashSet<Location> {
    let keyword = |token: &TokenWithSpan| match &token.token {
        Token::Word(word) => Some(word.keyword),
        _ => None,
    };
    let spoken: Vec<usize> = (0..tokens.len()).filter(|place| !matches!(tokens[*place].token, Token::Whitespace(_))).collect();
    let (mut names, mut gone) = (HashSet::new(), HashSet::new());
    for turn in 2..spoken.len().saturating_sub(1) {
        let at = |turn: usize| &tokens[spoken[turn]];
        if keyword(at(turn)) != Some(Keyword::MATERIALIZED) || at(turn + 1).token != Token::LParen {
            continue;
        }
        let not = keyword(at(turn - 1)) == Some(Keyword::NOT);
        let r#as = if not { turn - 2 } else { turn - 1 };
        if keyword(at(r#as)) != Some(Keyword::AS) || r#as == 0 {
            continue;
        }
        gone.insert(spoken[turn]);
        if not {
            gone.insert(spoken[turn - 1]);
            continue;
        }
        // Before it the name, or the name and its columns.
        let mut name = r#as - 1;
        if at(name).token == Token::RParen {
            while name > 0 && at(name).token != Token::LParen {
                name -= 1;
            }
            name = name.saturating_sub(1);
        }
        names.insert(at(name).span.start);
    }
    let mut places = 0..;
    tokens.retain(|_| places.next().is_none_or(|place| !gone.contains(&place)));
    names
}

/// Writes into a statement which of its names are to be worked out first.
pub(super) fn mark(statement: &mut Statement, names: &HashSet<Location>) {
    let Some(with) = query_of(statement).and_then(|query| query.with.as_mut()) else { return };
    for one in with.cte_tables.iter_mut().filter(|one| names.contains(&one.alias.name.span.start)) {
        one.materialized = Some(CteAsMaterialized::Materialized);
    }
}

/// Whether a query of a `with` can be worked out first: not where it has a `with` of its own.
pub(super) fn can_be_first(one: &Cte) -> bool {
    one.query.with.is_none()
}

fn query_of(statement: &mut Statement) -> Option<&mut Query> {
    let Statement::Statement(ast) = statement else { return None };
    match ast.as_mut() {
        Ast::Query(query) => Some(query),
        _ => None,
    }
}

/// Takes out of a statement what is to be worked out first, each knowing those before it; the statement then reads their tables.
///
/// Left as it is: what a query of a `with` names in a `with` of its own, and all of `explain`.
pub(super) fn steps(statement: &mut Statement) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let with = query_of(statement).and_then(|query| query.with.as_mut());
    let Some(with) = with.filter(|with| !with.recursive) else { return Ok(steps) };
    for number in 0..with.cte_tables.len() {
        let (before, rest) = with.cte_tables.split_at_mut(number);
        let one: &mut Cte = &mut rest[0];
        let wanted = one.materialized.take() == Some(CteAsMaterialized::Materialized);
        if !wanted || !can_be_first(one) {
            continue;
        }
        let name = format!("{NAME}{number}");
        let mut body = std::mem::replace(&mut one.query, Box::new(all_of(&name)?));
        if !before.is_empty() {
            body.with = Some(With { with_token: with.with_token.clone(), recursive: false, cte_tables: before.to_vec() });
        }
        steps.push(Step { name, statement: Statement::Statement(Box::new(Ast::Query(body))) });
    }
    Ok(steps)
}

/// The query for all rows of a table.
fn all_of(name: &str) -> Result<Query> {
    let mut parsed = DFParser::parse_sql(&ALL.replace("TABLE", name))?.pop_front();
    let query = parsed.as_mut().and_then(query_of).cloned();
    query.ok_or_else(|| DataFusionError::Internal("all rows of a table are no query".into()))
}

/// The tables that were worked out for a query.
#[derive(Debug, Default)]
pub(super) struct Tables(Mutex<HashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    table: Arc<MemTable>,
    /// What its rows take of the memory of the query.
    _memory: Vec<MemoryReservation>,
}

impl Tables {
    pub(super) fn get(&self, name: &str) -> Option<Arc<dyn TableProvider>> {
        let tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.get(name).map(|kept| Arc::clone(&kept.table) as Arc<dyn TableProvider>)
    }

    /// Works out a plan and keeps its rows under a name.
    pub(super) async fn keep(&self, name: String, plan: &Arc<dyn ExecutionPlan>, context: &Arc<TaskContext>) -> Result<()> {
        let mut working = JoinSet::new();
        for (number, mut stream) in execute_stream_partitioned(Arc::clone(plan), Arc::clone(context))?.into_iter().enumerate() {
            let reserved = MemoryConsumer::new(&name).register(context.memory_pool());
            working.spawn(async move {
                // Groups are given in parts of one large batch, which is there once.
                let (mut batches, mut counter) = (Vec::new(), RecordBatchMemoryCounter::new());
                while let Some(batch) = stream.next().await {
                    let batch = batch?;
                    reserved.try_grow(counter.count_batch(&batch))?;
                    batches.push(batch);
                }
                Ok::<_, DataFusionError>((number, batches, reserved))
            });
        }
        let mut partitions: Vec<Vec<RecordBatch>> = vec![Vec::new(); working.len()];
        let mut memory = Vec::new();
        while let Some(done) = working.join_next().await {
            let (number, batches, reserved) = done.map_err(|broken| DataFusionError::External(Box::new(broken)))??;
            partitions[number] = batches;
            memory.push(reserved);
        }
        let kept = Kept { table: Arc::new(MemTable::try_new(plan.schema(), partitions)?), _memory: memory };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, kept);
        Ok(())
    }
}

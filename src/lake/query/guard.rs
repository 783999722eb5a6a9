//! What a query may be: one `select`, `with` or `explain` over the lake's tables, of a size that planning it cannot harm the server.
//!
//! Looked at twice, as text and as plan. There is nothing else to reach either: the session knows no files, no file formats, no table
//! functions, no other object store, and its catalogue cannot be changed.

use super::materialized;
use crate::error::{Error, Result, codes};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::Statement as Ast;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Characters of a query.
const MOST_TEXT: usize = 100_000;
/// Operators of a query: a chain of them is a tree as deep as it is long, and trees are walked by recursion. The threads that plan
/// and run queries have stacks for several times this depth.
const MOST_OPERATORS: usize = 400;
/// Joins and set operations: planning them takes more than linear time.
const MOST_RELATIONS: usize = 64;
/// Parentheses within each other.
const MOST_NESTED: usize = 64;

/// Scalar functions that make much out of little; the memory pool does not see it. Nothing needs them here.
pub(super) const AMPLIFIERS: &[&str] =
    &["repeat", "lpad", "rpad", "range", "generate_series", "array_repeat", "array_resize", "replace", "regexp_replace", "translate"];

/// The one statement of a text, if it is one that only reads.
pub(super) fn statement(text: &str) -> Result<Statement> {
    if text.len() > MOST_TEXT {
        return Err(bad(format!("The query is longer than {MOST_TEXT} characters; shorten it.")));
    }
    let unreadable = |error| bad(format!("The query cannot be read: {error}."));
    let mut tokens = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location().map_err(unreadable)?;
    measure(&tokens)?;
    let wanted = materialized::take_words(&mut tokens);
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(super::fault)?;
    statements.iter_mut().for_each(|statement| materialized::mark(statement, &wanted));
    match (statements.pop_front(), statements.len()) {
        (Some(statement), 0) if reads(&statement) => Ok(statement),
        (Some(_), 0) => Err(bad("Only select, with and explain are allowed here.")),
        (Some(_), _) => Err(bad("Send one statement at a time.")),
        (None, _) => Err(bad("The query is empty; send a select over the lake's tables.")),
    }
}

fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(ast) => matches!(**ast, Ast::Query(_)),
        Statement::Explain(explain) => reads(&explain.statement),
        _ => false,
    }
}

fn measure(tokens: &[TokenWithSpan]) -> Result<()> {
    let (mut operators, mut relations, mut nested, mut deepest) = (0, 0, 0_usize, 0);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                nested += 1;
                deepest = deepest.max(nested);
            }
            Token::RParen | Token::RBracket | Token::RBrace => nested = nested.saturating_sub(1),
            Token::Word(word) => match word.keyword {
                Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::CASE
                | Keyword::BETWEEN
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::IN => operators += 1,
                Keyword::JOIN | Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::SELECT => relations += 1,
                _ => {}
            },
            Token::Comma | Token::Period | Token::SemiColon | Token::EOF | Token::Whitespace(_) | Token::Number(..) => {}
            Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Placeholder(_) => {}
            _ => operators += 1,
        }
    }
    if operators > MOST_OPERATORS || relations > MOST_RELATIONS || deepest > MOST_NESTED {
        return Err(Error::new(
            &codes::QUERY_LIMIT,
            format!(
                "The query has {operators} operators, {relations} selects, joins and unions, {deepest} levels of parentheses; \
                 at most {MOST_OPERATORS}, {MOST_RELATIONS} and {MOST_NESTED} are allowed. Simplify it, or use 'in (…)' for long lists."
            ),
        ));
    }
    Ok(())
}

/// Refuses a plan with any step that does more than read.
pub(super) fn plan(plan: &LogicalPlan) -> Result<()> {
    let mut stranger = None;
    let walked = plan.apply_with_subqueries(|node| {
        let reads = matches!(
            node,
            LogicalPlan::Projection(_)
                | LogicalPlan::Filter(_)
                | LogicalPlan::Window(_)
                | LogicalPlan::Aggregate(_)
                | LogicalPlan::Sort(_)
                | LogicalPlan::Join(_)
                | LogicalPlan::Repartition(_)
                | LogicalPlan::Union(_)
                | LogicalPlan::TableScan(_)
                | LogicalPlan::EmptyRelation(_)
                | LogicalPlan::Subquery(_)
                | LogicalPlan::SubqueryAlias(_)
                | LogicalPlan::Limit(_)
                | LogicalPlan::Values(_)
                | LogicalPlan::Explain(_)
                | LogicalPlan::Analyze(_)
                | LogicalPlan::Distinct(_)
                | LogicalPlan::Unnest(_)
                | LogicalPlan::RecursiveQuery(_)
        );
        if !reads {
            stranger = Some(node.display().to_string());
            return Ok(TreeNodeRecursion::Stop);
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map_err(super::fault)?;
    match stranger {
        Some(_) => Err(bad("Only select, with and explain are allowed here.")),
        None => Ok(()),
    }
}

fn bad(message: impl Into<String>) -> Error {
    Error::new(&codes::BAD_QUERY, message)
}

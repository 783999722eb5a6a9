//! What a query may be: one `select`, `with` or `explain` over the lake's tables, of a size that planning it cannot harm the server.
//!
//! Looked at twice, as text and as plan. There is nothing else to reach either: the session knows no files, no file formats, no table
//! functions, no other object store, and its catalogue cannot be changed.

use super::{materialized, size};
use crate::error::{Error, Result, codes};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::GroupingSet;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};
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

/// Bytes of a text that is written out: each row may get a copy of it.
const MOST_LITERAL: usize = 1_000;
/// Relations that are read where each name of a `with` is what it stands for: the plan has as many parts.
const MOST_READ: u64 = 256;
/// Parts of an expression where each column is what it is worked out from: the engine may write it so.
const MOST_UNFOLDED: u64 = 5_000;
/// Columns of one step.
const MOST_COLUMNS: usize = 500;
/// Ways in which one step groups its rows: it goes through each batch once for each.
const MOST_GROUPINGS: usize = 32;

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
    let read = statements.iter().map(size::relations).fold(0, u64::max);
    if read > MOST_READ {
        return Err(too_large(format!(
            "The query reads more than {MOST_READ} relations, since names of its 'with' are used again and again; write 'as materialized (…)' for those."
        )));
    }
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
                // The engine writes out all groupings before anybody can look at them.
                Keyword::CUBE => return Err(bad("'cube' is not available here; name the groupings with 'grouping sets'.")),
                Keyword::JOIN | Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::SELECT => relations += 1,
                _ => {}
            },
            Token::Comma | Token::Period | Token::SemiColon | Token::EOF | Token::Whitespace(_) | Token::Number(..) => {}
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) if text.len() <= MOST_LITERAL => {}
            Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => {
                return Err(too_large(format!("The query has a text of more than {MOST_LITERAL} bytes in quotation marks; shorten it.")));
            }
            Token::Placeholder(_) => {}
            token if other_text(token) => return Err(bad("Write texts as 'text'; other ways to write them are not available here.")),
            _ => operators += 1,
        }
    }
    if operators > MOST_OPERATORS || relations > MOST_RELATIONS || deepest > MOST_NESTED {
        return Err(too_large(format!(
            "The query has {operators} operators, {relations} selects, joins and unions, {deepest} levels of parentheses; \
             at most {MOST_OPERATORS}, {MOST_RELATIONS} and {MOST_NESTED} are allowed. Simplify it, or use 'in (…)' for long lists."
        )));
    }
    Ok(())
}

/// Whether a token is a text that is written in one of the many other ways that there are.
fn other_text(token: &Token) -> bool {
    matches!(
        token,
        Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::TripleSingleQuotedByteStringLiteral(_)
            | Token::TripleDoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::TripleSingleQuotedRawStringLiteral(_)
            | Token::TripleDoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::QuoteDelimitedStringLiteral(_)
            | Token::NationalQuoteDelimitedStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
    )
}

/// Refuses a plan that does more than read, or that is larger than it looks.
pub(super) fn plan(plan: &LogicalPlan) -> Result<()> {
    let (unfolded, columns) = size::largest(plan).map_err(super::fault)?;
    if unfolded > MOST_UNFOLDED {
        return Err(too_large(format!(
            "The query has an expression of more than {MOST_UNFOLDED} parts, since columns are worked out of columns again and again; simplify it."
        )));
    }
    if columns > MOST_COLUMNS {
        return Err(too_large(format!("The query has more than {MOST_COLUMNS} columns; name those that you need.")));
    }
    let mut stranger = None;
    let mut wrong = None;
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
        for one in node.expressions() {
            one.apply(|part| {
                wrong = wrong.take().or_else(|| without_bounds(part));
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        Ok(TreeNodeRecursion::Continue)
    });
    walked.map_err(super::fault)?;
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    match stranger {
        Some(_) => Err(bad("Only select, with and explain are allowed here.")),
        None => Ok(()),
    }
}

/// What is wrong with an expression that takes long over a single batch of rows.
fn without_bounds(one: &Expr) -> Option<Error> {
    match one {
        Expr::Like(like) => pattern(&like.pattern, false),
        Expr::SimilarTo(like) => pattern(&like.pattern, true),
        Expr::BinaryExpr(BinaryExpr { op, right, .. }) => match op {
            Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch => pattern(right, true),
            Operator::LikeMatch | Operator::ILikeMatch | Operator::NotLikeMatch | Operator::NotILikeMatch => pattern(right, false),
            _ => None,
        },
        Expr::ScalarFunction(call) if call.name().starts_with("regexp_") => pattern(call.args.get(1)?, true),
        Expr::GroupingSet(sets) => {
            let many = match sets {
                GroupingSet::GroupingSets(sets) => sets.len(),
                GroupingSet::Rollup(columns) => columns.len() + 1,
                GroupingSet::Cube(columns) => 1_usize.checked_shl(columns.len() as u32).unwrap_or(usize::MAX),
            };
            (many > MOST_GROUPINGS).then(|| too_large(format!("The query groups in more than {MOST_GROUPINGS} ways at once; take fewer.")))
        }
        _ => None,
    }
}

/// What is wrong with a pattern: it differs by row, or is a regular expression that cannot be prepared.
fn pattern(one: &Expr, is_regular: bool) -> Option<Error> {
    match one {
        Expr::Placeholder(_) => None,
        Expr::Literal(text, _) if is_regular => {
            // The engine's own bounds of size hold here, too.
            let wrong = regex::Regex::new(text.try_as_str().flatten()?).err()?;
            let said = wrong.to_string();
            Some(bad(format!("The pattern cannot be read: {}.", said.lines().last().unwrap_or_default().trim_end_matches('.'))))
        }
        Expr::Literal(..) => None,
        _ => Some(bad("Write patterns out; those that differ by row are not available here.")),
    }
}

fn too_large(message: String) -> Error {
    Error::new(&codes::QUERY_LIMIT, message)
}

fn bad(message: impl Into<String>) -> Error {
    Error::new(&codes::BAD_QUERY, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::sqlite;
    use crate::detect::Rules;
    use crate::lake::query::Limits;
    use crate::lake::query::store::Trouble;
    use crate::lake::testing::World;
    use std::sync::Arc;

    #[tokio::test]
    async fn built_in_rules_are_far_from_the_bounds() {
        let (db, _folder) = sqlite().await;
        let lake = World::new(db).lake;
        let (mut read, mut unfolded, mut columns) = (0, 0, 0);
        for rule in Rules::builtin().iter() {
            let statement = statement(&rule.sql).unwrap();
            read = read.max(size::relations(&statement));
            let session = lake.session(None, Limits::default(), &Trouble::default(), &Arc::default()).unwrap();
            let plan = session.statement_to_plan(statement).await.unwrap();
            let (parts, wide) = size::largest(&plan).unwrap();
            (unfolded, columns) = (unfolded.max(parts), columns.max(wide));
        }
        println!("{read} relations, {unfolded} parts, {columns} columns");
        assert!(2 * read < MOST_READ && 2 * unfolded < MOST_UNFOLDED && 2 * columns < MOST_COLUMNS, "{read}, {unfolded}, {columns}");
    }
}

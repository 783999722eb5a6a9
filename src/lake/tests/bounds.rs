//! Queries that want more than there is: each is stopped within its bounds, with a sentence, whatever part of the engine it is aimed at.

use super::queries::{ask_within, numbers, small, world_with_a_lesson};
use crate::db::testing::sqlite;
use crate::lake::query::{Format, Limits};
use crate::lake::testing::World;
use std::time::{Duration, Instant};

/// `with` queries that each use the one before as often as `step` says.
fn chained(many: usize, first: &str, step: impl Fn(usize) -> String, last: &str) -> String {
    let links: Vec<String> = (1..=many).map(|place| format!("t{place} as ({})", step(place - 1))).collect();
    format!("with t0 as ({first}), {} {}", links.join(", "), last.replace("LAST", &format!("t{many}")))
}

/// A thread that hears nothing of the end of its time is stuck; on a busy machine one that stands back may be late.
const STUCK: Duration = Duration::from_secs(60);

/// What is asked, and the code of the answer.
fn hostile() -> Vec<(&'static str, String, &'static str)> {
    let long = "x".repeat(900);
    let same = |many: usize| std::iter::repeat_n(format!("'{long}'"), many).collect::<Vec<_>>().join(" || ");
    let names = |many: usize| (0..many).map(|place| format!("1 as c{place}")).collect::<Vec<_>>().join(", ");
    vec![
        (
            "a text of a gigabyte, by doubling",
            chained(30, "select 'xxxxxxxx' as x", |one| format!("select x || x as x from t{one}"), "select length(x) from LAST"),
            "query_limit",
        ),
        (
            "the same of a column",
            chained(
                30,
                "select trainee as x from attendance",
                |one| format!("select x || x as x from t{one}"),
                "select length(x) from LAST",
            ),
            "query_limit",
        ),
        (
            "the same with concat",
            chained(
                30,
                "select trainee as x from attendance",
                |one| format!("select concat(x, x, x) as x from t{one}"),
                "select max(x) from LAST",
            ),
            "query_limit",
        ),
        (
            "the same with concat_ws",
            chained(
                30,
                "select trainee as x from attendance",
                |one| format!("select concat_ws(x, x, x) as x from t{one}"),
                "select max(x) from LAST",
            ),
            "query_limit",
        ),
        (
            "the same by groups",
            chained(
                12,
                &format!("select 'x' as x from {}", numbers(3)),
                |one| format!("select string_agg(a.x, ',') as x from t{one} a, attendance b"),
                "select length(x) from LAST",
            ),
            "query_limit",
        ),
        ("a long text for each row", format!("select max({} || x0) from {}", same(10), numbers(5)), "query_limit"),
        ("a text longer than any name", format!("select '{}' as x from attendance", "x".repeat(5000)), "query_limit"),
        ("a text of all rows", format!("select string_agg(x0 || 'some text that takes memory', ',') from {}", numbers(6)), "query_limit"),
        ("a text of all rows so far, for each", format!("select string_agg('x', ',') over (order by x0) from {}", numbers(6)), "bad_query"),
        ("the middle of all rows so far, for each", format!("select median(x0) over (order by x1) from {}", numbers(6)), "bad_query"),
        ("a text repeated", "select repeat('x', 1000000000)".into(), "bad_query"),
        ("a text filled up", "select lpad('x', 1000000000)".into(), "bad_query"),
        ("a text written as digits, again and again", format!("select {}'x'{}", "encode(".repeat(40), ", 'hex')".repeat(40)), "bad_query"),
        ("a list", "select [1, 2, 3]".into(), "bad_query"),
        ("a list of all rows", format!("select array_agg(x0) from {}", numbers(7)), "bad_query"),
        ("a structure", "select struct(1, 2)".into(), "bad_query"),
        ("a map", "select map {'a': 1}".into(), "bad_query"),
        ("a text put into a text", "select overlay('xxx' placing 'yyy' from 1)".into(), "bad_query"),
        (
            "letters of long texts compared",
            format!("select max(levenshtein({} || x0, {} || x1)) from {}", same(3), same(3), numbers(4)),
            "query_limit",
        ),
        ("a pattern from a column", format!("select count(*) from {} where cast(x0 as varchar) like x1 || '%'", numbers(4)), "bad_query"),
        (
            "an expression from a column",
            format!("select count(*) from {} where cast(x0 as varchar) ~ ('(a{{900}}){{900}}' || x1)", numbers(4)),
            "bad_query",
        ),
        (
            "an expression without end",
            format!("select count(*) from {} where cast(x0 as varchar) ~ '((a{{900}}){{900}}){{900}}'", numbers(4)),
            "bad_query",
        ),
        (
            "a relation read a million times",
            chained(
                20,
                "select lesson from attendance",
                |one| format!("select a.lesson from t{one} a, t{one} b"),
                "select count(*) from LAST",
            ),
            "query_limit",
        ),
        (
            "the same, hidden in conditions",
            chained(
                20,
                "select lesson from attendance",
                |one| format!("select lesson from t{one} where lesson in (select lesson from t{one})"),
                "select count(*) from LAST",
            ),
            "query_limit",
        ),
        (
            "the same, only explained",
            format!(
                "explain {}",
                chained(
                    20,
                    "select lesson from attendance",
                    |one| format!("select a.lesson from t{one} a, t{one} b"),
                    "select count(*) from LAST"
                )
            ),
            "query_limit",
        ),
        (
            "a condition that unfolds to a billion parts",
            chained(
                30,
                "select \"row\" as n from attendance",
                |one| format!("select n + n as n from t{one}"),
                "select count(*) from LAST where n > 0",
            ),
            "query_limit",
        ),
        (
            "all ways to group",
            "select count(*) from attendance group by cube (class, lesson, trainee, evidence, kind, device, ip, user_agent)".into(),
            "bad_query",
        ),
        (
            "many ways to group",
            format!("select count(*) from attendance group by grouping sets ({})", vec!["(class)"; 500].join(", ")),
            "query_limit",
        ),
        ("seven thousand columns", format!("select {} from attendance", names(7000)), "query_limit"),
        ("all rows held for a sum of all", format!("select sum(x0) over () from {}", numbers(14)), "query_limit"),
        (
            "all rows held for those behind",
            format!("select sum(x0) over (order by x1 rows between current row and 500000000 following) from {}", numbers(9)),
            "query_limit",
        ),
        (
            "all rows held for those near",
            format!("select sum(x0) over (order by x1 range between current row and 5 following) from {}", numbers(9)),
            "query_limit",
        ),
        ("all rows held for their equals", format!("select sum(x0) over (order by 1) from {}", numbers(9)), "query_limit"),
        ("rows looked up far behind", format!("select lead(x0, 100000000) over (order by x1) from {}", numbers(9)), "query_limit"),
        ("rows sorted that fill the disk", format!("select row_number() over (order by x0, x5) from {}", numbers(14)), "query_limit"),
        ("rows joined without a condition", format!("select count(*) from {} where x0 + x1 = x2 * x3 + x9", numbers(14)), "query_limit"),
        (
            "names counted without end",
            format!("select count(distinct x0 || '-' || x1 || x2 || x3 || x4 || x5 || x6 || x7) from {}", numbers(8)),
            "query_limit",
        ),
        (
            "a query that names itself",
            "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r".into(),
            "query_limit",
        ),
        (
            "one that doubles itself",
            "with recursive r(n) as (select 1 union all select n + 1 from r, (values (1), (2)) two) select count(*) from r".into(),
            "query_limit",
        ),
    ]
}

#[tokio::test]
async fn each_is_stopped_within_its_bounds_and_says_why() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    for (what, sql, code) in hostile() {
        let started = Instant::now();
        let answer = ask_within(&world, &sql, Format::Csv, small()).await;
        let took = started.elapsed();
        let error = match answer {
            Err(error) => error,
            Ok(text) => panic!("{what} was answered: {}", text.chars().take(200).collect::<String>()),
        };
        assert_eq!(error.code, code, "{what}: {error} {:?}", error.cause);
        assert!(error.message.ends_with('.') && error.message.len() < 600, "{what}: {error}");
        assert!(took < STUCK, "{what} took {took:?}: {error}");
    }
    // The same threads answer whoever asks next.
    assert_eq!(ask_within(&world, "select count(*) as n from attendance", Format::Csv, small()).await.unwrap(), "n\n2\n");
}

#[tokio::test]
async fn what_people_ask_stays_within_bounds() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    world_with_a_lesson(&world).await;
    let twice = |one: usize| format!("select a.n + b.n as n from t{one} a, t{one} b");
    for (sql, answer) in [
        ("select 'a' || 1 || 'b' as x".to_owned(), "x\na1b\n"),
        ("select 'a' || null || 'b' as x".to_owned(), "x\n\"\"\n"),
        ("select concat('a', null, 'b') as x, concat_ws('-', 'a', null, 'b') as y".to_owned(), "x,y\nab,a-b\n"),
        ("select string_agg(x, '' order by x desc) || '!' as x from (values ('a'), ('b')) t(x)".to_owned(), "x\nba!\n"),
        ("select levenshtein('kitten', 'sitting') as n".to_owned(), "n\n3\n"),
        ("select count(*) as n from attendance where kind like 'in%' or kind ~ '^le'".to_owned(), "n\n2\n"),
        ("select sum(x) over () as n from (values (1), (2)) t(x)".to_owned(), "n\n3\n3\n"),
        // What a window gives at once is put together batch by batch: twenty megabytes in all.
        (
            format!(
                "select max(length(x)) as n from (select '{}' || cast(s as varchar) as x from (select sum(x0) over () as s from {}) w) t",
                "x".repeat(200),
                numbers(5)
            ),
            "n\n206\n",
        ),
        ("select lag(x, 1) over (order by x) as n from (values (1), (2)) t(x)".to_owned(), "n\n\"\"\n1\n"),
        // Six times over is a query of a person, twenty times an attack.
        (chained(6, "select 1 as n", twice, "select n from LAST"), "n\n64\n"),
    ] {
        assert_eq!(ask_within(&world, &sql, Format::Csv, small()).await.unwrap(), answer, "{sql}");
    }
}

/// Of a hundred thousand groups each batch is a part of one, which is there once and not thirteen times.
#[tokio::test]
async fn what_is_worked_out_first_is_counted_once() {
    let (db, _folder) = sqlite().await;
    let world = World::new(db);
    let number = (0..5).map(|digit| format!("x{digit} * {}", 10_u32.pow(digit))).collect::<Vec<_>>().join(" + ");
    let sql = format!(
        "with g as materialized (select {number} as n, count(*) as c from {} group by 1) select max(n) as n, sum(c) as c from g",
        numbers(5)
    );
    let limits = Limits { memory_bytes: 16 << 20, partitions: 1, ..small() };
    assert_eq!(ask_within(&world, &sql, Format::Csv, limits).await.unwrap(), "n,c\n99999,100000\n");
}

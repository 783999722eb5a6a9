//! The house keeps its own rules: who may know whom, where SQL lives, how long a file gets, and that documents name files that exist.

mod source;

use source::{files, lex, relative, root, sources};
use std::collections::BTreeSet;
use std::fs;

/// The pipeline. A stage knows the stages before it, itself, and [`FOUNDATION`].
const STAGES: [&str; 10] = ["register", "receive", "store", "seal", "analyse", "lake", "link", "detect", "audit", "tell"];
/// What every stage stands on. It knows nothing but itself.
const FOUNDATION: [&str; 8] = ["error", "ids", "time", "tables", "config", "db", "jobs", "print"];
/// What joins the stages or shows them. It may know everything.
const TOP: [&str; 6] = ["app", "pipeline", "web", "cli", "main", "lib"];
/// Beside the pipeline: an outside client that knows only names and files.
const OUTSIDE: [&str; 1] = ["simulate"];

/// Files that look against the stream, whom they look at, and why that is right.
const AGAINST_THE_STREAM: &[(&str, &str, &str)] = &[
    ("src/simulate/people.rs", "register", "the check digit of an ID number has one truth"),
    ("src/simulate/bulk.rs", "register", "the check digit of an ID number has one truth"),
];

/// Crates that one place hides from the rest.
const HIDDEN: &[(&str, &[&str])] = &[
    ("axum", &["src/web/", "src/cli/serve"]),
    ("axum_extra", &["src/web/"]),
    ("tower_http", &["src/web/"]),
    ("hyper_util", &["src/web/"]),
    ("askama", &["src/web/"]),
    ("aws_sdk_s3", &["storage/src/s3/"]),
    ("aws_config", &["storage/src/s3/"]),
    ("likeness", &["src/detect/reuse/", "src/analyse/media/"]),
    ("datafusion", &["src/lake/", "src/detect/"]),
    ("tlog_tiles", &["src/seal/"]),
    ("signed_note", &["src/seal/"]),
    ("ffmpeg_next", &["src/analyse/media/"]),
    ("rqrr", &["src/analyse/media/"]),
    ("qrcode", &["src/web/pages/", "src/analyse/media/codes.rs"]),
    ("seccompiler", &["src/analyse/media/"]),
    ("libloading", &["src/analyse/media/"]),
    ("calamine", &["src/tables/"]),
    ("hanconv", &["src/tables/"]),
    ("pdf_writer", &["src/print/"]),
    ("ttf_parser", &["src/print/"]),
    ("aes_gcm", &["src/register/"]),
    ("sfv", &["src/receive/signature/"]),
    ("lettre", &["src/tell/digest/"]),
];

/// Code longer than [`LONGEST`] lines, and why.
const LONG: &[(&str, &str)] = &[];
const LONGEST: usize = 600;

/// The modules of this crate that a code text names: `crate::name` and every name in `crate::{…}`.
fn named(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut start = 0;
            for (place, c) in group.char_indices() {
                depth += i32::from(c == '{') - i32::from(c == '}');
                if depth == 0 || (depth == 1 && c == ',') {
                    found.insert(word(&group[start..place]));
                    start = place + 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            found.insert(word(rest));
        }
    }
    found.remove("");
    found
}

/// The module of this crate that a file belongs to: `src/seal/leaf.rs` is of `seal`.
fn module(path: &str) -> &str {
    path.trim_start_matches("src/").split('/').next().unwrap().trim_end_matches(".rs")
}

fn may_know(who: &str, whom: &str) -> bool {
    let place = |name: &str| STAGES.iter().position(|stage| *stage == name);
    if who == whom || TOP.contains(&who) {
        return true;
    }
    match (place(who), place(whom)) {
        (Some(who), Some(whom)) => whom < who,
        (Some(_), None) | (None, None) if !TOP.contains(&whom) && !OUTSIDE.contains(&whom) => FOUNDATION.contains(&whom),
        _ => false,
    }
}

#[test]
fn a_stage_knows_only_the_stages_before_it() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for file in sources("src") {
        for whom in named(&file.code) {
            // A macro or an item at the top of the crate is no module.
            let known = STAGES.iter().chain(&FOUNDATION).chain(&TOP).chain(&OUTSIDE).any(|name| *name == whom);
            if !known || may_know(module(&file.path), &whom) {
                continue;
            }
            match AGAINST_THE_STREAM.iter().find(|(path, module, _)| *path == file.path && *module == whom) {
                Some(exception) => drop(used.insert(exception)),
                None => wrong.push(format!("{} uses crate::{whom}", file.path)),
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction of the pipeline (src/pipeline.rs joins stages):\n{}", wrong.join("\n"));
    assert_eq!(used.len(), AGAINST_THE_STREAM.len(), "an exception that nothing needs");
}

#[test]
fn every_module_has_its_place_in_the_house() {
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = relative(&entry.unwrap().path());
        let name = module(&path).to_owned();
        let known = STAGES.iter().chain(&FOUNDATION).chain(&TOP).chain(&OUTSIDE).any(|place| *place == name);
        assert!(known, "{path} is neither a stage nor what stages stand on nor what joins them");
    }
}

#[test]
fn a_crate_that_one_place_hides_is_named_nowhere_else() {
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("storage/src")).chain(sources("likeness/src")) {
        for (name, places) in HIDDEN {
            let uses = file
                .code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !file.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if uses && !places.iter().any(|place| file.path.starts_with(place)) {
                wrong.push(format!("{} uses {name}, which is known to {} alone", file.path, places.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a string is a statement, and not a sentence that begins like one.
fn is_sql(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let both = |start: &str, inside: &str| text.starts_with(start) && text.contains(inside);
    let starts = ["insert into ", "delete from ", "create table ", "create index ", "create unique index ", "alter table ", "drop table "];
    starts.iter().any(|start| text.starts_with(start))
        || both("select ", " from ")
        || both("update ", " set ")
        || both("with ", " as (select ")
}

#[test]
fn sql_lives_only_in_files_named_sql() {
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("storage/src")).chain(sources("likeness/src")) {
        if !file.path.ends_with("/sql.rs") {
            wrong.extend(file.strings.iter().filter(|(_, text)| is_sql(text)).map(|(line, text)| format!("{}:{line}: {text}", file.path)));
        }
    }
    assert!(wrong.is_empty(), "statements outside sql.rs:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_six_hundred_lines() {
    let code = [".rs", ".sql", ".js", ".mjs", ".css", ".html", ".sh", ".toml"];
    let mut wrong = Vec::new();
    for folder in ["src", "storage", "tests", "migrations", "scripts", "platforms", "policies", "benches", "fuzz"] {
        for path in files(folder, &code) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            let path = relative(&path);
            if lines > LONGEST && !LONG.iter().any(|(name, _)| *name == path) {
                wrong.push(format!("{path}: {lines}"));
            }
        }
    }
    assert!(wrong.is_empty(), "split by idea:\n{}", wrong.join("\n"));
}

/// What a document calls a file: inline code that begins with a folder of the repository or is a file at its top, and targets of links.
fn paths_named(document: &str, text: &str) -> Vec<String> {
    let tops: BTreeSet<String> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    let plain = |token: &str| !token.is_empty() && token.chars().all(|c| c.is_alphanumeric() || "_-./*".contains(c));
    let folders = ["src", "storage", "tests", "docs", "migrations", "platforms", "policies", "scripts", "benches", "fuzz", ".ci"];
    let code = text.split('`').skip(1).step_by(2).filter(|token| plain(token)).filter(|token| {
        let first = token.split('/').next().unwrap_or_default();
        (token.contains('/') && folders.contains(&first)) || tops.contains(*token) || (!token.contains('/') && token.ends_with(".md"))
    });
    let folder = document.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = targets
        .filter(|target| !target.contains(':') && !target.starts_with('#'))
        .map(|target| format!("{folder}{}", target.split('#').next().unwrap_or_default()));
    code.map(str::to_owned).chain(links).collect()
}

/// Whether a path, in which `*` stands for any part of a name, exists.
fn exists(path: &str) -> bool {
    let Some((before, after)) = path.split_once('*') else { return root().join(path).exists() };
    let (folder, start) = before.rsplit_once('/').unwrap_or((".", before));
    fs::read_dir(root().join(folder)).into_iter().flatten().any(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let end = after.split('/').next().unwrap_or_default();
        let fits = name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len();
        fits && exists(format!("{folder}/{name}{}", &after[end.len()..]).trim_start_matches("./"))
    })
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut wrong = Vec::new();
    for (document, fewest) in [
        ("README.md", 5),
        ("README.zh-CN.md", 5),
        ("CONTRIBUTING.md", 15),
        ("docs/ARCHITECTURE.md", 40),
        ("docs/DECISIONS.md", 15),
        ("docs/OPERATIONS.md", 2),
        ("docs/BENCH.md", 2),
        ("migrations/README.md", 0),
    ] {
        let text = fs::read_to_string(root().join(document)).unwrap_or_else(|e| panic!("{document}: {e}"));
        assert_eq!(text.matches('`').count() % 2, 0, "{document}: a code mark is not closed");
        // Blocks are commands and drawings; what they name is not meant as a path.
        let text: String = text.split("```").step_by(2).collect();
        let named = paths_named(document, &text);
        assert!(named.len() >= fewest, "{document} names {} files; is it read as it is written?", named.len());
        wrong.extend(named.into_iter().filter(|path| !exists(path.trim_end_matches('/'))).map(|path| format!("{document}: {path}")));
    }
    assert!(wrong.is_empty(), "named and not there:\n{}", wrong.join("\n"));
}

/// docs/NOTICE.md: the last column of its table, tests as `file::name` or as `file: title`.
#[test]
fn every_clause_of_the_notice_has_the_tests_that_are_said_to_hold_it() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_default();
    let text = read("docs/NOTICE.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let mut wrong = Vec::new();
    for row in &rows {
        let tests: Vec<&str> = row.rsplit('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2).collect();
        if tests.is_empty() {
            wrong.push(format!("no test: {row}"));
        }
        for test in tests {
            let there = match (test.split_once("::"), test.split_once(": ")) {
                (Some((file, name)), _) => read(&format!("tests/it/{file}.rs")).split("on_both!").skip(1).any(|list| list.contains(name)),
                (None, Some((file, title))) => read(&format!("tests/e2e/{file}")).contains(title),
                (None, None) => root().join(format!("tests/it/{test}.rs")).exists(),
            };
            if !there {
                wrong.push(format!("{test} is gone"));
            }
        }
    }
    assert!(wrong.is_empty() && rows.len() >= 15, "{} rows\n{}", rows.len(), wrong.join("\n"));
}

#[test]
fn the_checks_of_the_house_see_what_they_look_for() {
    let text = r##"
// crate::audit and "select a from b" in a comment
use crate::{db::{Db, Tx}, seal};
const A: &str = "select a from b";
const B: &str = r#"update a "x" set b = 1"#;
const C: char = '"';
fn f<'a>(a: &'a str) -> crate::error::Result<()> { g("Select a file from the list", 'x') }
#[cfg(test)]
mod tests { use crate::web; const D: &str = "delete from a"; }
#[cfg(test)]
mod far;
use crate::link;
"##;
    let lexed = lex(text);
    assert_eq!(named(&lexed.code).into_iter().collect::<Vec<_>>(), ["db", "error", "link", "seal"]);
    assert_eq!(lexed.test_modules, ["far"]);
    let statements: Vec<usize> =
        lexed.strings.iter().filter(|(_, text)| text.starts_with(char::is_lowercase) && is_sql(text)).map(|(line, _)| *line).collect();
    assert_eq!(statements, [4, 5]);
    assert!(may_know("seal", "store") && !may_know("store", "seal") && !may_know("db", "store") && !may_know("simulate", "link"));
    assert!(may_know("detect", "jobs") && may_know("web", "audit") && !may_know("audit", "web") && !may_know("register", "simulate"));
    assert!(exists("src/*/mod.rs") && exists("storage/s*/lib.rs") && !exists("src/*/no-such.rs"));
}

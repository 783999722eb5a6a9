//! Just enough of Rust's grammar to tell code from comments and strings, and what runs from what only tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file with comments and tests taken out. Lines stay where they are.
pub(super) struct Source {
    /// Relative to the repository.
    pub(super) path: String,
    /// Code; every string is replaced by `""`.
    pub(super) code: String,
    /// Line and content of every string.
    pub(super) strings: Vec<(usize, String)>,
}

/// The repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files under a folder of the repository whose name ends so, in order; what builds and downloads leave behind is passed over.
pub(super) fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "node_modules" | ".git" | "data") {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A path as it is written in documents.
pub(super) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().into_owned()
}

/// Everything under a folder that is in the program.
pub(super) fn sources(folder: &str) -> Vec<Source> {
    let read: Vec<(PathBuf, Lexed)> =
        files(folder, &[".rs"]).into_iter().map(|path| (path.clone(), lex(&fs::read_to_string(&path).unwrap()))).collect();
    let tests: BTreeSet<PathBuf> = read.iter().flat_map(|(path, lexed)| lexed.test_modules.iter().map(|name| child(path, name))).collect();
    let of_tests = |path: &Path| tests.iter().any(|test| path.starts_with(test) || path == test.with_extension("rs"));
    let kept = read.into_iter().filter(|(path, _)| !of_tests(path));
    kept.map(|(path, lexed)| Source { path: relative(&path), code: lexed.code, strings: lexed.strings }).collect()
}

/// Where `mod name;` in a file looks, without ending.
fn child(path: &Path, name: &str) -> PathBuf {
    let beside = matches!(path.file_name().and_then(|name| name.to_str()), Some("mod.rs" | "lib.rs" | "main.rs"));
    if beside { path.with_file_name(name) } else { path.with_extension("").join(name) }
}

pub(super) struct Lexed {
    pub(super) code: String,
    pub(super) strings: Vec<(usize, String)>,
    /// Names of `#[cfg(test)] mod name;`.
    pub(super) test_modules: Vec<String>,
}

/// Takes comments, strings and what is under `#[cfg(test)]` out of a text.
pub(super) fn lex(text: &str) -> Lexed {
    let (code, strings) = without_strings(text);
    let (kept, test_modules) = without_tests(&code);
    let blank: BTreeSet<usize> =
        code.lines().zip(kept.lines()).enumerate().filter(|(_, (was, is))| was != is).map(|(at, _)| at + 1).collect();
    Lexed { code: kept, strings: strings.into_iter().filter(|(line, _)| !blank.contains(line)).collect(), test_modules }
}

fn without_strings(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings, mut at, mut line) = (String::new(), Vec::new(), 0, 1);
    while at < chars.len() {
        let rest = &chars[at..];
        let end = if rest.starts_with(&['/', '/']) {
            rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())
        } else if rest.starts_with(&['/', '*']) {
            block_comment(rest)
        } else if let Some(hashes) = raw_start(rest, chars.get(at.wrapping_sub(1))) {
            let (start, close) = (
                rest.iter().position(|&c| c == '"').unwrap() + 1,
                ['"'].into_iter().chain(std::iter::repeat_n('#', hashes)).collect::<Vec<_>>(),
            );
            let length = rest[start..].windows(close.len()).position(|window| window == close.as_slice()).unwrap_or(rest.len() - start);
            strings.push((line, rest[start..start + length].iter().collect()));
            code.push_str("\"\"");
            (start + length + close.len()).min(rest.len())
        } else if rest[0] == '"' {
            let length = quoted(rest);
            strings.push((line, rest[1..length - 1].iter().collect()));
            code.push_str("\"\"");
            length
        } else if rest[0] == '\'' && (rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'')) {
            // A character, not a lifetime.
            code.push_str("' '");
            2 + rest[2..].iter().position(|&c| c == '\'').unwrap_or(0) + 1
        } else {
            if rest[0] != '\n' {
                code.push(rest[0]);
            }
            1
        };
        let lines = rest[..end].iter().filter(|&&c| c == '\n').count();
        code.extend(std::iter::repeat_n('\n', lines));
        line += lines;
        at += end;
    }
    (code, strings)
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// How many `#` a raw string begins with, if one begins here.
fn raw_start(rest: &[char], before: Option<&char>) -> Option<usize> {
    if rest[0] != 'r' || before.is_some_and(|&c| c.is_alphanumeric() && c != 'b' || c == '_') {
        return None;
    }
    let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    (rest.get(1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The length of a quoted string with its quotes.
fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Blanks the item after every `#[cfg(test)]`, and names the modules that lie in files of their own.
fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let (mut kept, mut modules) = (String::new(), Vec::new());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let end = MARK.len() + item_end(&item[MARK.len()..]);
        let words: Vec<&str> = item[..end].split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
        if let (Some(at), true) = (words.iter().position(|&word| word == "mod"), item[..end].ends_with(';')) {
            modules.push(words[at + 1].to_owned());
        }
        // Something else than nothing, so that the line differs even where it was blank.
        kept.extend(item[..end].chars().map(|c| if c == '\n' { '\n' } else { '\u{1}' }));
        rest = &item[end..];
    }
    kept.push_str(rest);
    (kept, modules)
}

/// Where an item ends: at the brace that closes its first one, or at a semicolon before any.
fn item_end(item: &str) -> usize {
    let mut depth = 0_i32;
    for (at, c) in item.char_indices() {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth -= 1;
                if depth == 0 && c == '}' {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

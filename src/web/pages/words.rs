//! The words of the pages: `src/web/i18n/*.toml`, one line a key, `[中文, English]` and, where English counts, `[中文, many, one]`.
//!
//! A key that is not in the tables shows itself on the page, so nothing breaks at night; a test renders every page in both
//! languages and fails on the first one.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The languages the pages speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese, the language of the notice.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a `?lang=` value or a cookie.
    pub fn named(name: &str) -> Option<Lang> {
        match name {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that the pages speak; browsers list them by preference.
    pub fn accepted(header: &str) -> Option<Lang> {
        header
            .split(',')
            .find_map(|part| Lang::named(part.trim().split([';', '-']).next().unwrap_or_default().to_ascii_lowercase().as_str()))
    }

    /// What `?lang=` and the cookie say.
    pub fn name(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The value of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The other language.
    pub fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// The words of a key; the key itself when there are none.
    pub fn say(self, key: &str) -> &str {
        match TABLE.get(key) {
            Some(entry) => entry.many(self),
            None => missing(key),
        }
    }

    /// The words of a key made of a prefix and a stable code; the bare code when there are none, as for a rule an operator wrote.
    pub fn say_code<'a>(self, prefix: &str, code: &'a str) -> &'a str {
        match TABLE.get(&format!("{prefix}.{code}")) {
            Some(entry) => entry.many(self),
            None => code,
        }
    }

    /// The words of a key for a count: English has a form for one.
    pub fn say_count(self, key: &str, count: i64) -> &str {
        match (self, TABLE.get(key)) {
            (Lang::En, Some(Entry { one: Some(one), .. })) if count == 1 => one,
            (lang, Some(entry)) => entry.many(lang),
            (_, None) => missing(key),
        }
    }
}

impl Lang {
    /// A sentence that was kept in English, as analysis writes them: found among the words under a prefix by its English form, and said
    /// in this language with the same values. One that is not there is told as it was kept.
    pub fn retell(self, prefix: &str, sentence: &str) -> String {
        let words = TABLE.iter().filter(|(key, _)| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')));
        let told = words.filter_map(|(_, entry)| Some((entry, taken(&entry.en, sentence)?))).next();
        match told {
            Some((entry, value)) => fill(entry.many(self), &[value]),
            None => sentence.to_owned(),
        }
    }
}

/// What stands in a sentence at the one place of its template, or nothing at all where the template has none.
fn taken<'s>(template: &str, sentence: &'s str) -> Option<&'s str> {
    match template.split_once("{0}") {
        Some((before, after)) => sentence.strip_prefix(before)?.strip_suffix(after),
        None => (template == sentence).then_some(""),
    }
}

/// `{0}`, `{1}` … in a sentence replaced by the values.
pub fn fill(sentence: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(sentence.len() + 16);
    let mut rest = sentence;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let tail = &rest[open..];
        let place = tail.get(1..2).and_then(|digit| digit.parse::<usize>().ok()).filter(|_| tail.get(2..3) == Some("}"));
        match place.and_then(|place| values.get(place)) {
            Some(value) => {
                out.push_str(value);
                rest = &tail[3..];
            }
            None => {
                out.push('{');
                rest = &tail[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[derive(Debug)]
struct Entry {
    zh: String,
    en: String,
    one: Option<String>,
}

impl Entry {
    fn many(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

const FILES: &[&str] = &[
    include_str!("../i18n/common.toml"),
    include_str!("../i18n/plan.toml"),
    include_str!("../i18n/checks.toml"),
    include_str!("../i18n/hours.toml"),
    include_str!("../i18n/evidence.toml"),
    include_str!("../i18n/findings.toml"),
    include_str!("../i18n/rules.toml"),
    include_str!("../i18n/cases.toml"),
    include_str!("../i18n/scores.toml"),
    include_str!("../i18n/operation.toml"),
    include_str!("../i18n/who.toml"),
    include_str!("../i18n/webhooks.toml"),
    include_str!("../i18n/opening.toml"),
    include_str!("../i18n/money.toml"),
    include_str!("../i18n/reports.toml"),
    include_str!("../i18n/personal.toml"),
    include_str!("../i18n/code.toml"),
];

static TABLE: LazyLock<HashMap<String, Entry>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for text in FILES {
        let file: toml::Table = text.parse().expect("the word tables are compiled in and read by a test");
        for (name, value) in file {
            gather(name, value, &mut table);
        }
    }
    table
});

fn gather(name: String, value: toml::Value, table: &mut HashMap<String, Entry>) {
    match value {
        toml::Value::Table(inner) => {
            for (key, value) in inner {
                gather(format!("{name}.{key}"), value, table);
            }
        }
        toml::Value::Array(forms) => {
            let mut forms = forms.into_iter().filter_map(|form| form.as_str().map(String::from));
            if let (Some(zh), Some(en)) = (forms.next(), forms.next()) {
                table.insert(name, Entry { zh, en, one: forms.next() });
            }
        }
        _ => {}
    }
}

#[cfg(not(test))]
fn missing(key: &str) -> &str {
    key
}

#[cfg(test)]
fn missing(key: &str) -> &str {
    MISSING.lock().expect("no test panics while it holds this").insert(key.to_string());
    key
}

/// Keys that were asked for and not found, in this test run.
#[cfg(test)]
pub(super) static MISSING: std::sync::Mutex<std::collections::BTreeSet<String>> = std::sync::Mutex::new(std::collections::BTreeSet::new());

#[cfg(test)]
mod tests {
    use super::*;

    fn places(sentence: &str) -> Vec<&str> {
        let mut found: Vec<&str> = ["{0}", "{1}", "{2}", "{3}", "{4}"].into_iter().filter(|place| sentence.contains(place)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_line_of_the_word_tables_has_both_languages_with_the_same_places() {
        let mut lines = 0;
        for text in FILES {
            lines += text.lines().filter(|line| line.contains("= [") && !line.starts_with('#')).count();
        }
        assert_eq!(TABLE.len(), lines, "a line that is not [中文, English] or a key written twice");
        for (key, entry) in TABLE.iter() {
            assert!(!entry.zh.trim().is_empty() && !entry.en.trim().is_empty(), "{key} lacks a language");
            assert_eq!(places(&entry.zh), places(&entry.en), "{key} fills other places in the two languages");
            if let Some(one) = &entry.one {
                assert!(places(&entry.en).contains(&"{0}"), "{key} has a form for one and nothing to count: {one}");
            }
        }
    }

    #[test]
    fn every_key_written_in_a_template_or_a_page_is_in_the_tables_and_every_line_of_the_tables_is_used() {
        let mut sources = String::new();
        for folder in ["src/web/pages", "src/web/templates"] {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            for file in std::fs::read_dir(root).expect("the folder is in the repository") {
                let file = file.expect("readable").path();
                if file.is_file() {
                    sources.push_str(&std::fs::read_to_string(file).expect("text"));
                }
            }
        }
        let mut absent = Vec::new();
        for call in [".t(\"", ".n(\"", ".say1(\"", ".say2(\"", ".say3(\"", ".say(\"", ".say_count(\""] {
            for rest in sources.split(call).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                if !TABLE.contains_key(key) && !key.starts_with("no.such") {
                    absent.push(key.to_string());
                }
            }
        }
        assert!(absent.is_empty(), "keys without words: {absent:?}");
        let unused: Vec<&String> = TABLE
            .keys()
            .filter(|key| {
                let mut prefixes = key.match_indices('.').map(|(end, _)| &key[..end]);
                !sources.contains(&format!("\"{key}\""))
                    && !prefixes.any(|prefix| [".code", ".retold"].iter().any(|by| sources.contains(&format!("{by}(\"{prefix}\""))))
            })
            .collect();
        assert!(unused.is_empty(), "words that no page uses: {unused:?}");
    }

    #[test]
    fn a_sentence_is_filled_in_the_order_its_language_wants() {
        assert_eq!(fill("{1} of {0} present", &["40", "38"]), "38 of 40 present");
        assert_eq!(fill("{ kept } {7} {0}", &["x"]), "{ kept } {7} x");
    }

    #[test]
    fn the_browser_is_answered_in_the_first_language_it_lists_that_the_pages_speak() {
        assert_eq!(Lang::accepted("fr-FR, en-GB;q=0.8, zh;q=0.5"), Some(Lang::En));
        assert_eq!(Lang::accepted("zh-CN,zh;q=0.9,en;q=0.8"), Some(Lang::Zh));
        assert_eq!(Lang::accepted("ja"), None);
    }

    #[test]
    fn every_reason_role_event_and_error_a_page_may_meet_has_words() {
        let mut codes: Vec<String> = Vec::new();
        codes.extend(crate::link::Reason::ALL.iter().flat_map(|reason| [format!("reason.{reason}"), format!("reason_why.{reason}")]));
        codes.extend(crate::analyse::attendance::EventKind::ALL.iter().map(|kind| format!("mark.{}", kind.as_str())));
        use crate::{
            analyse::media,
            detect,
            lake::{compact, ingest},
            pipeline,
        };
        codes.extend(
            [
                ingest::JOB,
                ingest::JOB_LIVE,
                ingest::REREAD,
                compact::JOB,
                media::job::JOB,
                media::job::FULL,
                detect::reuse::JOB,
                crate::lake::snapshot::JOB,
                pipeline::LINK,
                detect::job::NAME,
                detect::score::JOB,
                crate::register::reseal::JOB,
            ]
            .map(|kind| format!("job_kind.{kind}")),
        );
        use clap::ValueEnum;
        codes.extend(crate::analyse::attendance::ROW_CODES.iter().map(|(code, _)| format!("fault.{code}")));
        codes.extend(crate::receive::Role::value_variants().iter().map(|role| format!("role.{}", role.as_str())));
        let absent: Vec<&String> = codes.iter().filter(|key| !TABLE.contains_key(*key)).collect();
        assert!(absent.is_empty(), "codes without words: {absent:?}");
    }

    #[test]
    fn what_was_assumed_is_told_in_the_language_of_the_reader() {
        let kept = "The file does not say its time zone; its times are read as Asia/Shanghai, the zone given with the upload.";
        assert_eq!(Lang::En.retell("assumed", kept), kept);
        assert_eq!(Lang::Zh.retell("assumed", kept), "文件没有写明时区；时间按 Asia/Shanghai 读取，这是上传时指定的时区。");
        assert_eq!(Lang::Zh.retell("assumed", "Something new."), "Something new.");
    }

    #[test]
    fn a_missing_key_shows_itself() {
        assert_eq!(Lang::Zh.say_code("no.such", "code"), "code");
    }
}

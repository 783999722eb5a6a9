//! What a platform is and how its exports are read, as a file says it: `platforms/<id>.toml`, described in `platforms/README.md`.
//!
//! Six are built in. An operator's folder adds others, or one in the place of a built-in one by its id; a file that cannot be used is left
//! out and named, and the rest work. A profile gives headings their meaning as data, so that a table nobody else knows can be read
//! without a new program; the reader that does it is `analyse/attendance/readers/profile.rs`.

use super::file_name::Pattern;
use crate::error::{Error, Result, codes};
use crate::tables::fold;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A platform, as its profile file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// A short name, such as `px-class`.
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// Host name, and port where it has one.
    pub host: String,
    /// The zone its export files mean when they say none.
    pub timezone: String,
    /// What the headings of its export files rest on.
    pub headings: Basis,
    /// Where the entry, and the headings, come from.
    pub source: String,
    /// The formats it sends, as `format=` names them; empty when that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// The headings of its tables: field, and what its column is called, the best name first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<Field, Vec<String>>,
    /// What words in its tables mean.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// How it names its files, as patterns; `platforms/README.md` has their places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filenames: Vec<String>,
    /// SHA-256 of the file, as `sha256sum` shows it. No file says it of itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sha256: String,
}

/// What headings rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A description of the vendor's, or real files, named as the source.
    Documented,
    /// What such exports are mostly called.
    Assumed,
}

/// What a column of a platform's table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The account on the platform.
    Account,
    /// The trainee's number at the provider.
    ExternalId,
    /// Name.
    Name,
    /// Nickname.
    Nickname,
    /// Phone number.
    Phone,
    /// E-mail address.
    Email,
    /// Number of the identity card.
    IdNumber,
    /// When an event happened; the table has a row for each.
    At,
    /// What happened then: a word of `values.kind`, or one keshi knows.
    Kind,
    /// When a stay began; the table has a row for each.
    Join,
    /// When it ended.
    Leave,
    /// When somebody first came; the table has a row for each person.
    FirstJoin,
    /// When they came the last time.
    LatestJoin,
    /// When they went the last time.
    LastLeave,
    /// How often they came.
    Count,
    /// How long they were there, as the platform states it.
    Total,
    /// Whether they were there, as the platform states it.
    Mark,
    /// Network address.
    Ip,
    /// Device.
    Device,
    /// User agent.
    UserAgent,
    /// Kind of client.
    Client,
    /// Region derived from the address.
    Region,
    /// The platform's own reference.
    Reference,
}

impl Field {
    /// Every field that tells who a row is about.
    pub const PERSON: [Field; 7] =
        [Field::Account, Field::ExternalId, Field::Name, Field::Nickname, Field::Phone, Field::Email, Field::IdNumber];

    /// The word used in profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Account => "account",
            Field::ExternalId => "external_id",
            Field::Name => "name",
            Field::Nickname => "nickname",
            Field::Phone => "phone",
            Field::Email => "email",
            Field::IdNumber => "id_number",
            Field::At => "at",
            Field::Kind => "kind",
            Field::Join => "join",
            Field::Leave => "leave",
            Field::FirstJoin => "first_join",
            Field::LatestJoin => "latest_join",
            Field::LastLeave => "last_leave",
            Field::Count => "count",
            Field::Total => "total",
            Field::Mark => "mark",
            Field::Ip => "ip",
            Field::Device => "device",
            Field::UserAgent => "user_agent",
            Field::Client => "client",
            Field::Region => "region",
            Field::Reference => "reference",
        }
    }
}

/// What words of a table mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Kind of event, as keshi calls it, and the platform's words for it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kind: BTreeMap<String, Vec<String>>,
    /// What a bare number in the column of totals counts, where the heading does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_counts: Option<Counts>,
}

impl Values {
    fn is_empty(&self) -> bool {
        *self == Values::default()
    }
}

/// What a bare number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

/// The words a profile may use that later stages own.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Names of formats.
    pub formats: Vec<&'static str>,
    /// Kinds of events.
    pub kinds: Vec<&'static str>,
}

/// The six of the notice, 附件 2, in its order.
const BUILT_IN: [(&str, &str); 6] = [
    ("sx-zxpx.toml", include_str!("../../platforms/sx-zxpx.toml")),
    ("px-class.toml", include_str!("../../platforms/px-class.toml")),
    ("jc-mohrss.toml", include_str!("../../platforms/jc-mohrss.toml")),
    ("xzy-mohrss.toml", include_str!("../../platforms/xzy-mohrss.toml")),
    ("chinanet.toml", include_str!("../../platforms/chinanet.toml")),
    ("edu-mohrss.toml", include_str!("../../platforms/edu-mohrss.toml")),
];

/// A profile is a page of text.
const LARGEST: u64 = 256 << 10;
/// Longest text of a profile, in bytes; a longer cell of a table is no heading.
const LONGEST: usize = 120;
/// Names for one thing.
const MOST_NAMES: usize = 40;

impl Platform {
    /// A profile from the text of its file; `file` is named in the sentence that refuses it.
    ///
    /// Errors: `bad_config`, naming the key.
    pub fn parse(file: &str, text: &str, vocabulary: &Vocabulary) -> Result<Platform> {
        let refuse = |fault: &str| Error::new(&codes::CONFIG, format!("The platform profile {file} cannot be used: {}", fault.trim_end()));
        let mut platform: Platform = toml::from_str(text).map_err(|cause| refuse(&cause.to_string()))?;
        platform.check(vocabulary).map_err(|fault| refuse(&fault))?;
        platform.sha256 = hex::encode(Sha256::digest(text.as_bytes()));
        Ok(platform)
    }

    /// The zone as chrono knows it.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.timezone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
    }

    /// What the file names of this platform say of a file of this name: of names its patterns know, what they stand for and the text.
    pub fn file_name_says(&self, name: &str) -> BTreeMap<&'static str, String> {
        let patterns = self.filenames.iter().filter_map(|text| text.parse::<Pattern>().ok());
        patterns.filter_map(|pattern| pattern.read(name)).next().unwrap_or_default()
    }

    fn check(&self, vocabulary: &Vocabulary) -> std::result::Result<(), String> {
        if self.id.is_empty() || self.id.len() > 40 || !self.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err("id: write up to 40 small letters, digits and hyphens, such as px-class.".to_owned());
        }
        for (key, text) in [("name_zh", &self.name_zh), ("name_en", &self.name_en), ("host", &self.host), ("source", &self.source)] {
            if text.trim().is_empty() || text.len() > 400 {
                return Err(format!("{key}: write a text of up to 400 bytes."));
            }
        }
        if self.timezone.parse::<chrono_tz::Tz>().is_err() {
            return Err(format!("timezone: '{}' is no time zone; write a name such as Asia/Shanghai.", self.timezone));
        }
        if !self.sha256.is_empty() {
            return Err("sha256: leave it out; it is taken of the file.".to_owned());
        }
        if let Some(unknown) = self.formats.iter().find(|format| !vocabulary.formats.contains(&format.as_str())) {
            return Err(format!("formats: '{unknown}' is no format; write some of {}.", vocabulary.formats.join(", ")));
        }
        if let Some(unknown) = self.values.kind.keys().find(|kind| !vocabulary.kinds.contains(&kind.as_str())) {
            return Err(format!("values.kind: '{unknown}' is no kind of event; write some of {}.", vocabulary.kinds.join(", ")));
        }
        let columns = self.columns.iter().map(|(field, names)| (field.as_str(), names));
        distinct("columns", columns, fold::heading)?;
        let kinds = self.values.kind.iter().map(|(kind, words)| (kind.as_str(), words));
        distinct("values.kind", kinds, |word| fold::fold(word).to_lowercase())?;
        for text in &self.filenames {
            text.parse::<Pattern>().map_err(|fault| format!("filenames: '{text}': {fault}"))?;
        }
        self.check_columns()
    }

    /// A table must tell who, and something of them.
    fn check_columns(&self) -> std::result::Result<(), String> {
        let has = |field: &Field| self.columns.contains_key(field);
        if self.columns.is_empty() {
            return Ok(());
        }
        if !Field::PERSON.iter().any(has) {
            return Err("columns: no column tells who a row is about; add account, name, phone or another.".to_owned());
        }
        let pairs = [[Field::At, Field::Kind], [Field::Join, Field::Leave], [Field::FirstJoin, Field::LastLeave]];
        if !pairs.iter().any(|pair| pair.iter().all(has)) && !has(&Field::Total) && !has(&Field::Mark) {
            return Err(
                "columns: nothing tells when somebody was there; add at and kind, join and leave, first_join and last_leave, total, or mark."
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// That every name is one, and names one thing.
fn distinct<'a>(
    table: &str,
    named: impl Iterator<Item = (&'a str, &'a Vec<String>)>,
    spelled: impl Fn(&str) -> String,
) -> std::result::Result<(), String> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (key, names) in named {
        if names.is_empty() || names.len() > MOST_NAMES {
            return Err(format!("{table}.{key}: write between one and {MOST_NAMES} names."));
        }
        for name in names {
            let spelled = spelled(name);
            if spelled.is_empty() || name.len() > LONGEST {
                return Err(format!("{table}.{key}: '{name}' has no letter or digit, or more than {LONGEST} bytes."));
            }
            if let Some(other) = seen.insert(spelled, key) {
                return Err(format!("{table}.{key}: '{name}' stands for {other} as well, or twice; name one thing by it."));
            }
        }
    }
    Ok(())
}

/// The profiles in force: the built-in ones and the operator's.
#[derive(Debug)]
pub struct Profiles {
    profiles: Vec<Platform>,
    broken: Vec<Error>,
}

impl Profiles {
    /// The built-in ones.
    pub fn builtin() -> Profiles {
        let known = Vocabulary { formats: vec!["profile"], kinds: vec!["join", "leave", "heartbeat"] };
        let parse = |(file, text): &(&str, &str)| Platform::parse(file, text, &known).expect("a test parses every built-in profile");
        Profiles { profiles: BUILT_IN.iter().map(parse).collect(), broken: Vec::new() }
    }

    /// The built-in ones and every `*.toml` of the operator's folder; one with a built-in id takes its place. One that cannot be used is
    /// left out and named by [`Profiles::broken`].
    ///
    /// Errors: `bad_config` when the folder cannot be read.
    pub fn load(folder: Option<&Path>, vocabulary: &Vocabulary) -> Result<Profiles> {
        let mut all = Profiles::builtin();
        let mut own = BTreeSet::new();
        for path in files(folder)? {
            let file = path.display().to_string();
            match Platform::read(&path, vocabulary) {
                Ok(profile) if !own.insert(profile.id.clone()) => all.broken.push(Error::new(
                    &codes::CONFIG,
                    format!("The platform profile {file} cannot be used: id: another file of the folder is '{}' as well.", profile.id),
                )),
                Ok(profile) => match all.profiles.iter_mut().find(|other| other.id == profile.id) {
                    Some(built_in) => *built_in = profile,
                    None => all.profiles.push(profile),
                },
                Err(error) => all.broken.push(error),
            }
        }
        Ok(all)
    }

    /// The profiles, the notice's first.
    pub fn iter(&self) -> impl Iterator<Item = &Platform> {
        self.profiles.iter()
    }

    /// What is wrong with the files that were left out.
    pub fn broken(&self) -> &[Error] {
        &self.broken
    }
}

impl Platform {
    /// A profile from its file.
    ///
    /// Errors: `bad_config`, naming file and key.
    pub fn read(path: &Path, vocabulary: &Vocabulary) -> Result<Platform> {
        let file = path.display().to_string();
        let refuse = |fault: String| Error::new(&codes::CONFIG, format!("The platform profile {file} cannot be used: {fault}"));
        let size = std::fs::metadata(path).map_err(|cause| refuse(format!("it cannot be read ({cause}).")))?.len();
        if size > LARGEST {
            return Err(refuse(format!("it is larger than {LARGEST} bytes.")));
        }
        let text = std::fs::read_to_string(path).map_err(|cause| refuse(format!("it cannot be read as UTF-8 ({cause}).")))?;
        Platform::parse(&file, &text, vocabulary)
    }
}

fn files(folder: Option<&Path>) -> Result<Vec<std::path::PathBuf>> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let unreadable = |cause: std::io::Error| {
        Error::new(&codes::CONFIG, format!("The folder of platforms '{}' cannot be read; correct it.", folder.display())).because(cause)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vocabulary {
        Vocabulary { formats: vec!["profile", "zoom"], kinds: vec!["join", "leave"] }
    }

    const OWN: &str = "id = \"own\"\nname_zh = \"自有\"\nname_en = \"Own\"\nhost = \"own.example\"\ntimezone = \"Asia/Shanghai\"\nheadings = \"documented\"\nsource = \"its manual\"\n";

    fn fault(more: &str) -> String {
        Platform::parse("own.toml", &format!("{OWN}{more}"), &known()).expect_err("refused").message
    }

    #[test]
    fn the_six_of_the_notice_say_that_their_headings_are_assumed() {
        let built_in = Profiles::builtin();
        assert_eq!(built_in.iter().count(), 6);
        assert!(built_in.iter().all(|one| one.headings == Basis::Assumed && !one.columns.is_empty() && one.source.contains("附件 2")));
    }

    #[test]
    fn what_is_wrong_with_a_profile_is_said_with_file_and_key() {
        let said = |more: &str, words: &[&str]| {
            let fault = fault(more);
            assert!(fault.contains("own.toml") && words.iter().all(|word| fault.contains(word)), "{fault}");
        };
        said("colums = 1\n", &["colums", "columns"]);
        said("[columns]\nnmae = [\"姓名\"]\n", &["nmae", "nickname"]);
        said("formats = [\"zom\"]\n", &["formats", "zom", "zoom"]);
        said("sha256 = \"00\"\n", &["sha256"]);
        said("filenames = [\"TM-<when>\"]\n", &["filenames", "<when>"]);
        said("[columns]\nname = [\"姓名\"]\n", &["columns", "join and leave"]);
        said("[columns]\njoin = [\"入\"]\nleave = [\"出\"]\n", &["columns", "who"]);
        said("[columns]\nname = [\"姓名\"]\njoin = [\"时间\"]\nleave = [\"时 间\"]\n", &["columns.leave", "join"]);
        said("[columns]\nname = [\"姓名\"]\njoin = []\nleave = [\"出\"]\n", &["columns.join"]);
        said("[values.kind]\ncame = [\"到\"]\n", &["values.kind", "came"]);
        let renamed = OWN.replace("\"own\"", "\"Own Platform\"");
        assert!(Platform::parse("own.toml", &renamed, &known()).expect_err("refused").message.contains("id:"));
        let nowhere = OWN.replace("Asia/Shanghai", "Asia/Nowhere");
        assert!(Platform::parse("own.toml", &nowhere, &known()).expect_err("refused").message.contains("timezone:"));
        let missing = OWN.replace("host = \"own.example\"\n", "");
        assert!(Platform::parse("own.toml", &missing, &known()).expect_err("refused").message.contains("host"));
    }

    #[test]
    fn a_folder_adds_and_replaces_and_a_broken_file_is_named_while_the_rest_work() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        put("a.toml", OWN);
        put("b.toml", &OWN.replace("\"own\"", "\"px-class\""));
        put("c.toml", "id = ");
        put("d.toml", OWN);
        put("notes.txt", "no profile");
        let all = Profiles::load(Some(folder.path()), &known()).expect("loads");
        let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss", "own"]);
        assert_eq!(all.iter().nth(1).map(|one| one.host.as_str()), Some("own.example"));
        let broken: Vec<&str> = all.broken().iter().map(|error| error.message.as_str()).collect();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].contains("c.toml") && broken[1].contains("d.toml") && broken[1].contains("'own'"), "{broken:?}");
        assert_eq!(all.iter().last().expect("own").sha256, hex::encode(Sha256::digest(OWN.as_bytes())));
        let nowhere = Profiles::load(Some(&folder.path().join("nowhere")), &known()).expect_err("refused");
        assert_eq!(nowhere.code, "bad_config");
    }

    #[test]
    fn a_profile_as_the_database_keeps_it_is_the_profile() {
        for profile in Profiles::builtin().iter() {
            let kept = serde_json::to_string(profile).expect("written");
            assert_eq!(serde_json::from_str::<Platform>(&kept).expect("read"), *profile);
        }
    }
}

//! Reads the file of a list row by row, whatever its length: good rows are handed on, faulty ones are told with a code and a sentence that never
//! repeats what stands in the row.

use super::{Kind, Network};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::ProviderId;
use crate::register::id_number::{self, Fault};
use crate::register::roster::normal_id_number;
use crate::register::secrets::{Indexed, Secrets};
use crate::tables::source::Source;
use crate::tables::{Halt, Limits};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::fs::File;

/// Most rows a file may have.
pub const MAX_ROWS: u64 = 1_000_000;
/// Rows in which the header is looked for.
const HEAD: u64 = 50;
/// Rows at fault that are told one by one; all are counted.
const MAX_FAULTS: usize = 1_000;
/// Longest name of a device, in characters.
const LONGEST_DEVICE: usize = 200;

type Heading = (&'static str, &'static [&'static str]);

const ID_NUMBER: Heading = ("id_number", &["身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码", "证件号"]);
const SECTOR: Heading = ("sector", &["单位性质", "单位类型", "性质"]);
const PROVIDER: Heading = ("provider", &["机构编号", "承训单位编号", "承训单位", "机构", "external_id"]);
const NETWORK: Heading = ("network", &["网络地址", "网段", "地址", "ip", "ip地址", "cidr"]);
const DEVICE: Heading = ("device", &["设备", "设备号", "设备编号", "设备标识"]);
const SHA256: Heading = ("sha256", &["sha-256", "哈希", "哈希值", "摘要", "文件摘要"]);
const FROM: Heading = (
    "from",
    &["起", "开始日期", "生效日期", "起始日期", "领取日期", "退休日期", "入职日期", "入学日期", "死亡日期", "羁押日期", "入监日期"],
);
const UNTIL: Heading = ("until", &["止", "结束日期", "失效日期", "终止日期", "离职日期", "毕业日期", "释放日期"]);

/// The columns of a kind: first those that every row must have.
fn columns(kind: Kind) -> (&'static [Heading], &'static [Heading]) {
    match kind {
        Kind::Pension | Kind::Student | Kind::Detained => (&[ID_NUMBER], &[FROM, UNTIL]),
        Kind::Payroll => (&[ID_NUMBER, SECTOR], &[FROM, UNTIL]),
        Kind::Deceased => (&[ID_NUMBER, FROM], &[]),
        Kind::ProviderNetwork => (&[PROVIDER, NETWORK], &[FROM, UNTIL]),
        Kind::StaffDevice => (&[PROVIDER, DEVICE], &[FROM, UNTIL]),
        Kind::CourseMaterial => (&[SHA256], &[PROVIDER, FROM, UNTIL]),
    }
}

/// What rows are held against.
#[derive(Debug)]
pub struct Terms {
    /// Makes the keyed hash of an ID number.
    pub secrets: Secrets,
    /// Providers by their ids, and by the ids that they gave themselves.
    pub providers: HashMap<String, ProviderId>,
    /// The day on which numbers are judged.
    pub today: NaiveDate,
}

/// A row that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Row of the file, as a person sees it.
    pub row: u64,
    /// The keyed hash of the ID number.
    pub person: Option<[u8; 32]>,
    /// A network, a device, a digest; of a payroll `public` or `enterprise`.
    pub value: Option<String>,
    /// Whose it is.
    pub provider: Option<ProviderId>,
    /// First day; from the beginning where none is said.
    pub from: Option<NaiveDate>,
    /// Last day; open where none is said.
    pub until: Option<NaiveDate>,
}

/// What became of the rows of a file.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rows handed on.
    pub accepted: u64,
    /// Rows refused.
    pub refused: u64,
    /// The first of them.
    pub faults: Vec<RowError>,
}

/// Why a row is refused: code and sentence.
type Wrong = (&'static str, String);

/// Reads a file of a kind and hands every good row to `give`. It blocks, and keeps one row at a time.
///
/// Errors: `unsupported_list` where no row has the headings; those of files that cannot be read; `too_large` beyond [`MAX_ROWS`]; that of `give`.
pub fn read(file: File, kind: Kind, terms: &Terms, give: &mut dyn FnMut(Entry) -> Result<()>) -> Result<Outcome> {
    let mut source = Source::open(file, Limits { rows: MAX_ROWS, ..Limits::default() }).map_err(unsupported)?;
    let mut header: Option<Vec<Option<&'static str>>> = None;
    let (mut outcome, mut seen) = (Outcome::default(), 0);
    let ended = source.each_row(0, &mut |row| {
        seen += 1;
        if seen > MAX_ROWS + HEAD {
            return Err(
                Error::new(&codes::TOO_LARGE, format!("The list has more than {MAX_ROWS} rows; bring it in as several sources.")).into()
            );
        }
        let Some(keys) = &header else {
            header = keys_of(&row.texts(), kind);
            return if header.is_none() && seen >= HEAD { Err(Halt::Enough) } else { Ok(()) };
        };
        if row.is_blank() {
            return Ok(());
        }
        let read = match row.damage {
            Some(_) => Err(("damaged", "The row is too long, or is no text.".to_owned())),
            None => one(&Cells { keys, texts: row.texts() }, kind, terms, row.number),
        };
        match read {
            Ok(entry) => {
                outcome.accepted += 1;
                give(entry)?;
            }
            Err((code, message)) => {
                outcome.refused += 1;
                if outcome.faults.len() < MAX_FAULTS {
                    outcome.faults.push(RowError { row: row.number, code: code.to_owned(), message });
                }
            }
        }
        Ok(())
    });
    match ended {
        Ok(()) | Err(Halt::Enough) => {}
        Err(Halt::Failed(error)) => return Err(unsupported(error)),
    }
    if header.is_none() {
        let (must, may) = columns(kind);
        let names = |headings: &[Heading]| headings.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
        let also = if may.is_empty() { String::new() } else { format!("; it may have {}", names(may)) };
        return Err(Error::new(
            &codes::UNSUPPORTED_LIST,
            format!("No header row was found: a list of this kind has {}{also}, or their Chinese names.", names(must)),
        ));
    }
    Ok(outcome)
}

fn unsupported(error: Error) -> Error {
    if matches!(error.code, "unreadable_log" | "unknown_format") { Error::of(&codes::UNSUPPORTED_LIST) } else { error }
}

/// What each column is, where the row is a header that has all that is needed.
fn keys_of(cells: &[String], kind: Kind) -> Option<Vec<Option<&'static str>>> {
    let (must, may) = columns(kind);
    let key = |cell: &String| {
        let folded: String = cell.chars().filter(|character| !character.is_whitespace()).flat_map(char::to_lowercase).collect();
        must.iter().chain(may).find(|(key, names)| *key == folded || names.contains(&folded.as_str())).map(|(key, _)| *key)
    };
    let keys: Vec<_> = cells.iter().map(key).collect();
    must.iter().all(|(must, _)| keys.contains(&Some(*must))).then_some(keys)
}

/// The cells of a row by what they are.
struct Cells<'a> {
    keys: &'a [Option<&'static str>],
    texts: Vec<String>,
}

impl Cells<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let place = self.keys.iter().position(|known| *known == Some(key))?;
        self.texts.get(place).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn must(&self, key: &str) -> Result<&str, Wrong> {
        self.get(key).ok_or_else(|| ("empty", format!("{key} is empty.")))
    }

    fn day(&self, key: &str) -> Result<Option<NaiveDate>, Wrong> {
        let wrong = || ("date", format!("{key} is no day such as 2020-03-01."));
        self.get(key).map(|text| day(text).ok_or_else(wrong)).transpose()
    }
}

fn one(cells: &Cells<'_>, kind: Kind, terms: &Terms, row: u64) -> Result<Entry, Wrong> {
    let person = if kind.of_people() { Some(person(cells.must("id_number")?, terms)?) } else { None };
    let value = match kind {
        Kind::Pension | Kind::Student | Kind::Deceased | Kind::Detained => None,
        Kind::Payroll => Some(sector(cells.must("sector")?)?.to_owned()),
        Kind::ProviderNetwork => {
            let network: Network = cells
                .must("network")?
                .parse()
                .map_err(|()| ("network", "network is an address or a network such as 203.0.113.0/24.".to_owned()))?;
            Some(network.to_string())
        }
        Kind::StaffDevice => Some(device(cells.must("device")?)?),
        Kind::CourseMaterial => Some(sha256(cells.must("sha256")?)?),
    };
    let provider = match cells.get("provider") {
        Some(id) => Some(*terms.providers.get(id).ok_or_else(|| ("unknown_provider", "No provider has this id.".to_owned()))?),
        None if matches!(kind, Kind::ProviderNetwork | Kind::StaffDevice) => return Err(("empty", "provider is empty.".to_owned())),
        None => None,
    };
    let (from, until) = (cells.day("from")?, cells.day("until")?);
    if kind == Kind::Deceased && from.is_none() {
        return Err(("empty", "from, the day of death, is empty.".to_owned()));
    }
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(("backwards", "until lies before from.".to_owned()));
    }
    Ok(Entry { row, person, value, provider, from, until })
}

/// The keyed hash of an ID number, as rosters have it.
fn person(text: &str, terms: &Terms) -> Result<[u8; 32], Wrong> {
    let number = normal_id_number(text);
    match id_number::fault(&number, terms.today) {
        None => Ok(terms.secrets.index(Indexed::IdNumber, &number)),
        Some(fault) => Err(("id_number", format!("id_number is none of GB 11643 ({}).", Fault::code(fault)))),
    }
}

fn sector(text: &str) -> Result<&'static str, Wrong> {
    match text {
        "public" | "机关" | "事业单位" | "机关事业单位" | "机关事业" => Ok("public"),
        "enterprise" | "企业" => Ok("enterprise"),
        _ => Err(("sector", "sector is public (机关事业单位) or enterprise (企业).".to_owned())),
    }
}

fn device(text: &str) -> Result<String, Wrong> {
    let fits = text.chars().count() <= LONGEST_DEVICE && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(("device", format!("device is at most {LONGEST_DEVICE} characters."))) }
}

fn sha256(text: &str) -> Result<String, Wrong> {
    let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fits { Ok(text.to_ascii_lowercase()) } else { Err(("sha256", "sha256 is 64 hexadecimal digits.".to_owned())) }
}

/// A day as sheets write it: `2020-02-16`, `2020/2/16 0:00`, `2020年2月16日`, `20200216`.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let plain = text.replace(['/', '.', '年', '月'], "-").replace('日', "");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d").ok().filter(|day| day.to_string().len() == 10)
}

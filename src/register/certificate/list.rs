//! A list of certificates as sent: JSON, CSV or XLSX.

use super::super::class::CertificateKind;
use super::super::list::{Heading, List};
use super::super::{Reference, reference};
use crate::error::Result;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest number of a certificate, in characters.
const LONGEST: usize = 100;

/// A certificate as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewCertificate {
    /// The trainee, by keshi's id or `ext:<id>`.
    pub trainee: Reference,
    /// What it certifies.
    pub kind: CertificateKind,
    /// The number on it.
    pub number: Option<String>,
    /// The day on it.
    pub issued_on: NaiveDate,
    /// Id of the evidence that shows it.
    pub evidence: Option<String>,
}

const HEADINGS: &[Heading] = &[
    ("trainee", &["学员"]),
    ("external_id", &["编号", "学员编号", "学号", "工号"]),
    ("kind", &["证书类型", "证书种类", "证书类别", "证书名称", "证书"]),
    ("number", &["证书编号", "证书号", "证书号码", "证号"]),
    ("issued_on", &["发证日期", "颁发日期", "发证时间"]),
    ("evidence", &["证据", "证据编号", "附件"]),
];

/// Reads a list; JSON `{certificates: […]}` or a table with a header row, whose trainees stand by their own number.
pub fn read(body: &[u8]) -> Result<Vec<(u64, NewCertificate)>> {
    List::read(body, "certificates", HEADINGS)?.numbered(prepare, |new: &NewCertificate| {
        let number = new.number.as_deref().map(normal_number).unwrap_or_default();
        if number.chars().count() > LONGEST || number.chars().any(char::is_control) {
            return Err(format!("number is at most {LONGEST} characters."));
        }
        Ok(())
    })
}

fn prepare(row: &mut Map<String, Value>) {
    if let Some(Value::String(own)) = row.get("external_id")
        && !row.contains_key("trainee")
        && let Ok(own) = reference::external_id(own)
    {
        row.insert("trainee".to_owned(), format!("ext:{own}").into());
    }
    if let Some(Value::String(kind)) = row.get_mut("kind") {
        let word = kind.trim().trim_end_matches('书');
        if let Some(known) = CertificateKind::ALL.iter().find(|known| known.zh() == word || known.zh().trim_start_matches("培训") == word)
        {
            *kind = known.as_str().to_owned();
        }
    }
    if let Some(Value::String(day)) = row.get_mut("issued_on")
        && let Some(known) = calendar_day(day)
    {
        *day = known.to_string();
    }
}

/// `2020-03-20`, `2020/3/20`, `2020.3.20` or `2020年3月20日`; a midnight behind it, as sheets write days, is cut off.
fn calendar_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim().trim_end_matches("00:00:00").trim_end_matches(['T', ' ', '日']);
    let plain: String = text.chars().map(|letter| if matches!(letter, '/' | '.' | '年' | '月') { '-' } else { letter }).collect();
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d").ok()
}

/// Numbers are compared in half-width upper case without blanks.
pub(super) fn normal_number(text: &str) -> String {
    super::super::roster::normal_id_number(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_json_or_a_table_in_chinese() {
        let json = r#"{"certificates": [{"trainee": "ext:T1", "kind": "skill_level", "number": "2061 0001", "issued_on": "2020-03-20"}]}"#;
        let table = "学员编号,证书类型,证书编号,发证日期\nT1,职业技能等级证书,2061 0001,2020年3月20日\nT2,合格证,,2020/3/21\n";
        let json = read(json.as_bytes()).expect("reads");
        let table = read(table.as_bytes()).expect("reads");
        let told = |rows: &[(u64, NewCertificate)]| {
            rows.iter().map(|(row, new)| format!("{row} {} {} {}", new.trainee, new.kind.as_str(), new.issued_on)).collect::<Vec<_>>()
        };
        assert_eq!(told(&json), ["1 ext:T1 skill_level 2020-03-20"]);
        assert_eq!(told(&table), ["2 ext:T1 skill_level 2020-03-20", "3 ext:T2 qualified 2020-03-21"]);
    }

    #[test]
    fn rows_at_fault_are_named_and_none_is_taken() {
        let list = r#"{"certificates": [{"trainee": "ext:T1", "kind": "driving", "issued_on": "2020-03-20"}, {"trainee": "T1", "kind": "qualified", "issued_on": "2020-03-20"},
            {"trainee": "ext:T1", "kind": "qualified", "issued_on": "soon"}, {"kind": "qualified", "issued_on": "2020-03-20"}]}"#;
        let error = read(list.as_bytes()).expect_err("refused");
        assert_eq!((error.code, error.rows.iter().map(|row| row.row).collect::<Vec<_>>()), ("rows_at_fault", vec![1, 2, 3, 4]));
    }
}

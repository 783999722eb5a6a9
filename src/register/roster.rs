//! Rosters: the trainees of a class, their personal data encrypted.

use super::list::{Heading, List, Replaced};
use super::personal::{numbers, phone as phones};
use super::secrets::{Indexed, Secrets};
use super::{Class, Reference, reference, sql, trail};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, Ids, PersonId, TraineeId};
use crate::jobs::{Change, Jobs};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

/// Who the notice lets be trained (一(一)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 企业职工, dispatched workers included.
    Employee,
    /// 就业重点群体.
    KeyGroup,
    /// 贫困家庭劳动力.
    PoorHousehold,
}

/// A trainee as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewTrainee {
    /// The sender's id, within the class.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// ID number.
    pub id_number: String,
    /// Category.
    pub category: Category,
    /// Phone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Login on the platform.
    pub platform_user: Option<String>,
}

/// A trainee as kept; what is encrypted stays so until [`Trainee::reveal`].
#[derive(Clone, Debug)]
pub struct Trainee {
    /// keshi's id.
    pub id: TraineeId,
    /// The class.
    pub class: ClassId,
    /// The human, the same in other classes.
    pub person: PersonId,
    /// The sender's id.
    pub external_id: String,
    /// Name.
    pub name: String,
    /// Category.
    pub category: Category,
    /// Login on the platform.
    pub platform_user: Option<String>,
    /// The code of what is wrong with the ID number ([`super::id_number::Fault`]), if anything.
    pub fault: Option<String>,
    id_number_sealed: Vec<u8>,
    phone_sealed: Option<Vec<u8>>,
    email_sealed: Option<Vec<u8>>,
}

/// A trainee's personal data in the clear.
#[derive(Clone, Debug)]
pub struct Revealed {
    /// ID number.
    pub id_number: String,
    /// Phone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

impl Trainee {
    /// Decrypts; whoever shows the result to a person writes a line in the trail.
    pub fn reveal(&self, secrets: &Secrets) -> Result<Revealed> {
        Ok(Revealed {
            id_number: secrets.open(&self.id_number_sealed)?,
            phone: self.phone_sealed.as_deref().map(|sealed| secrets.open(sealed)).transpose()?,
            email: self.email_sealed.as_deref().map(|sealed| secrets.open(sealed)).transpose()?,
        })
    }
}

const HEADINGS: &[Heading] = &[
    ("external_id", &["编号", "学员编号", "学号", "工号", "id"]),
    ("name", &["姓名", "学员姓名", "学生姓名"]),
    ("id_number", &["身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码", "证件号"]),
    ("category", &["类别", "学员类别", "人员类别", "培训对象"]),
    ("phone", &["手机", "手机号", "手机号码", "联系电话", "电话", "联系号码"]),
    ("email", &["邮箱", "电子邮箱", "e-mail", "mail"]),
    ("platform_user", &["平台账号", "平台用户", "用户id", "账号"]),
];

/// `name` as printed for `id_number`: only the first digit and the last two, such as `6***************1X`.
pub fn masked(id_number: &str) -> String {
    let length = id_number.chars().count();
    id_number.chars().enumerate().map(|(place, character)| if place == 0 || place + 2 >= length { character } else { '*' }).collect()
}

/// ID numbers are compared in half-width upper case without blanks.
pub fn normal_id_number(text: &str) -> String {
    half_width(text).chars().filter(|character| !character.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Phones are compared by their digits, a leading 86 or 0086 cut off from mobile numbers.
pub fn normal_phone(text: &str) -> String {
    let digits: String = half_width(text).chars().filter(char::is_ascii_digit).collect();
    let short = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).filter(|rest| rest.len() == 11);
    short.map(str::to_owned).unwrap_or(digits)
}

/// E-mail addresses are compared in half-width lower case.
pub fn normal_email(text: &str) -> String {
    half_width(text).trim().to_lowercase()
}

fn half_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
            '\u{3000}' => ' ',
            other => other,
        })
        .collect()
}

/// Reads a roster body; JSON `{trainees: […]}` or a table with a header row.
pub fn read(body: &[u8]) -> Result<Vec<NewTrainee>> {
    List::read(body, "trainees", HEADINGS)?.parse(
        |row| {
            if let Some(serde_json::Value::String(category)) = row.get_mut("category") {
                *category = match category.trim() {
                    "企业职工" | "职工" | "在职职工" | "劳务派遣人员" => "employee".to_owned(),
                    "就业重点群体" | "重点群体" => "key_group".to_owned(),
                    "贫困劳动力" | "贫困家庭劳动力" | "建档立卡贫困劳动力" => "poor_household".to_owned(),
                    other => other.to_owned(),
                };
            }
        },
        |trainee: &NewTrainee| &trainee.external_id,
        |trainee| {
            reference::external_id(&trainee.external_id).map_err(|error| error.message)?;
            if trainee.name.trim().is_empty() || trainee.name.chars().count() > 100 {
                return Err("name is 1 to 100 characters.".to_owned());
            }
            let number = normal_id_number(&trainee.id_number);
            if !(6..=32).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err("id_number is 6 to 32 letters and digits.".to_owned());
            }
            Ok(())
        },
    )
}

/// Makes the list the roster of the class: new trainees are added, known ones corrected, missing ones withdrawn.
#[allow(clippy::too_many_arguments, reason = "each is one thing the change needs, named at its one call")]
pub async fn replace(
    db: &Db,
    jobs: &Jobs,
    ids: &Ids,
    secrets: &Secrets,
    now: Time,
    actor: &str,
    class: &Class,
    list: Vec<NewTrainee>,
) -> Result<Vec<Trainee>> {
    let mut tx = db.begin().await?;
    let replaced = replace_in(&mut tx, jobs, ids, secrets, now, actor, class, list).await?;
    tx.commit().await?;
    Ok(replaced.after)
}

/// The same in a transaction; what the roster was, and what it is.
#[allow(clippy::too_many_arguments, reason = "each is one thing the change needs, named at its calls")]
pub async fn replace_in(
    tx: &mut Tx,
    jobs: &Jobs,
    ids: &Ids,
    secrets: &Secrets,
    now: Time,
    actor: &str,
    class: &Class,
    list: Vec<NewTrainee>,
) -> Result<Replaced<Trainee>> {
    let before = in_tx(tx, class.id).await?;
    for trainee in &list {
        put(tx, ids, secrets, now, class, trainee).await?;
    }
    let rows = sqlx::query(sql::ROSTER).bind(class.id.to_string()).fetch_all(tx.conn()).await?;
    let keep: std::collections::HashSet<&str> = list.iter().map(|trainee| trainee.external_id.trim()).collect();
    for row in rows.iter().filter(|row| !keep.contains(row.text("external_id").as_str())) {
        sqlx::query(sql::WITHDRAW_TRAINEE).bind(class.id.to_string()).bind(now.0).bind(row.text("id")).execute(tx.conn()).await?;
    }
    let subject = class.id.to_string();
    let detail = format!("{} trainees", list.len());
    let note = trail::Note { actor, action: "roster.replaced", subject_kind: "class", subject_id: &subject, detail: Some(&detail) };
    trail::note(tx, ids, now, note).await?;
    jobs.after(tx, Change::PlanChanged, &subject, now).await?;
    Ok(Replaced { before, after: in_tx(tx, class.id).await? })
}

async fn in_tx(tx: &mut Tx, class: ClassId) -> Result<Vec<Trainee>> {
    sqlx::query(sql::ROSTER).bind(class.to_string()).fetch_all(tx.conn()).await?.iter().map(trainee).collect()
}

async fn put(tx: &mut Tx, ids: &Ids, secrets: &Secrets, now: Time, class: &Class, trainee: &NewTrainee) -> Result<()> {
    let number = normal_id_number(&trainee.id_number);
    let told = numbers::told(&number, class.starts_on, numbers::today(now));
    let index = secrets.index(Indexed::IdNumber, &number).to_vec();
    let person: PersonId = ids.next();
    sqlx::query(sql::ADD_PERSON).bind(person.to_string()).bind(&index).bind(now.0).execute(tx.conn()).await?;
    let person = sqlx::query(sql::PERSON).bind(&index).fetch_one(tx.conn()).await?.text("id");
    let id: TraineeId = ids.next();
    let phone = trainee.phone.as_deref().map(normal_phone).filter(|text| !text.is_empty());
    let email = trainee.email.as_deref().map(normal_email).filter(|text| !text.is_empty());
    let category = serde_json::to_value(trainee.category)?;
    sqlx::query(sql::PUT_TRAINEE)
        .bind(id.to_string())
        .bind(class.id.to_string())
        .bind(person)
        .bind(trainee.external_id.trim())
        .bind(trainee.name.trim())
        .bind(category.as_str())
        .bind(secrets.seal(&number))
        .bind(phone.as_deref().map(|text| secrets.seal(text)))
        .bind(phone.as_deref().map(|text| secrets.index(Indexed::Phone, text).to_vec()))
        .bind(email.as_deref().map(|text| secrets.seal(text)))
        .bind(email.as_deref().map(|text| secrets.index(Indexed::Email, text).to_vec()))
        .bind(trainee.platform_user.as_deref().map(str::trim).filter(|text| !text.is_empty()))
        .bind(now.0)
        .bind(told.fault)
        .bind(told.age_years)
        .bind(told.sex)
        .bind(told.region)
        .bind(phones::column(phone.as_deref()))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The roster of a class, by external id.
pub async fn of_class(db: &Db, class: ClassId) -> Result<Vec<Trainee>> {
    sqlx::query(sql::ROSTER).bind(class.to_string()).fetch_all(db.read()).await?.iter().map(trainee).collect()
}

/// One trainee of a class.
pub async fn get(db: &Db, class: ClassId, reference: &Reference) -> Result<Trainee> {
    let row = sqlx::query(sql::TRAINEE_OF_CLASS)
        .bind(class.to_string())
        .bind(reference.id_text())
        .bind(reference.external_text())
        .fetch_optional(db.read())
        .await?;
    row.as_ref().map(trainee).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_TRAINEE))
}

/// One trainee by keshi's id.
pub async fn by_id(db: &Db, id: TraineeId) -> Result<Trainee> {
    let row = sqlx::query(sql::TRAINEE).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(trainee).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_TRAINEE))
}

fn trainee(row: &AnyRow) -> Result<Trainee> {
    use sqlx::Row;
    Ok(Trainee {
        id: row.id("id")?,
        class: row.id("class_id")?,
        person: row.id("person_id")?,
        external_id: row.text("external_id"),
        name: row.text("name"),
        category: serde_json::from_value(row.text("category").into())?,
        platform_user: row.text_opt("platform_user"),
        fault: row.text_opt("id_number_fault").filter(|code| !code.is_empty()),
        id_number_sealed: row.get("id_number_sealed"),
        phone_sealed: row.get("phone_sealed"),
        email_sealed: row.get("email_sealed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_with_rows_at_fault_names_each_and_takes_none() {
        let body = r#"{"trainees":[{"external_id":"a","name":"张三","id_number":"610000199001011234","category":"employee"},
            {"external_id":"a","name":"李四","id_number":"610000199001011235","category":"employee"},
            {"external_id":"b","name":"","id_number":"610000199001011236","category":"employee"},
            {"external_id":"c","name":"王五","id_number":"610000199001011237","category":"pupil"}]}"#;
        let error = read(body.as_bytes()).expect_err("refused");
        assert_eq!(error.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn a_roster_may_be_a_sheet_with_chinese_headings() {
        let body = "学员花名册,,,\n编号,姓名,身份证号,类别\nT1,张三,６１００００１９９００１０１１２３ｘ,企业职工\n";
        let list = read(body.as_bytes()).expect("reads");
        assert_eq!(
            (list.len(), list[0].category, normal_id_number(&list[0].id_number).as_str()),
            (1, Category::Employee, "61000019900101123X")
        );
    }

    #[test]
    fn numbers_are_normal_and_masked() {
        assert_eq!(normal_phone("+86 138-0000-0000"), "13800000000");
        assert_eq!(masked("61000019900101123X"), "6***************3X");
    }
}

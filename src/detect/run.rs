//! Running rules over a window, and keeping what they find.
//!
//! A rule returns exactly the findings whose `at` lies in the window. So whatever of an earlier run lies there and is not seen again has
//! ceased, and windows may be run in any order, as often as wanted. A finding is the same one when rule, subject, class, lesson and trainee are.

use super::catalogue::Rules;
use super::look::{AT_ONCE, Looker};
use super::rule::{self, Rule, Window};
use super::score::{Touched, refresh};
use super::watch::Watch;
use super::windows::Windows;
use super::{sealed, sql};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, FindingId, Ids, LessonId, TraineeId};
use crate::lake::Lake;
use crate::time::Time;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::Digest;
use tokio::sync::Mutex;

/// Findings kept in one transaction.
const BATCH: usize = 500;
/// Who writes the history of a finding when nobody did.
pub(super) const KESHI: &str = "keshi";

/// What a run of one rule did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// The rule.
    pub rule: String,
    /// Findings that hold in the window.
    pub found: u64,
    /// Those of them that were not known.
    pub new: u64,
    /// Findings that hold no longer.
    pub ceased: u64,
    /// Fen at risk in those found.
    pub money_fen: i64,
    /// Whose findings were kept or ceased.
    #[serde(skip)]
    pub(super) touched: Touched,
    /// Why the rule could not run; then nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Ran {
    fn of(rule: &Rule) -> Ran {
        Ran { rule: rule.head.id.clone(), found: 0, new: 0, ceased: 0, money_fen: 0, touched: Touched::default(), error: None }
    }
}

/// A row that a rule returned.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) key: String,
    pub(super) subject: (String, String),
    pub(super) class: Option<ClassId>,
    pub(super) lesson: Option<LessonId>,
    pub(super) trainee: Option<TraineeId>,
    pub(super) at: Time,
    pub(super) score: f64,
    pub(super) money_fen: i64,
    pub(super) evidence: String,
    pub(super) detail: String,
}

/// Runs all rules, or one, over a window. A rule that fails is named in its [`Ran`], and the others run.
pub async fn run(db: &Db, lake: &Lake, rules: &Rules, only: Option<&str>, window: Window, ids: &Ids, now: Time) -> Result<Vec<Ran>> {
    if let Some(only) = only
        && rules.get(only).is_none()
    {
        let known: Vec<&str> = rules.iter().map(|rule| rule.head.id.as_str()).collect();
        return Err(Error::new(&codes::NOT_FOUND, format!("There is no rule '{only}'; there are: {}.", known.join(", "))));
    }
    let asked = rules.iter().filter(|rule| only.is_none_or(|only| rule.head.id == only)).count();
    let watch = Watch::begin(db, ids, "asked", 0, asked, now).await?;
    over(db, lake, rules, only, &Windows::of(db, window).await?, ids, &watch, now).await
}

/// The same over several windows, as the scope of each rule wants them. Asked to stop, it leaves the rest of the rules for another run.
#[expect(clippy::too_many_arguments, reason = "all that a run needs, each once")]
pub(super) async fn over(
    db: &Db,
    lake: &Lake,
    rules: &Rules,
    only: Option<&str>,
    windows: &Windows,
    ids: &Ids,
    watch: &Watch<'_>,
    now: Time,
) -> Result<Vec<Ran>> {
    let asked: Vec<&Rule> = rules.iter().filter(|rule| only.is_none_or(|only| rule.head.id == only)).collect();
    lake.snapshot_of(|table| asked.iter().any(|rule| rule.may_read(table)), now, now).await?;
    let (ran, alone) = (Mutex::new(Vec::new()), asked.len() == 1);
    let told = &ran;
    // Whatever is written for a rule is written in here, where it goes on while another waits for its turn to write.
    let all = stream::iter(asked.iter().copied()).map(Ok).try_for_each_concurrent(AT_ONCE, |rule| async move {
        let looker = Looker::new(lake, rule, windows.extent, now);
        let done = one(db, if alone { looker.alone() } else { looker }, rule, windows, ids, now).await;
        let mut told = told.lock().await;
        told.push(done.or_else(|error| could_not(rule, error))?);
        watch.note(&told, false).await
    });
    tokio::select! {
        done = all => done?,
        () = watch.stopped() => {}
    }
    let mut ran: Vec<Ran> = ran.into_inner();
    ran.sort_by_key(|ran| asked.iter().position(|rule| rule.head.id == ran.rule));
    let mut touched = ran.iter().fold(Touched::default(), |all, ran| all.and(&ran.touched));
    if only.is_none() && windows.are_all() {
        touched = touched.and(&retire(db, rules, ids, now).await?);
    }
    refresh(db, rules, touched, now).await?;
    watch.note(&ran, true).await?;
    Ok(ran)
}

/// What is told of a rule that could not run; an error that is not the rule's is given back.
fn could_not(rule: &Rule, error: Error) -> Result<Ran> {
    if !rule::is_its_own(&error) {
        return Err(error);
    }
    tracing::warn!(rule.id = %rule.head.id, error = %error, cause = ?error.cause, "a rule could not run");
    Ok(Ran { error: Some(error.message), ..Ran::of(rule) })
}

async fn one(db: &Db, mut looker: Looker<'_>, rule: &Rule, windows: &Windows, ids: &Ids, now: Time) -> Result<Ran> {
    let mut ran = Ran::of(rule);
    for window in windows.of_rule(rule) {
        let (seen, _) = look(&mut looker, rule, *window).await?;
        ran.found += seen.len() as u64;
        for some in seen.chunks(BATCH) {
            let mut tx = db.begin().await?;
            let text = sealed::keep(&mut tx, rule, ids, now).await?;
            for finding in some {
                ran.new += u64::from(keep(&mut tx, rule, text, finding, ids, now).await?);
                ran.money_fen = ran.money_fen.saturating_add(finding.money_fen);
                ran.touched.note(&finding.subject.0, &finding.subject.1, finding.class);
            }
            tx.commit().await?;
        }
        let mut tx = db.begin().await?;
        let cease = sqlx::query(sql::CEASE).bind(&rule.head.id).bind(window.since.0).bind(window.until.0).bind(now.0);
        let gone = cease.fetch_all(tx.conn()).await?;
        ran.ceased += gone.len() as u64;
        ceased(&mut tx, &gone, "ceased", &mut ran.touched, ids, now).await?;
        tx.commit().await?;
    }
    Ok(ran)
}

/// Takes down of findings that they hold no longer, and why.
async fn ceased(tx: &mut Tx, gone: &[AnyRow], why: &str, touched: &mut Touched, ids: &Ids, now: Time) -> Result<()> {
    for row in gone {
        touched.note(&row.text("subject_kind"), &row.text("subject_id"), row.id_opt("class_id")?);
        note(tx, &row.get::<String, _>(0), KESHI, &row.get::<String, _>(1), Some(why), ids, now).await?;
    }
    Ok(())
}

/// Ends the findings of rules that are turned off or gone: nobody would ever look at them again. Not while a file of rules is broken, for it may be theirs.
async fn retire(db: &Db, rules: &Rules, ids: &Ids, now: Time) -> Result<Touched> {
    let mut touched = Touched::default();
    if !rules.broken().is_empty() {
        return Ok(touched);
    }
    for row in sqlx::query(sql::RULES_FOUND).fetch_all(db.read()).await? {
        let rule: String = row.get(0);
        if rules.get(&rule).is_some() {
            continue;
        }
        let mut tx = db.begin().await?;
        let gone = sqlx::query(sql::RETIRE).bind(&rule).bind(now.0).fetch_all(tx.conn()).await?;
        ceased(&mut tx, &gone, "rule_off", &mut touched, ids, now).await?;
        tx.commit().await?;
        tracing::info!(rule.id = %rule, findings = gone.len(), "a rule is not in force, and its findings hold no longer");
    }
    Ok(touched)
}

/// What the rule sees in the window, in the order of keys, and how many rows of the lake it read.
pub(super) async fn look(looker: &mut Looker<'_>, rule: &Rule, window: Window) -> Result<(Vec<Seen>, u64)> {
    let (rows, rows_read) = looker.rows(window).await?;
    let mut seen = rows.iter().map(|(at, row)| read(rule, *at, row)).collect::<Result<Vec<_>>>()?;
    seen.sort_by(|one, other| one.key.cmp(&other.key));
    if let Some(twice) = seen.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(wrong(rule, &format!("it returns '{}' twice", twice[0].key)));
    }
    Ok((seen, rows_read))
}

fn read(rule: &Rule, at: Time, row: &Map<String, Value>) -> Result<Seen> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let must = |name: &str| text(name).ok_or_else(|| wrong(rule, &format!("a row has no {name}")));
    let subject = must("subject")?;
    let (kind, id) = subject.split_once(':').ok_or_else(|| wrong(rule, &format!("the subject '{subject}' is not kind:id")))?;
    let json = |name: &str| {
        let text = must(name)?;
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(rule, &format!("its {name} is not JSON")).because(error))?;
        Ok::<_, Error>((text.to_owned(), value))
    };
    let (evidence, list) = json("evidence")?;
    let (detail, object) = json("detail")?;
    if !list.is_array() || !object.is_object() {
        return Err(wrong(rule, "its evidence is not a list, or its detail not an object"));
    }
    let number = |name: &str| row.get(name).filter(|value| value.is_number()).ok_or_else(|| wrong(rule, &format!("a row has no {name}")));
    let parts = [subject, text("class").unwrap_or_default(), text("lesson").unwrap_or_default(), text("trainee").unwrap_or_default()];
    Ok(Seen {
        key: format!("{}/{}", rule.head.id, parts.join("/")),
        subject: (kind.to_owned(), id.to_owned()),
        class: id_of(rule, text("class"))?,
        lesson: id_of(rule, text("lesson"))?,
        trainee: id_of(rule, text("trainee"))?,
        at,
        score: number("score")?.as_f64().unwrap_or_default(),
        money_fen: number("money_fen")?.as_i64().unwrap_or_default(),
        evidence,
        detail,
    })
}

fn id_of<T: std::str::FromStr>(rule: &Rule, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| text.parse().map_err(|_| wrong(rule, &format!("'{text}' is not an id")))).transpose()
}

fn wrong(rule: &Rule, what: &str) -> Error {
    super::rule::bad(&rule.head.id, what)
}

/// Keeps a finding; `true` when it was not known.
async fn keep(tx: &mut Tx, rule: &Rule, text: Digest, seen: &Seen, ids: &Ids, now: Time) -> Result<bool> {
    let known = sqlx::query(sql::KNOWN).bind(&seen.key).fetch_optional(tx.conn()).await?;
    let id: FindingId = ids.next();
    let kept = sqlx::query(sql::PUT)
        .bind(id.to_string())
        .bind(&seen.key)
        .bind(&rule.head.id)
        .bind(rule.head.version)
        .bind(rule.head.severity.as_str())
        .bind(rule.head.strength.as_str())
        .bind(&seen.subject.0)
        .bind(&seen.subject.1)
        .bind(seen.class.map(|id| id.to_string()))
        .bind(seen.lesson.map(|id| id.to_string()))
        .bind(seen.trainee.map(|id| id.to_string()))
        .bind(seen.at.0)
        .bind(seen.score)
        .bind(seen.money_fen)
        .bind(&seen.evidence)
        .bind(&seen.detail)
        .bind(now.0)
        .bind(text.0.to_vec())
        .fetch_optional(tx.conn())
        .await?;
    let Some(kept) = kept.map(|row| row.get::<String, _>(0)) else { return Ok(false) };
    match known {
        None => drop(note(tx, &kept, KESHI, "open", Some("found"), ids, now).await?),
        Some(row) if row.get::<Option<i64>, _>("ceased_at").is_some() => {
            note(tx, &kept, KESHI, &row.get::<String, _>("status"), Some("found_again"), ids, now).await?;
        }
        Some(_) => {}
    }
    Ok(kept == id.to_string())
}

/// Adds to the history of a finding; gives the id of the entry.
pub(super) async fn note(
    tx: &mut Tx,
    finding: &str,
    actor: &str,
    status: &str,
    note: Option<&str>,
    ids: &Ids,
    now: Time,
) -> Result<FindingId> {
    let id: FindingId = ids.next();
    sqlx::query(sql::ADD_EVENT)
        .bind(id.to_string())
        .bind(finding)
        .bind(now.0)
        .bind(actor)
        .bind(status)
        .bind(note)
        .execute(tx.conn())
        .await?;
    Ok(id)
}

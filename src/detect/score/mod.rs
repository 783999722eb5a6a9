//! Scores: how much speaks against a class, a trainee, a provider or a device, by kind of fraud and in all.
//!
//! Each rule adds a part: how clear its clearest finding is, times the share of its findings that may be expected to hold (`weight.rs`). Of a
//! provider it is the mean over the classes it has held, so that a large one is not worse than a small one. Parts are taken as independent: a score is one
//! less the product of what each leaves. Findings that ceased or were dismissed add nothing; weak rules, which raise nothing alone, add here.

mod money;
pub(crate) mod sql;
mod weight;

use super::catalogue::Rules;
use super::findings::{Count, counts};
use super::rule::Strength;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ClassId, FindingId, ProviderId};
use crate::time::Time;
use money::AtRisk;
pub use money::{Stake, at_risk_once};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use weight::weight;

/// The typology that has all others in it.
pub const ALL: &str = "all";

/// What a rule adds to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The rule.
    pub rule: String,
    /// Its findings.
    pub findings: i64,
    /// How clear they are, from 0 to 1.
    pub clear: f64,
    /// The share of its findings that may be expected to hold.
    pub weight: f64,
    /// What it adds.
    pub part: f64,
}

/// A score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// `class`, `trainee`, `provider` or `device`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The sender's id of a class or a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Title of a class, name of a provider, the sender's id of a trainee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind of fraud, or `all`.
    pub typology: String,
    /// From 0 to 1.
    pub score: f64,
    /// Fen at risk at least, no hour counted twice; of `all` alone.
    pub money_fen: i64,
    /// What it is made of, most first.
    pub parts: Vec<Part>,
    /// When it was made.
    pub at: Time,
}

/// What rules found against one subject: findings, and how clear.
pub(super) type Found = BTreeMap<String, (Strength, i64, f64)>;

/// What the findings of each rule weigh.
pub(super) struct Weights<'a> {
    rules: &'a Rules,
    judged: BTreeMap<String, Count>,
}

impl<'a> Weights<'a> {
    /// Where nobody has judged one.
    pub(super) fn expected(rules: &'a Rules) -> Weights<'a> {
        Weights { rules, judged: BTreeMap::new() }
    }

    /// Parts by typology, as the rules in force name it; rules that are gone add nothing.
    fn parts(&self, found: &Found) -> BTreeMap<&str, Vec<Part>> {
        let mut parts: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
        for (rule, (strength, findings, clear)) in found {
            let Some(head) = self.rules.get(rule).map(|rule| &rule.head) else { continue };
            let weight = weight(*strength, self.judged.get(rule).copied().unwrap_or_default());
            let part = Part { rule: rule.clone(), findings: *findings, clear: *clear, weight, part: clear * weight };
            for typology in [head.typology.as_str(), ALL] {
                parts.entry(typology).or_default().push(part.clone());
            }
        }
        parts
    }

    /// The score in all.
    pub(super) fn in_all(&self, found: &Found) -> f64 {
        self.parts(found).get(ALL).map_or(0.0, |parts| together(parts))
    }
}

/// Makes scores.
struct Maker<'a> {
    db: &'a Db,
    weights: Weights<'a>,
    now: Time,
}

/// Whose findings changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    classes: BTreeSet<ClassId>,
    providers: BTreeSet<String>,
    devices: BTreeSet<String>,
}

impl Touched {
    /// A finding about a subject, in a class or in none.
    pub(super) fn note(&mut self, kind: &str, id: &str, class: Option<ClassId>) {
        self.classes.extend(class);
        match kind {
            "provider" => drop(self.providers.insert(id.to_owned())),
            "device" => drop(self.devices.insert(id.to_owned())),
            _ => {}
        }
    }

    /// Both.
    pub(super) fn and(mut self, other: &Touched) -> Touched {
        self.classes.extend(&other.classes);
        self.providers.extend(other.providers.iter().cloned());
        self.devices.extend(other.devices.iter().cloned());
        self
    }
}

/// The job that follows a decision; its key is the finding's id.
pub const JOB: &str = "score";

/// Makes the scores again that a decision on a finding changes.
pub async fn judged(db: &Db, rules: &Rules, finding: FindingId, now: Time) -> Result<()> {
    let mut touched = Touched::default();
    if let Some(row) = sqlx::query(sql::ABOUT).bind(finding.to_string()).fetch_optional(db.read()).await? {
        touched.note(&row.text("subject_kind"), &row.text("subject_id"), row.id_opt("class_id")?);
    }
    refresh(db, rules, touched, now).await
}

/// Makes the scores of these classes, providers and devices again, of the providers of the classes, and of trainees in them.
pub async fn refresh(db: &Db, rules: &Rules, mut touched: Touched, now: Time) -> Result<()> {
    let maker = Maker { db, weights: Weights { rules, judged: counts(db, now).await? }, now };
    for class in &touched.classes {
        maker.class(*class).await?;
        let row = sqlx::query(sql::PROVIDER_OF).bind(class.to_string()).fetch_optional(db.read()).await?;
        touched.providers.extend(row.map(|row| row.get::<String, _>(0)));
    }
    for provider in &touched.providers {
        maker.provider(provider).await?;
    }
    for device in &touched.devices {
        maker.device(device).await?;
    }
    Ok(())
}

impl Maker<'_> {
    async fn class(&self, class: ClassId) -> Result<()> {
        let id = class.to_string();
        let rows = sqlx::query(sql::STANDING).bind(&id).fetch_all(self.db.read()).await?;
        let standing = rows.iter().map(Standing::read).collect::<Result<Vec<_>>>()?;
        let (mut whole, mut at_risk) = (Found::new(), AtRisk::default());
        let mut trainees: HashMap<&str, (Found, AtRisk<'_>)> = HashMap::new();
        for one in &standing {
            one.join(&mut whole);
            let counts = one.strength != Strength::Weak;
            if counts {
                at_risk.add(one.lesson.as_deref(), one.trainee.as_deref(), one.fen);
            }
            if let Some(trainee) = &one.trainee {
                let (found, own) = trainees.entry(trainee).or_default();
                one.join(found);
                if counts {
                    own.add(one.lesson.as_deref(), one.trainee.as_deref(), one.fen);
                }
            }
        }
        let before = sqlx::query(sql::SCORED_TRAINEES).bind(&id).fetch_all(self.db.read()).await?;
        let mut tx = self.db.begin().await?;
        self.keep(&mut tx, "class", &id, &self.weights.parts(&whole), at_risk.fen()).await?;
        for row in before {
            let trainee: String = row.get(0);
            if !trainees.contains_key(trainee.as_str()) {
                self.keep(&mut tx, "trainee", &trainee, &BTreeMap::new(), 0).await?;
            }
        }
        for (trainee, (found, at_risk)) in &trainees {
            self.keep(&mut tx, "trainee", trainee, &self.weights.parts(found), at_risk.fen()).await?;
        }
        tx.commit().await
    }

    async fn provider(&self, id: &str) -> Result<()> {
        let held: i64 = sqlx::query(sql::CLASSES_HELD).bind(id).bind(self.now.0).fetch_one(self.db.read()).await?.get(0);
        let mut found = Found::new();
        for row in sqlx::query(sql::OF_PROVIDER).bind(id).fetch_all(self.db.read()).await? {
            let (classes, own): (f64, f64) = (row.get("classes"), row.get("own"));
            let clear = (classes / held.max(1) as f64).min(1.0).max(own);
            found.insert(row.text("rule"), (strength(&row.text("strength"))?, row.int("findings"), clear));
        }
        let fen: i64 = sqlx::query(sql::AT_RISK).bind("").bind(id).fetch_one(self.db.read()).await?.get(0);
        let mut tx = self.db.begin().await?;
        self.keep(&mut tx, "provider", id, &self.weights.parts(&found), fen).await?;
        tx.commit().await
    }

    async fn device(&self, id: &str) -> Result<()> {
        let (mut found, mut fen) = (Found::new(), 0);
        for row in sqlx::query(sql::OF_SUBJECT).bind("device").bind(id).fetch_all(self.db.read()).await? {
            let strength = strength(&row.text("strength"))?;
            found.insert(row.text("rule"), (strength, row.int("findings"), row.get("clear")));
            // Rules that speak of one device speak of the same hours.
            fen = if strength == Strength::Weak { fen } else { row.int("fen").max(fen) };
        }
        let mut tx = self.db.begin().await?;
        self.keep(&mut tx, "device", id, &self.weights.parts(&found), fen).await?;
        tx.commit().await
    }

    async fn keep(&self, tx: &mut Tx, kind: &str, id: &str, parts: &BTreeMap<&str, Vec<Part>>, fen: i64) -> Result<()> {
        sqlx::query(sql::FORGET).bind(kind).bind(id).execute(tx.conn()).await?;
        for (typology, parts) in parts {
            let mut parts = parts.clone();
            parts.sort_by(|one, other| other.part.total_cmp(&one.part).then_with(|| one.rule.cmp(&other.rule)));
            sqlx::query(sql::KEEP)
                .bind(kind)
                .bind(id)
                .bind(*typology)
                .bind(together(&parts))
                .bind(if *typology == ALL { fen } else { 0 })
                .bind(serde_json::to_string(&parts)?)
                .bind(self.now.0)
                .execute(tx.conn())
                .await?;
        }
        Ok(())
    }
}

/// One less what all parts leave.
fn together(parts: &[Part]) -> f64 {
    1.0 - parts.iter().map(|part| 1.0 - part.part.clamp(0.0, 1.0)).product::<f64>()
}

/// A finding that stands.
struct Standing {
    rule: String,
    strength: Strength,
    lesson: Option<String>,
    trainee: Option<String>,
    score: f64,
    fen: i64,
}

impl Standing {
    fn read(row: &sqlx::any::AnyRow) -> Result<Standing> {
        Ok(Standing {
            rule: row.text("rule"),
            strength: strength(&row.text("strength"))?,
            lesson: row.text_opt("lesson_id"),
            trainee: row.text_opt("trainee_id"),
            score: row.get("score"),
            fen: row.int("money_fen"),
        })
    }

    fn join(&self, found: &mut Found) {
        let (_, findings, clear) = found.entry(self.rule.clone()).or_insert((self.strength, 0, 0.0));
        *findings += 1;
        *clear = clear.max(self.score);
    }
}

fn strength(word: &str) -> Result<Strength> {
    serde_json::from_value(word.into()).map_err(|error| Error::internal("a finding's strength is a word").because(error))
}

/// Fen at risk in all classes, in one, or in those of a provider: no hour of a class twice.
pub(super) async fn at_risk(db: &Db, class: Option<ClassId>, provider: Option<ProviderId>) -> Result<i64> {
    let (class, provider) = (class.map(|id| id.to_string()).unwrap_or_default(), provider.map(|id| id.to_string()).unwrap_or_default());
    Ok(sqlx::query(sql::AT_RISK).bind(class).bind(provider).fetch_one(db.read()).await?.get(0))
}

/// A part of a ranking, highest score first.
pub async fn ranked(db: &Db, kind: &str, typology: &str, behind: Option<(f64, &str)>, limit: i64) -> Result<Vec<Score>> {
    let (score, id) = behind.unwrap_or((2.0, ""));
    let query = sqlx::query(sql::RANKED).bind(kind).bind(typology).bind(score).bind(id).bind(limit);
    query.fetch_all(db.read()).await?.iter().map(read).collect()
}

/// The scores of one subject: that in all first.
pub async fn of(db: &Db, kind: &str, id: &str) -> Result<Vec<Score>> {
    sqlx::query(sql::ONE).bind(kind).bind(id).fetch_all(db.read()).await?.iter().map(read).collect()
}

fn read(row: &sqlx::any::AnyRow) -> Result<Score> {
    Ok(Score {
        kind: row.text("subject_kind"),
        id: row.text("subject_id"),
        external_id: row.text_opt("external_id"),
        name: row.text_opt("name"),
        typology: row.text("typology"),
        score: row.get("score"),
        money_fen: row.int("money_fen"),
        parts: row.json("parts")?,
        at: row.time("at"),
    })
}

//! What is known of a class when its money is computed: rows alone, no formula.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, LessonId, RunId, TraineeId};
use crate::link::{self, ClassCredit};
use crate::register::class::Application;
use crate::register::lesson::Mode;
use crate::register::money::{Prepayment, prepayment};
use crate::register::policy::{Policies, Policy};
use crate::register::subsidy::{Hours, Plan, Regime};
use crate::register::{Certificate, Class, Lesson, Trainee, certificate, lesson, roster};
use crate::time::Time;
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use storage::Digest;

/// Everything the money of a class depends on, at one moment.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The class.
    pub class: Class,
    /// The policy that governs it.
    pub policy: Arc<Policy>,
    /// When it was looked at.
    pub now: Time,
    /// Who is on the roster.
    pub roster: Vec<Trainee>,
    /// The timetable.
    pub lessons: Vec<Lesson>,
    /// The certificates that count, of trainees on the roster.
    pub certificates: Vec<Certificate>,
    /// The live credits.
    pub credits: Vec<ClassCredit>,
    /// The live runs by lesson, with the digests they were sealed with.
    pub runs: HashMap<LessonId, (RunId, Digest)>,
    /// All evidence of the class by id: of which lesson, and its bytes.
    pub evidence: Vec<(EvidenceId, Option<LessonId>, Digest)>,
    /// What was paid in advance.
    pub prepaid: Option<Prepayment>,
    /// The account, encrypted.
    pub account_sealed: Option<Vec<u8>>,
    /// Whether the full plan was filed, or had not to be.
    pub full_plan: bool,
}

/// Reads what is known of a class.
pub async fn gather(db: &Db, policies: &Policies, class: &Class, now: Time) -> Result<Situation> {
    let roster = roster::of_class(db, class.id).await?;
    let trainees: HashSet<TraineeId> = roster.iter().map(|trainee| trainee.id).collect();
    let mut certificates = certificate::of_class(db, class).await?;
    certificates.retain(|certificate| trainees.contains(&certificate.trainee));
    let id = class.id.to_string();
    let terms = sqlx::query(sql::TERMS).bind(&id).fetch_optional(db.read()).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
    let mut runs = HashMap::new();
    for row in sqlx::query(sql::RUNS).bind(&id).fetch_all(db.read()).await? {
        runs.insert(row.id("lesson_id")?, (row.id("id")?, row.digest("digest")?));
    }
    let mut evidence = Vec::new();
    for row in sqlx::query(sql::EVIDENCE).bind(&id).fetch_all(db.read()).await? {
        evidence.push((row.id("id")?, row.id_opt("lesson_id")?, row.digest("digest")?));
    }
    Ok(Situation {
        class: class.clone(),
        policy: policies.of_class(db, class.policy.as_deref(), class.starts_on).await?,
        now,
        roster,
        lessons: lesson::of_class(db, class.id).await?,
        certificates,
        credits: link::credits_of_class(db, class.id).await?,
        runs,
        evidence,
        prepaid: prepayment::of_class(db, class.id).await?,
        account_sealed: terms.get("bank_account_sealed"),
        full_plan: class.application != Application::PromiseFirst || terms.int("full_plans") > 0,
    })
}

impl Situation {
    /// The hours and the rate of the class.
    pub fn plan(&self) -> Plan {
        Plan {
            total_milli: self.class.hours.total.0,
            online_milli: self.class.hours.online.0,
            regime: if self.class.epidemic { Regime::Epidemic } else { Regime::Ordinary },
        }
    }

    /// The lessons held online.
    pub fn online(&self) -> impl Iterator<Item = &Lesson> {
        self.lessons.iter().filter(|lesson| lesson.mode != Mode::InPerson)
    }

    /// Whether a lesson has ended.
    pub fn ended(&self, lesson: &Lesson) -> bool {
        lesson.ends_at <= self.now
    }

    /// Online hours of each trainee: of lessons that have ended, and what of them is credited; never more than planned.
    pub fn hours(&self) -> HashMap<TraineeId, Hours> {
        let ended: HashMap<LessonId, i64> =
            self.online().filter(|lesson| self.ended(lesson)).map(|lesson| (lesson.id, lesson.hours.0)).collect();
        let held_milli = ended.values().sum();
        let mut hours: HashMap<TraineeId, Hours> =
            self.roster.iter().map(|trainee| (trainee.id, Hours { held_milli, credited_milli: 0 })).collect();
        for credit in &self.credits {
            if let (Some(planned), Some(of)) = (ended.get(&credit.lesson), hours.get_mut(&credit.trainee)) {
                of.credited_milli += credit.hours_milli.clamp(0, *planned);
            }
        }
        hours
    }

    /// Lessons of which something was received: evidence of their own, or rows of a log that speaks of them.
    pub fn evidenced(&self) -> HashSet<LessonId> {
        let named = self.evidence.iter().filter_map(|(_, lesson, _)| *lesson);
        let seen = self.credits.iter().filter(|credit| credit.presence_ms > 0).map(|credit| credit.lesson);
        named.chain(seen).collect()
    }
}

/// How many findings of a class nobody dismissed, and the money at risk in them, in fen.
pub async fn findings(db: &Db, class: ClassId) -> Result<(i64, i64)> {
    let row = sqlx::query(sql::FINDINGS).bind(class.to_string()).fetch_one(db.read()).await?;
    let sum = row.int("at_risk_fen");
    Ok((row.int("findings"), row.int_opt("once_fen").map_or(sum, |once| once.min(sum))))
}

//! One class under two policies.

use super::{Tools, sql};
use crate::db::Columns;
use crate::error::Result;
use crate::ids::ClassId;
use crate::link;
use crate::register::class::{self, Class};
use crate::register::policy::{Policies, Policy};
use crate::register::remark::{self, Facts};
use crate::register::subsidy::{Rate, Regime, Terms, highest, rate};
use crate::time::Time;
use futures::FutureExt;
use serde::Serialize;
use std::collections::BTreeSet;

/// A figure as it is, and as it would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// As it is.
    pub now: i64,
    /// As it would be.
    pub then: i64,
}

impl Pair {
    pub(super) fn add(&mut self, other: Pair) {
        self.now += other.now;
        self.then += other.then;
    }

    /// Whether the two are the same.
    pub fn is_still(self) -> bool {
        self.now == self.then
    }
}

/// What a changed policy would do to a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassDiff {
    /// The class.
    pub class: ClassId,
    /// The provider's id of it.
    pub class_external_id: String,
    /// Its title.
    pub title: String,
    /// The policy that governs it now.
    pub policy: String,
    /// Whether it would follow the changed one; an approved class keeps its own.
    pub applies: bool,
    /// Credited hours, in thousandths.
    pub hours_milli: Pair,
    /// What they are worth.
    pub worth_fen: Pair,
    /// What the hours held so far and not credited would be worth.
    pub at_risk_fen: Pair,
    /// Codes of remarks on the plan that would appear.
    pub appear: Vec<&'static str>,
    /// Codes of remarks that would vanish.
    pub vanish: Vec<&'static str>,
}

impl ClassDiff {
    /// Whether anything would be different.
    pub fn differs(&self) -> bool {
        let still = [self.hours_milli, self.worth_fen, self.at_risk_fen].into_iter().all(Pair::is_still);
        !still || !self.appear.is_empty() || !self.vanish.is_empty()
    }
}

/// What the change would do to a class; nothing where another policy is in force on its first day, unless the class was asked for by name.
pub(super) async fn compare(
    tools: &Tools,
    changed: &Policy,
    after: &Policies,
    id: ClassId,
    named: bool,
    now: Time,
) -> Result<Option<ClassDiff>> {
    let Tools { db, lake, secrets, policies, lists } = tools;
    let class = class::by_id(db, id).await?;
    let in_force = after.on(class.starts_on).name() == changed.name();
    if !in_force && !named {
        return Ok(None);
    }
    let governing = policies.of_class(db, class.policy.as_deref(), class.starts_on).await?;
    // Boxed: reading the lake is a deep future of its own.
    let hours = link::suppose(db, lake, id, &governing, changed).boxed().await?;
    let row = sqlx::query(sql::HELD).bind(id.to_string()).bind(now.0).fetch_one(db.read()).await?;
    let held = row.int("held_milli").saturating_mul(row.int("trainees"));
    let (was, is) = (price(&class, &governing), price(&class, changed));
    let today = governing.day_of(now);
    let facts = remark::facts(db, secrets, class.clone(), today).await?;
    let codes = |policy: &Policy| codes(&facts, policy, lists, today);
    let (before, later) = (codes(&governing), codes(changed));
    Ok(Some(ClassDiff {
        class: id,
        class_external_id: class.external_id,
        title: class.title,
        policy: governing.name(),
        applies: in_force && class.policy.is_none(),
        hours_milli: Pair { now: hours.now, then: hours.then },
        worth_fen: Pair { now: was.fen_for(hours.now), then: is.fen_for(hours.then) },
        at_risk_fen: Pair { now: was.fen_for(held - hours.now), then: is.fen_for(held - hours.then) },
        appear: later.difference(&before).copied().collect(),
        vanish: before.difference(&later).copied().collect(),
    }))
}

fn codes(facts: &Facts, policy: &Policy, lists: &crate::register::lists::Lists, today: chrono::NaiveDate) -> BTreeSet<&'static str> {
    remark::of(facts, policy, lists, today).into_iter().map(|remark| remark.code).collect()
}

/// What an hour of the class is worth by a policy.
fn price(class: &Class, policy: &Policy) -> Rate {
    let of = &class.standards_fen;
    let terms = Terms {
        hours_total_milli: class.hours.total.0,
        epidemic: if class.epidemic { Regime::Epidemic } else { Regime::Ordinary },
        standard_fen: highest([of.qualified, of.skill_level, of.vocational, of.special_operation]),
    };
    rate(&terms, policy)
}

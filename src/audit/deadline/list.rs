//! Gathers what is open, and pages through it by the day by which it is due.

use super::count::{Deadline, Kind, State};
use super::sql;
use crate::audit::overview::Scope;
use crate::audit::report::{Week, filed};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::register::calendar::Calendar;
use crate::register::policy::{Policies, Policy};
use crate::time::Time;
use chrono::NaiveDate;
use sqlx::any::AnyRow;

/// Weeks back for which a report is asked for. One that was not filed for so long is not a deadline any more.
const WEEKS: i64 = 8;

/// By what deadlines are counted.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The policies, by day.
    pub policies: &'a Policies,
    /// The working days.
    pub calendar: &'a Calendar,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of this state.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<Kind>,
}

impl Filter {
    /// From `?state=` and `?kind=`.
    ///
    /// Errors: `invalid` for words that are none.
    pub fn parse(state: Option<&str>, kind: Option<&str>) -> Result<Filter> {
        let state = state.filter(|state| !state.is_empty());
        let kind = kind.filter(|kind| !kind.is_empty());
        let kinds = || Kind::ALL.map(Kind::code).join(", ");
        Ok(Filter {
            state: state
                .map(|code| State::named(code).ok_or_else(|| Error::new(&codes::INVALID, "state is one of open, overdue.")))
                .transpose()?,
            kind: kind
                .map(|code| Kind::named(code).ok_or_else(|| Error::new(&codes::INVALID, format!("kind is one of {}.", kinds()))))
                .transpose()?,
        })
    }

    fn takes(&self, one: &Deadline) -> bool {
        self.state.is_none_or(|state| state == one.state) && self.kind.is_none_or(|kind| kind == one.kind)
    }
}

/// All that is due within a scope, the first due first.
pub async fn all(db: &Db, rules: Rules<'_>, scope: &Scope, now: Time) -> Result<Vec<Deadline>> {
    let policy = rules.policies.at(now);
    let today = policy.day_of(now);
    let mut found = Vec::new();
    for (kind, statement) in [
        (Kind::Decision, sql::DECISIONS),
        (Kind::Prepayment, sql::PREPAYMENTS),
        (Kind::FullPlan, sql::FULL_PLANS),
        (Kind::ClaimDecision, sql::CLAIM_DECISIONS),
        (Kind::Certificates, sql::CERTIFICATES),
        (Kind::Claim, sql::CLAIMS),
    ] {
        let provider = scope.provider.as_deref().unwrap_or_default();
        let asked = sqlx::query(statement).bind(provider).bind(scope.platform.as_deref().unwrap_or_default());
        let ends = matches!(kind, Kind::Certificates | Kind::Claim);
        let rows = if ends { asked.bind(today.to_string()) } else { asked }.fetch_all(db.read()).await?;
        for row in &rows {
            let starts: NaiveDate = row.text("starts_on").parse().map_err(Error::internal)?;
            let policy = rules.policies.of_class(db, row.text_opt("policy").as_deref(), starts).await?;
            found.extend(of_row(row, kind, &policy, rules.calendar, today)?);
        }
    }
    if *scope == Scope::default() {
        found.extend(weeks(db, rules, policy, today).await?);
    }
    found.sort();
    Ok(found)
}

/// A part of what is due, of what a filter takes, after a cursor; and the next cursor.
pub fn page(found: &[Deadline], filter: Filter, cursor: Option<&str>, limit: usize) -> Result<(Vec<Deadline>, Option<String>)> {
    let after = cursor.filter(|cursor| !cursor.is_empty()).map(place_of).transpose()?;
    let mut rest = found.iter().filter(|one| filter.takes(one)).skip_while(|one| after.as_ref().is_some_and(|after| place(one) <= *after));
    let items: Vec<Deadline> = rest.by_ref().take(limit).cloned().collect();
    let more = rest.next().is_some();
    let next = items.last().filter(|_| more).map(|last| format!("{}~{}~{}", last.due_on, last.kind.code(), last.subject));
    Ok((items, next))
}

/// What the list is sorted by.
fn place(one: &Deadline) -> (NaiveDate, Kind, String) {
    (one.due_on, one.kind, one.subject.clone())
}

fn place_of(cursor: &str) -> Result<(NaiveDate, Kind, String)> {
    let mut parts = cursor.splitn(3, '~');
    let mut part = || parts.next().unwrap_or_default();
    let (day, kind, subject) = (part().parse().ok(), Kind::named(part()), part().to_owned());
    day.zip(kind).map(|(day, kind)| (day, kind, subject)).ok_or_else(|| Error::new(&codes::INVALID, "cursor is what next said."))
}

fn of_row(row: &AnyRow, kind: Kind, policy: &Policy, calendar: &Calendar, today: NaiveDate) -> Result<Option<Deadline>> {
    let since = row.text("since");
    let since = match since.parse::<NaiveDate>() {
        Ok(day) => day,
        Err(_) => policy.day_of(Time(since.parse().map_err(Error::internal)?)),
    };
    let Some(due) = kind.due(since, policy, calendar) else { return Ok(None) };
    Ok(Some(Deadline {
        class: Some(row.text("id")),
        class_external_id: Some(row.text("external_id")),
        class_title: Some(row.text("title")),
        provider: Some(row.text("provider_id")),
        provider_external_id: Some(row.text("provider_external_id")),
        provider_name: Some(row.text("provider_name")),
        ..Deadline::new(kind, row.text("subject"), since, due, today)
    }))
}

/// Weeks of the epidemic whose report was not filed though somebody was in training; the last whole one is due by the end of its Monday.
async fn weeks(db: &Db, rules: Rules<'_>, policy: &Policy, today: NaiveDate) -> Result<Vec<Deadline>> {
    let last = Week::before(today);
    let missing = filed::missing(db, last.moved(1 - WEEKS), last).await?;
    let told = missing.into_iter().filter(|week| policy.in_epidemic(week.monday())).filter_map(|week| {
        let due = Kind::WeeklyReport.due(week.due(), policy, rules.calendar)?;
        Some(Deadline::new(Kind::WeeklyReport, week.monday().to_string(), week.due(), due, today))
    });
    Ok(told.collect())
}

//! From what is open to the day by which it is due. Pure.

use crate::register::calendar::{Calendar, Due};
use crate::register::policy::Policy;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The decision on an opening application.
    Decision,
    /// The prepayment to an approved class.
    Prepayment,
    /// The full plan that a promise-first application promised.
    FullPlan,
    /// The decision on a claim.
    ClaimDecision,
    /// The certificates of a class that has ended.
    Certificates,
    /// The claim of a class that has ended.
    Claim,
    /// The report of a week.
    WeeklyReport,
}

/// Who has to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// 人社部门.
    Reviewer,
    /// 承训单位.
    Provider,
}

/// Whether the day has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can still be done in time.
    Open,
    /// Its last day is over.
    Overdue,
}

impl Kind {
    /// All of them, in the order of the board.
    pub const ALL: [Kind; 7] =
        [Kind::Decision, Kind::Prepayment, Kind::FullPlan, Kind::ClaimDecision, Kind::Certificates, Kind::Claim, Kind::WeeklyReport];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Decision => "decision",
            Kind::Prepayment => "prepayment",
            Kind::FullPlan => "full_plan",
            Kind::ClaimDecision => "claim_decision",
            Kind::Certificates => "certificates",
            Kind::Claim => "claim",
            Kind::WeeklyReport => "weekly_report",
        }
    }

    /// The kind of a code.
    pub fn named(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The clause of the notice that it comes from.
    pub fn clause(self) -> &'static str {
        match self {
            Kind::Decision | Kind::FullPlan => "四",
            Kind::Prepayment => "五（三）",
            Kind::ClaimDecision => "六（二）",
            Kind::Certificates | Kind::Claim => "四",
            Kind::WeeklyReport => "六（一）",
        }
    }

    /// Who has to do it.
    pub fn by(self) -> By {
        match self {
            Kind::Decision | Kind::Prepayment | Kind::ClaimDecision | Kind::WeeklyReport => By::Reviewer,
            Kind::FullPlan | Kind::Certificates | Kind::Claim => By::Provider,
        }
    }

    /// By when it has to be done that runs since a day; none where the policy sets no limit.
    pub fn due(self, since: NaiveDate, policy: &Policy, calendar: &Calendar) -> Option<Due> {
        match self {
            Kind::Decision | Kind::ClaimDecision => Some(policy.decision_due(since, calendar)),
            Kind::Prepayment => Some(policy.prepayment_due(since, calendar)),
            Kind::Certificates | Kind::Claim => policy.claim_due(since, calendar),
            // The day that was promised, and the Monday itself: no calendar moves them.
            Kind::FullPlan | Kind::WeeklyReport => Some(Due { on: since, certain: true }),
        }
    }
}

impl By {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            By::Reviewer => "reviewer",
            By::Provider => "provider",
        }
    }
}

impl State {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Overdue => "overdue",
        }
    }

    /// The state of a code.
    pub fn named(code: &str) -> Option<State> {
        [State::Open, State::Overdue].into_iter().find(|state| state.code() == code)
    }
}

/// Something to be done by a day. Sorts by the day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Deadline {
    /// The last day on which it is in time.
    pub due_on: NaiveDate,
    /// What.
    pub kind: Kind,
    /// What it is about: a class's id, a claim's, or the Monday of a week.
    pub subject: String,
    /// Whether the calendar knows all the days it was counted over.
    pub certain: bool,
    /// Whether that day has passed.
    pub state: State,
    /// Who has to do it.
    pub by: By,
    /// The clause of the notice.
    pub clause: &'static str,
    /// The day from which it was counted.
    pub since: NaiveDate,
    /// Days left; below nought, days over it.
    pub days_left: i64,
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The class as its provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_external_id: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_title: Option<String>,
    /// The provider of the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider by its sender's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_external_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
}

impl Deadline {
    /// What is due by a day, as it stands today.
    pub fn new(kind: Kind, subject: String, since: NaiveDate, due: Due, today: NaiveDate) -> Deadline {
        Deadline {
            due_on: due.on,
            kind,
            subject,
            certain: due.certain,
            state: if today > due.on { State::Overdue } else { State::Open },
            by: kind.by(),
            clause: kind.clause(),
            since,
            days_left: (due.on - today).num_days(),
            class: None,
            class_external_id: None,
            class_title: None,
            provider: None,
            provider_external_id: None,
            provider_name: None,
        }
    }
}

/// How many of a sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Counts {
    /// Still in time.
    pub open: i64,
    /// Too late.
    pub overdue: i64,
}

/// How many there are of each kind, and in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In all.
    pub all: Counts,
    /// By kind; only kinds of which there are any.
    pub kinds: BTreeMap<Kind, Counts>,
}

/// Counts deadlines.
pub fn tally<'a>(deadlines: impl IntoIterator<Item = &'a Deadline>) -> Tally {
    let mut tally = Tally::default();
    for one in deadlines {
        for counts in [&mut tally.all, tally.kinds.entry(one.kind).or_default()] {
            match one.state {
                State::Open => counts.open += 1,
                State::Overdue => counts.overdue += 1,
            }
        }
    }
    tally
}

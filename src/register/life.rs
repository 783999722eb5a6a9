//! Where a class is in its life: from its application to the money that was paid for it.

use super::class::Decision;
use chrono::NaiveDate;
use serde::Serialize;

/// A state of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 已上报: waits for a decision.
    Applied,
    /// 已退回: waits for its provider.
    Returned,
    /// 不予同意: it ends here.
    Refused,
    /// 已同意: its first day is to come.
    Approved,
    /// 进行中.
    Running,
    /// 已结束: its last day is over, and nothing that counts was claimed.
    Finished,
    /// 已申报补贴.
    Claimed,
    /// 已结清.
    Settled,
}

impl State {
    /// All of them, in the order of a life.
    pub const ALL: [State; 8] =
        [State::Applied, State::Returned, State::Refused, State::Approved, State::Running, State::Finished, State::Claimed, State::Settled];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Applied => "applied",
            State::Returned => "returned",
            State::Refused => "refused",
            State::Approved => "approved",
            State::Running => "running",
            State::Finished => "finished",
            State::Claimed => "claimed",
            State::Settled => "settled",
        }
    }
}

/// The state that follows from the newest decision, the days of the plan, where the newest claim stands, and the day. A claim that was
/// returned or refused counts for nothing: the class is where its days say.
pub fn state(decision: Option<Decision>, starts_on: NaiveDate, ends_on: NaiveDate, claim: Option<&str>, today: NaiveDate) -> State {
    match (decision, claim) {
        (None, _) => State::Applied,
        (Some(Decision::Return), _) => State::Returned,
        (Some(Decision::Refuse), _) => State::Refused,
        (Some(Decision::Approve), Some("settled")) => State::Settled,
        (Some(Decision::Approve), Some("filed" | "approved")) => State::Claimed,
        (Some(Decision::Approve), _) if today < starts_on => State::Approved,
        (Some(Decision::Approve), _) if today <= ends_on => State::Running,
        (Some(Decision::Approve), _) => State::Finished,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: u32, decision: Option<Decision>, claim: Option<&str>) -> State {
        let march = |day| NaiveDate::from_ymd_opt(2020, 3, day).expect("a day");
        state(decision, march(10), march(20), claim, march(day))
    }

    #[test]
    fn an_approved_class_runs_from_its_first_day_to_its_last() {
        let approved = |day| on(day, Some(Decision::Approve), None);
        assert_eq!([9, 10, 20, 21].map(approved), [State::Approved, State::Running, State::Running, State::Finished]);
    }

    #[test]
    fn without_an_approval_no_day_and_no_claim_makes_it_run() {
        for day in [1, 15, 30] {
            assert_eq!(on(day, None, Some("settled")), State::Applied);
            assert_eq!(on(day, Some(Decision::Return), None), State::Returned);
            assert_eq!(on(day, Some(Decision::Refuse), Some("filed")), State::Refused);
        }
    }

    #[test]
    fn a_claim_counts_while_it_stands() {
        let claimed = |claim| on(25, Some(Decision::Approve), Some(claim));
        assert_eq!(
            ["filed", "approved", "settled", "returned", "refused"].map(claimed),
            [State::Claimed, State::Claimed, State::Settled, State::Finished, State::Finished]
        );
    }

    #[test]
    fn every_state_is_written_as_it_is_called() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(state).expect("writes"), state.as_str());
        }
    }
}

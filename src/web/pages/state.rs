//! The four states an hour or a span can be in; each is a colour, a pattern and a word.

/// What became of an hour, or of a piece of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Counts in full.
    Credited,
    /// An hour that counts in part; a span in which somebody was there and that does not count.
    Partial,
    /// Nothing counts, and nobody was seen.
    Uncredited,
    /// A finding is open against it.
    Disputed,
    /// Not held yet, or not calculated yet.
    #[default]
    Pending,
}

impl State {
    /// The four that count, in the order of every legend.
    pub const FOUR: [State; 4] = [State::Credited, State::Partial, State::Uncredited, State::Disputed];

    /// The class of the style sheet and the code of the word.
    pub fn code(self) -> &'static str {
        match self {
            State::Credited => "credited",
            State::Partial => "partial",
            State::Uncredited => "uncredited",
            State::Disputed => "disputed",
            State::Pending => "pending",
        }
    }

    /// One letter for tables of tens of thousands of cells.
    pub fn letter(self) -> &'static str {
        match self {
            State::Credited => "c",
            State::Partial => "p",
            State::Uncredited => "u",
            State::Disputed => "d",
            State::Pending => "n",
        }
    }

    /// The state of a span that does not count for a reason: whether anybody was there, and whether two places claim the time.
    pub fn of_reason(reason: &str) -> State {
        match reason {
            "elsewhere" => State::Disputed,
            "waiting_room" | "away" | "idle" | "over_daily_cap" | "mode_without_rule" | "no_position" | "content_repeated" | "too_fast"
            | "rewound" | "not_playing" | "beyond_content" | "face_check_missed" | "not_answered" | "quiz_not_passed" | "fragmented" => {
                State::Partial
            }
            _ => State::Uncredited,
        }
    }

    /// The state of an hour of which so much is credited, in thousandths.
    pub fn of_hour(credited: i64, planned: i64, disputed: bool) -> State {
        match credited {
            _ if disputed => State::Disputed,
            credited if credited <= 0 => State::Uncredited,
            credited if credited < planned => State::Partial,
            _ => State::Credited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_finding_is_seen_before_the_credit() {
        assert_eq!(State::of_hour(1000, 1000, true), State::Disputed);
        assert_eq!(State::of_hour(1000, 1000, false), State::Credited);
        assert_eq!(State::of_hour(500, 1000, false), State::Partial);
        assert_eq!(State::of_hour(0, 1000, false), State::Uncredited);
    }
}

//! Which time the rules look at: around what changed, in few pieces.

use super::rule::{Rule, Scope, Window};
use super::sql;
use crate::db::Db;
use crate::error::Result;
use crate::time::{DAY, Time};
use sqlx::Row;
use std::collections::BTreeSet;

/// Pieces of time that a run looks at, at most: each costs a planning of every rule.
const MOST: usize = 6;

/// The longest piece of time that a rule looks at in one go, so that its memory does not grow with the years: four weeks, of which most classes touch two.
const PIECE: i64 = 28 * DAY;

/// What is shorter is not halved any more.
const SHORTEST: i64 = DAY / 4;

/// Pieces that a window is cut into at most; of longer times each is longer.
const MOST_PIECES: i64 = 64;

/// The windows of one run, by the scope of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Windows {
    lesson: Vec<Window>,
    class: Vec<Window>,
    past: Vec<Window>,
    all: Vec<Window>,
    pub(super) extent: Extent,
}

impl Windows {
    /// The same time for every rule, in pieces where that helps.
    pub(super) async fn of(db: &Db, window: Window) -> Result<Windows> {
        let extent = Extent::of(db).await?;
        let pieces = extent.pieces(window);
        Ok(Windows { lesson: pieces.clone(), class: pieces, past: vec![window], all: vec![window], extent })
    }

    /// Around the lessons and classes with these ids, a day before and behind; none for ids that are neither.
    pub(super) async fn around(db: &Db, keys: &[&str]) -> Result<Windows> {
        let mut windows = Windows::default();
        let mut classes = BTreeSet::new();
        for key in keys {
            let row = sqlx::query(sql::WINDOW).bind(*key).fetch_one(db.read()).await?;
            windows.lesson.extend(window(&row));
            classes.extend(row.get::<Option<String>, _>(2));
        }
        for class in &classes {
            windows.class.extend(window(&sqlx::query(sql::WINDOW).bind(class).fetch_one(db.read()).await?));
        }
        let class = merged(windows.class);
        // These windows have ends of their own, so nobody need ask all lessons.
        Ok(Windows { lesson: merged(windows.lesson), past: class.clone(), class, all: Vec::new(), extent: Extent::default() })
    }

    /// Whether there is nothing to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.lesson.is_empty() && self.class.is_empty()
    }

    /// Whether it is all time there is.
    pub(super) fn are_all(&self) -> bool {
        self.all == [Window::ALL]
    }

    /// Those of a rule.
    pub(super) fn of_rule(&self, rule: &Rule) -> &[Window] {
        match rule.scope() {
            Scope::Lesson => &self.lesson,
            Scope::Class => &self.class,
            Scope::Past => &self.past,
            Scope::All => &self.all,
        }
    }
}

/// From when to when there are lessons; nothing where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent(pub(super) Option<(Time, Time)>);

impl Extent {
    pub(super) async fn of(db: &Db) -> Result<Extent> {
        let row = sqlx::query(sql::EXTENT).fetch_one(db.read()).await?;
        let times = row.get::<Option<i64>, _>(0).zip(row.get::<Option<i64>, _>(1));
        Ok(Extent(times.map(|(first, last)| (Time(first), Time(last)))))
    }

    /// The windows in which a rule looks at one, together as long.
    pub fn windows(self, rule: &Rule, window: Window) -> Vec<Window> {
        match rule.scope() {
            Scope::Lesson | Scope::Class => self.pieces(window),
            Scope::Past | Scope::All => vec![window],
        }
    }

    /// A window in pieces that meet and together are the window: four weeks each, but for the first and the last, which reach as far as the window does.
    fn pieces(self, window: Window) -> Vec<Window> {
        let Some((first, last)) = self.0 else { return vec![window] };
        let (first, last) = (first.max(window.since), last.min(window.until));
        let length = PIECE.max((last.0 - first.0) / MOST_PIECES + 1);
        let mut whole = Vec::new();
        let mut since = window.since;
        let mut until = first.plus(length);
        while until < last {
            whole.push(Window { since, until });
            (since, until) = (until, until.plus(length));
        }
        whole.push(Window { since, until: window.until });
        whole
    }

    /// Two windows that meet and together are the window, with about the same time in which there are lessons, and that time; none where it is short.
    pub(super) fn halves(self, window: Window) -> Option<([Window; 2], i64)> {
        let (first, last) = self.0.unwrap_or((window.since, window.until));
        let (first, last) = (first.max(window.since), last.plus(1).min(window.until));
        let length = last.0 - first.0;
        let middle = first.plus(length / 2);
        let halves = [Window { since: window.since, until: middle }, Window { since: middle, until: window.until }];
        (length >= SHORTEST).then_some((halves, length))
    }
}

fn window(row: &sqlx::any::AnyRow) -> Option<Window> {
    let since = Time(row.get::<Option<i64>, _>(0)?);
    let until = Time(row.get::<Option<i64>, _>(1)?).max(since).plus(1);
    Some(Window { since: since.plus(-DAY), until: until.plus(DAY) })
}

/// Those that touch made one; then the nearest made one until there are few.
fn merged(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|window| (window.since, window.until));
    let mut apart: Vec<Window> = Vec::new();
    for window in windows {
        match apart.last_mut().filter(|last| window.since <= last.until) {
            Some(last) => last.until = last.until.max(window.until),
            None => apart.push(window),
        }
    }
    while apart.len() > MOST {
        let nearest = (1..apart.len()).min_by_key(|index| apart[*index].since.0 - apart[index - 1].until.0).expect("there are several");
        let joined = apart.remove(nearest);
        apart[nearest - 1].until = joined.until;
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(spans: &[(i64, i64)]) -> Vec<Window> {
        spans.iter().map(|(since, until)| Window { since: Time(*since), until: Time(*until) }).collect()
    }

    #[test]
    fn a_long_window_is_cut_into_pieces_that_meet_and_leave_nothing_out() {
        let at = |days: i64| Time(days * DAY);
        for (window, extent, count) in [
            (Window::ALL, None, 1),
            (Window::ALL, Some((at(18_000), at(18_020))), 1),
            (Window::ALL, Some((at(18_000), at(18_300))), 11),
            (Window::ALL, Some((at(0), at(36_500))), 64),
            (Window { since: at(18_100), until: at(18_200) }, Some((at(18_000), at(18_300))), 4),
            (Window { since: at(10), until: at(20) }, Some((at(18_000), at(18_300))), 1),
            (Window { since: at(19_000), until: at(19_900) }, Some((at(18_000), at(18_300))), 1),
        ] {
            let whole = Extent(extent).pieces(window);
            assert_eq!(whole.len(), count, "{window:?} {extent:?}");
            assert_eq!((whole[0].since, whole[count - 1].until), (window.since, window.until));
            assert!(whole.windows(2).all(|pair| pair[0].until == pair[1].since && pair[0].since < pair[0].until), "{whole:?}");
        }
    }

    #[test]
    fn a_window_is_halved_where_its_lessons_are() {
        let at = |days: i64| Time(days * DAY);
        let halves = |since, until, extent: Option<(i64, i64)>| {
            let extent = Extent(extent.map(|(first, last)| (at(first), at(last).plus(-1))));
            extent.halves(Window { since: at(since), until: at(until) }).map(|([one, other], length)| {
                assert_eq!((one.since, one.until, other.until), (at(since), other.since, at(until)));
                (one.until.0 / DAY, length / DAY)
            })
        };
        assert_eq!(halves(0, 36_500, Some((18_000, 18_100))), Some((18_050, 100)));
        assert_eq!(halves(18_020, 36_500, Some((18_000, 18_100))), Some((18_060, 80)));
        assert_eq!(halves(10, 20, None), Some((15, 10)));
        assert_eq!(halves(10, 20, Some((18_000, 18_100))), None, "nothing is there");
        assert_eq!(Extent::default().halves(Window { since: at(0), until: Time(SHORTEST - 1) }), None);
    }

    #[test]
    fn windows_that_touch_are_one_and_the_nearest_are_joined_until_there_are_few() {
        assert_eq!(merged(windows(&[(5, 9), (0, 5), (20, 30), (22, 25)])), windows(&[(0, 9), (20, 30)]));
        let many: Vec<(i64, i64)> = [0, 10, 20, 33, 40, 41, 60].iter().map(|since| (*since, since + 1)).chain([(100, 101)]).collect();
        assert_eq!(merged(windows(&many)), windows(&[(0, 1), (10, 11), (20, 21), (33, 42), (60, 61), (100, 101)]));
        assert_eq!(merged(Vec::new()), []);
    }
}

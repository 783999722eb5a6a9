//! Money at risk without counting an hour twice.

use std::collections::HashMap;

/// What findings against one class put at risk. Findings overlap: one says that a lesson has no video, another that somebody in it was elsewhere. What
/// they share cannot be told from their amounts, so of those that may speak of the same hours only the largest counts: the sum is what is at risk at least.
#[derive(Debug, Default)]
pub(super) struct AtRisk<'a> {
    class: i64,
    trainees: HashMap<&'a str, i64>,
    lessons: HashMap<&'a str, (i64, HashMap<&'a str, i64>)>,
}

impl<'a> AtRisk<'a> {
    /// Adds a finding about the class, a lesson of it, a trainee in it, or a trainee in a lesson.
    pub(super) fn add(&mut self, lesson: Option<&'a str>, trainee: Option<&'a str>, fen: i64) {
        let most = match (lesson, trainee) {
            (None, None) => &mut self.class,
            (None, Some(trainee)) => self.trainees.entry(trainee).or_default(),
            (Some(lesson), None) => &mut self.lessons.entry(lesson).or_default().0,
            (Some(lesson), Some(trainee)) => self.lessons.entry(lesson).or_default().1.entry(trainee).or_default(),
        };
        *most = (*most).max(fen);
    }

    /// Fen at risk at least.
    pub(super) fn fen(&self) -> i64 {
        let sum = |amounts: &HashMap<&str, i64>| amounts.values().fold(0, |sum: i64, fen| sum.saturating_add(*fen));
        let lessons = self.lessons.values().fold(0, |all: i64, (whole, each)| all.saturating_add((*whole).max(sum(each))));
        self.class.max(sum(&self.trainees)).max(lessons)
    }
}

/// What one finding puts at risk, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Stake<'a> {
    /// The class, where it is about one.
    pub class: Option<&'a str>,
    /// The lesson.
    pub lesson: Option<&'a str>,
    /// The trainee.
    pub trainee: Option<&'a str>,
    /// Kind and id of what it is about.
    pub subject: (&'a str, &'a str),
    /// Fen.
    pub fen: i64,
}

/// Fen at risk at least by findings of any classes and of none. Those of no class (a device, a person) may speak of the same hours as those of classes,
/// and a device of the same as its person: of what may be the same, the largest sum counts.
pub fn at_risk_once<'a>(stakes: impl IntoIterator<Item = Stake<'a>>) -> i64 {
    let mut classes: HashMap<&str, AtRisk<'a>> = HashMap::new();
    let mut subjects: HashMap<&str, HashMap<&str, i64>> = HashMap::new();
    for stake in stakes {
        match stake.class {
            Some(class) => classes.entry(class).or_default().add(stake.lesson, stake.trainee, stake.fen),
            None => {
                let most = subjects.entry(stake.subject.0).or_default().entry(stake.subject.1).or_default();
                *most = (*most).max(stake.fen);
            }
        }
    }
    let add = |sum: i64, fen: i64| sum.saturating_add(fen);
    let of_classes = classes.values().map(AtRisk::fen).fold(0, add);
    let of_kinds = subjects.values().map(|each| each.values().copied().fold(0, add));
    of_kinds.fold(of_classes, i64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_classes_add_up_and_what_is_of_no_class_may_be_the_same_hours() {
        let of = |class, lesson, fen| Stake { class, lesson, trainee: None, subject: ("lesson", "l"), fen };
        let about = |kind, id, fen| Stake { class: None, lesson: None, trainee: None, subject: (kind, id), fen };
        assert_eq!(at_risk_once([of(Some("a"), Some("l1"), 100), of(Some("a"), Some("l1"), 80), of(Some("b"), Some("l2"), 50)]), 150);
        assert_eq!(at_risk_once([of(Some("a"), Some("l1"), 100), about("device", "d", 60)]), 100, "its hours may be those of the class");
        assert_eq!(at_risk_once([about("device", "d", 60), about("device", "d", 90), about("device", "e", 10)]), 100);
        assert_eq!(at_risk_once([about("device", "d", 60), about("person", "p", 90)]), 90, "the device may be the person's");
        assert_eq!(at_risk_once([]), 0);
    }

    fn fen(findings: &[(Option<&str>, Option<&str>, i64)]) -> i64 {
        let mut at_risk = AtRisk::default();
        findings.iter().for_each(|(lesson, trainee, fen)| at_risk.add(*lesson, *trainee, *fen));
        at_risk.fen()
    }

    #[test]
    fn hours_of_different_lessons_or_people_add_up() {
        assert_eq!(fen(&[(Some("l1"), None, 1000), (Some("l2"), None, 500)]), 1500);
        assert_eq!(fen(&[(Some("l1"), Some("t1"), 100), (Some("l1"), Some("t2"), 100)]), 200);
        assert_eq!(fen(&[(None, Some("t1"), 700), (None, Some("t2"), 300)]), 1000);
    }

    #[test]
    fn the_same_hours_count_once() {
        assert_eq!(fen(&[(Some("l1"), None, 1000), (Some("l1"), None, 800)]), 1000, "two rules of one lesson");
        assert_eq!(fen(&[(Some("l1"), None, 1000), (Some("l1"), Some("t1"), 100)]), 1000, "a lesson and somebody in it");
        assert_eq!(fen(&[(None, None, 1200), (Some("l1"), None, 1000)]), 1200, "a class and a lesson of it");
        assert_eq!(fen(&[(None, Some("t1"), 700), (Some("l1"), Some("t1"), 100)]), 700, "a trainee and a lesson of theirs");
    }

    #[test]
    fn nothing_is_at_risk_where_nothing_was_found() {
        assert_eq!(fen(&[]), 0);
        assert_eq!(fen(&[(Some("l1"), None, i64::MAX), (Some("l2"), None, i64::MAX)]), i64::MAX, "and sums have an end");
    }
}

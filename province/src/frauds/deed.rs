//! A deed: one pattern in one class, at one strength; whom and what it takes, and the label it leaves.

use super::Layer;
use crate::chance::Chance;
use crate::class::{Class, Sitting};
use crate::labels::{Label, Place};
use crate::media::present;
use crate::money::FEN_PER_HOUR;

/// One pattern in one class.
#[derive(Clone, Debug)]
pub struct Deed {
    /// The pattern's id.
    pub rule: &'static str,
    /// 0.25, 0.5 or 1.
    pub strength: f64,
    /// Chance of its own.
    pub dice: Chance,
}

impl Deed {
    /// The first, the second or the third, as the strength is 0.25, 0.5 or 1.
    pub fn by<T>(&self, faint: T, half: T, blatant: T) -> T {
        if self.strength < 0.4 {
            faint
        } else if self.strength < 0.8 {
            half
        } else {
            blatant
        }
    }

    /// How many of so many: a sixth and at least one, half, or all.
    pub fn share(&self, many: usize) -> usize {
        self.by(many.div_ceil(6), many.div_ceil(2), many).min(many)
    }

    /// Off by up to so many seconds at the faintest, a quarter of it at half strength, not at all at full.
    pub fn jitter(&mut self, seconds: i64) -> i64 {
        let most = self.by(seconds, seconds / 4, 0);
        self.dice.between(-most, most) * crate::days::SECOND
    }

    /// People of the roster whom it takes: few and at least three, half, or all. Those brought in by other deeds are left alone.
    pub fn people(&mut self, class: &Class) -> Vec<usize> {
        let own: Vec<usize> = (0..class.trainees.len())
            .filter(|&place| {
                let trainee = &class.trainees[place];
                !trainee.is_made_up && !trainee.is_guest && trainee.withdrawn_at.is_none()
            })
            .collect();
        let many = self.by(own.len().div_ceil(7).max(3), own.len().div_ceil(2), own.len());
        self.dice.some_of(own.len(), many).into_iter().map(|place| own[place]).collect()
    }

    /// Lessons that it takes out of these and that no other deed of the layer has taken.
    pub fn lessons(&mut self, class: &mut Class, of: &[usize], layer: Layer) -> Vec<usize> {
        let free: Vec<usize> = of.iter().copied().filter(|&lesson| !class.lessons[lesson].touched.contains(&layer)).collect();
        let many = self.share(free.len());
        let found: Vec<usize> = self.dice.some_of(free.len(), many).into_iter().map(|place| free[place]).collect();
        for &lesson in &found {
            class.lessons[lesson].touched.insert(layer);
        }
        found
    }

    /// A label without lesson and trainee.
    pub fn label(&self, class: &Class) -> Label {
        Label {
            rule: self.rule.to_owned(),
            strength: self.strength,
            provider: String::new(),
            class: class.id.clone(),
            lesson: None,
            trainee: None,
            subject: None,
            at_risk_fen: None,
            also: Vec::new(),
            or: None,
        }
    }

    /// Labels the class.
    pub fn of_class(&self, class: &mut Class, also: &[&str]) {
        let label = Label { also: words(also), ..self.label(class) };
        class.labels.push(label);
    }

    /// Labels the class for something in it, such as a device.
    pub fn of_subject(&self, class: &mut Class, subject: &str, also: &[&str]) {
        let label = Label { subject: Some(subject.to_owned()), also: words(also), ..self.label(class) };
        class.labels.push(label);
    }

    /// Labels a lesson; at risk are its hours for all who sat in it.
    pub fn of_lesson(&self, class: &mut Class, lesson: usize, also: &[&str]) {
        let at_risk = present(class, lesson) as i64 * class.lessons[lesson].hours * FEN_PER_HOUR;
        let id = Some(class.lessons[lesson].id.clone());
        let label = Label { lesson: id, at_risk_fen: Some(at_risk), also: words(also), ..self.label(class) };
        class.labels.push(label);
    }

    /// Labels a trainee.
    pub fn of_trainee(&self, class: &mut Class, trainee: usize, also: &[&str]) {
        let label = Label { trainee: Some(class.trainees[trainee].id.clone()), also: words(also), ..self.label(class) };
        class.labels.push(label);
    }

    /// Labels a trainee, with the other side.
    pub fn of_person(&self, class: &mut Class, trainee: usize, or: Place) {
        let label = Label { trainee: Some(class.trainees[trainee].id.clone()), or: Some(or), ..self.label(class) };
        class.labels.push(label);
    }

    /// Labels a trainee in a lesson, with the other side.
    pub fn of_both(&self, class: &mut Class, lesson: usize, trainee: usize, also: &[&str], or: Option<Place>) {
        let label = Label {
            lesson: Some(class.lessons[lesson].id.clone()),
            trainee: Some(class.trainees[trainee].id.clone()),
            also: words(also),
            at_risk_fen: Some(class.lessons[lesson].hours * FEN_PER_HOUR),
            or,
            ..self.label(class)
        };
        class.labels.push(label);
    }
}

fn words(also: &[&str]) -> Vec<String> {
    also.iter().map(|word| (*word).to_owned()).collect()
}

/// Puts a sitting into a lesson in the place of the trainee's own.
pub fn seat_in(class: &mut Class, lesson: usize, sitting: Sitting) {
    let sittings = &mut class.lessons[lesson].sittings;
    match sittings.iter_mut().find(|own| own.trainee == sitting.trainee) {
        Some(own) => *own = sitting,
        None => sittings.push(sitting),
    }
}

/// The sitting of a trainee in a lesson.
pub fn sitting_of(class: &mut Class, lesson: usize, trainee: usize) -> Option<&mut Sitting> {
    class.lessons[lesson].sittings.iter_mut().find(|sitting| sitting.trainee == Some(trainee))
}

impl Deed {
    /// Live lessons that it takes, as many as its strength says.
    pub fn lessons_of_sitting(&mut self, class: &mut Class) -> Vec<usize> {
        let live = class.live();
        let many = self.by(live.len().div_ceil(3).max(3), live.len() * 2 / 3, live.len()).min(live.len());
        let found: Vec<usize> = self.dice.some_of(live.len(), many).into_iter().map(|place| live[place]).collect();
        for &lesson in &found {
            class.lessons[lesson].touched.insert(Layer::Sitting);
        }
        found
    }
}

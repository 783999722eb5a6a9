//! Credit for a test (考核测试): being there counts as in a live lesson, once something was answered, and passed where that is demanded.

use super::checks::not_passed;
use super::credit::{Known, Lesson};
use super::division::{Label, Part};
use super::live;
use super::presence::{Attended, Presence};
use super::proof::Pointer;
use super::reason::Reason;
use super::span::Span;
use crate::analyse::attendance::EventKind;
use crate::register::policy::{Policy, TestRules};

/// Gives every moment of the window one label; and the answers that did not pass, for the spans they cost.
pub(super) fn divide(lesson: &Lesson, known: Known<'_>, policy: &Policy, rules: &TestRules, seen: &Presence) -> (Vec<Part>, Vec<Pointer>) {
    let parts = live::divide(lesson, known, policy, seen);
    if rules.answer_required.value && !answered(known.attended, lesson.window) {
        return (lost(parts, Reason::NotAnswered), Vec::new());
    }
    match lesson.quiz_percent.and_then(|percent| not_passed(known.attended, lesson.window, percent)) {
        Some(failed) => (lost(parts, Reason::QuizNotPassed), failed),
        None => (parts, Vec::new()),
    }
}

/// Whether the trainee handed in an answer, scored or not, inside the window.
fn answered(events: &[Attended], window: Span) -> bool {
    events.iter().any(|event| event.kind == EventKind::Answer && (window.from..=window.until).contains(&event.at))
}

/// What would have counted, and does not.
fn lost(mut parts: Vec<Part>, reason: Reason) -> Vec<Part> {
    for part in parts.iter_mut().filter(|part| part.label == Label::Credited) {
        part.label = Label::Not(reason, None);
    }
    parts
}

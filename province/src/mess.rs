//! The honest mess of real life: what there is, and in how many classes; where it shows is in the files of what it shows in.

use crate::chance::Chance;

/// Each kind of mess with its share of classes.
pub const MESS: &[(&str, f64)] = &[
    ("late-joins", 0.22),
    ("early-leaves", 0.18),
    ("dropped-connections", 0.25),
    ("device-clocks-off", 0.12),
    ("cameras-off", 0.12),
    ("let-in-at-once", 0.18),
    ("ended-for-all", 0.25),
    ("computer-room", 0.06),
    ("one-room", 0.10),
    ("household", 0.12),
    ("log-twice", 0.06),
    ("corrected-log", 0.08),
    ("two-sources", 0.06),
    ("split-recordings", 0.12),
    ("break-in-recording", 0.18),
    ("late-recordings", 0.10),
    ("lesson-again", 0.08),
    ("teacher-replaced", 0.10),
    ("edited-pictures", 0.12),
    ("no-exif", 0.20),
    ("watched-in-pieces", 0.30),
    ("watched-faster", 0.20),
    ("watched-at-night", 0.15),
    ("id-typo-corrected", 0.08),
    ("foreign-permit", 0.04),
    ("small-class", 0.06),
    ("back-filled", 0.04),
    ("list-behind", 0.06),
    ("same-deck", 0.10),
    ("two-groups", 0.05),
    ("borrowed-device", 0.12),
    ("shared-course-material", 0.12),
    ("dialled-in", 0.05),
    ("guests", 0.20),
];

/// The mess of a class, by its own chance.
pub fn of_class(chance: &Chance) -> Vec<&'static str> {
    let mut chance = chance.at("mess", 0);
    let mut found: Vec<&'static str> = MESS.iter().filter(|(_, share)| chance.one_in(*share)).map(|(name, _)| *name).collect();
    // A class meets in groups or loses a lesson, not both; people are in one room or in their own.
    let mut either = |one: &str, other: &str| {
        if found.contains(&one) {
            found.retain(|name| *name != other);
        }
    };
    either("two-groups", "lesson-again");
    either("two-groups", "small-class");
    either("computer-room", "one-room");
    either("corrected-log", "log-twice");
    either("corrected-log", "two-sources");
    either("log-twice", "two-sources");
    found
}

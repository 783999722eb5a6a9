//! Frauds: what is planted, at whom, and when in the making of a class. Each pattern is a function that acts as a fraudster would.

pub mod deed;
mod evidence;
mod identity;
mod logs;
mod money;
mod network;
mod pictures;
mod planning;
mod presence;
mod viewing;

use crate::chance::Chance;
use crate::class::{Class, Ids, Provider};
use crate::plan::Plan;
pub use deed::Deed;

/// What a deed touches; two deeds of a provider touch different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Timetable.
    Lessons,
    /// Planned hours.
    Hours,
    /// Application and decision.
    Application,
    /// Who is on the roster.
    Roster,
    /// Their contacts and accounts.
    Contacts,
    /// Who sits where and when.
    Sitting,
    /// Recorded lessons.
    Recorded,
    /// Logs as handed in.
    Log,
    /// When evidence came.
    Arrival,
    /// Recordings.
    Video,
    /// Pictures.
    Picture,
    /// Certificates and claims.
    Money,
    /// The provider as a whole.
    Provider,
}

use Layer::{
    Application as Opening, Arrival, Contacts, Hours, Lessons, Log, Money, Picture, Provider as Whole, Recorded, Roster, Sitting, Video,
};

/// A pattern of fraud.
pub struct Pattern {
    /// Its id, which is the rule's.
    pub id: &'static str,
    /// What it touches.
    pub layers: &'static [Layer],
    /// Platforms whose logs can show it; empty: all.
    pub platforms: &'static [usize],
    /// Whether a rule looks for it.
    pub has_rule: bool,
}

const fn pattern(id: &'static str, layers: &'static [Layer], platforms: &'static [usize]) -> Pattern {
    Pattern { id, layers, platforms, has_rule: true }
}

/// Platforms whose logs have times of coming and going, and devices that are told apart.
const TIMES: &[usize] = &[0, 1, 2, 3];
const DEVICES: &[usize] = &[0, 2, 3];

/// All patterns that tables can show.
pub const PATTERNS: &[Pattern] = &[
    pattern("overlap-person", &[Sitting], TIMES),
    Pattern { has_rule: false, ..pattern("impossible-travel", &[Sitting], &[1, 3]) },
    pattern("shared-device", &[Sitting], DEVICES),
    pattern("shared-ip", &[Sitting], TIMES),
    pattern("staff-viewing", &[Sitting], DEVICES),
    pattern("scripted-login", &[Sitting], TIMES),
    pattern("lockstep", &[Sitting], TIMES),
    pattern("idle", &[Sitting], &[2]),
    pattern("too-fast", &[Recorded], TIMES),
    pattern("hours-over-evidence", &[Money, Sitting], &[]),
    pattern("shortened-class", &[Lessons], &[]),
    pattern("ghost-trainee", &[Roster], TIMES),
    pattern("bad-identity", &[Roster], &[]),
    pattern("ineligible", &[Roster], &[]),
    pattern("double-subsidy", &[Roster], &[]),
    pattern("photo-reuse", &[Picture], &[]),
    pattern("video-reuse", &[Video], &[]),
    pattern("looped-video", &[Video], &[]),
    pattern("frozen-video", &[Video], &[]),
    pattern("short-video", &[Video], &[]),
    pattern("missing-media", &[Video, Picture], &[]),
    pattern("stale-picture", &[Picture], &[]),
    pattern("edited-picture", &[Picture], &[]),
    Pattern { has_rule: false, ..pattern("few-faces", &[Picture], &[]) },
    pattern("late-evidence", &[Arrival, Log], &[]),
    pattern("backdated-log", &[Log, Arrival], &[]),
    pattern("fabricated-log", &[Log], TIMES),
    pattern("edited-records", &[Log], TIMES),
    pattern("copied-rows", &[Sitting], TIMES),
    pattern("one-login-many-names", &[Sitting], &[0, 1, 3]),
    pattern("teacher-overlap", &[Lessons], &[]),
    pattern("too-perfect", &[Sitting], TIMES),
    pattern("long-day", &[Lessons], &[]),
    pattern("placeholder-account", &[Contacts], &[]),
    pattern("shell-network", &[Whole, Contacts], DEVICES),
    pattern("burst", &[Whole, Lessons], &[]),
    pattern("outlier-provider", &[Whole, Money, Video, Picture], &[]),
    pattern("before-approval", &[Opening], &[]),
    pattern("broken-promise", &[Opening], &[]),
    pattern("theory-share", &[Hours], &[]),
    pattern("late-decision", &[Opening], &[]),
    pattern("amount-over-formula", &[Money], &[]),
    pattern("foreign-code", &[Picture], &[]),
    pattern("forged-code", &[Picture], &[]),
    pattern("screen-time", &[Picture], &[]),
    pattern("screen-clock", &[Picture], &[]),
    pattern("screen-meeting", &[Picture], &[]),
    pattern("photo-from-recording", &[Picture], &[]),
];

/// The strengths.
pub const STRENGTHS: [f64; 3] = [0.25, 0.5, 1.0];

/// Whether a rule looks for a pattern.
pub fn has_rule(id: &str) -> bool {
    PATTERNS.iter().any(|pattern| pattern.id == id && pattern.has_rule)
}

/// What deeds of one provider know of its earlier classes.
#[derive(Default)]
pub struct Shared {
    /// Classes of the provider that are done, where something is planted at it.
    pub past: Vec<Past>,
    /// Patterns of the provider as a whole that have their label.
    pub told: Vec<&'static str>,
    /// People of all classes so far who are on a list that bars them, each with the strength it was planted at.
    pub barred: std::collections::BTreeMap<u64, f64>,
}

/// What is kept of a class.
pub struct Past {
    /// The class as its tables have it, without rows.
    pub class: Class,
}

impl Shared {
    /// A new provider begins.
    pub fn leave_provider(&mut self) {
        self.past.clear();
        self.told.clear();
    }

    /// When a person is in earlier classes of the provider: their live lessons, what was watched of the others, and what was elsewhere for that class.
    fn spans_of(&self, person: u64) -> Vec<(i64, i64)> {
        let mut spans = Vec::new();
        for past in self.past.iter().map(|past| &past.class) {
            let Some(place) = past.trainees.iter().position(|trainee| trainee.person == person && trainee.withdrawn_at.is_none()) else {
                continue;
            };
            spans.extend(&past.trainees[place].elsewhere);
            for lesson in past.lessons.iter().filter(|lesson| lesson.counts()) {
                if lesson.is_live() {
                    spans.push((lesson.from, lesson.until));
                }
                let own = lesson.sittings.iter().filter(|sitting| sitting.trainee == Some(place)).flat_map(|sitting| &sitting.stays);
                spans.extend(own.filter(|_| !lesson.is_live()).map(|stay| (stay.from, stay.until)));
            }
        }
        spans
    }

    /// Keeps what later deeds of the provider may use again.
    pub fn remember(&mut self, plan: &Plan, class: &Class) {
        if plan.providers[class.provider].strength.is_none() {
            return;
        }
        let mut class = class.clone();
        class.labels.clear();
        class.papers.clear();
        for lesson in &mut class.lessons {
            lesson.rows = Vec::new();
        }
        self.past.push(Past { class });
        // Those of the last thirty classes are enough, and bound what is kept.
        if self.past.len() > 30 {
            self.past.remove(0);
        }
    }
}

/// Decides at which providers what is planted. For each strength all patterns are dealt out like a deck of cards, two to five a provider, so that all
/// come before one comes again.
pub fn deal(mut plan: Plan, share: f64) -> Plan {
    let mut dice = plan.chance.at("deal", 0);
    let mut order: Vec<usize> = (0..plan.providers.len()).filter(|&number| plan.providers[number].classes > 0).collect();
    dice.shuffle(&mut order);
    order.truncate((plan.providers.len() as f64 * share).round() as usize);
    let mut decks: [Vec<usize>; 3] = Default::default();
    for (turn, &number) in order.iter().enumerate() {
        let deck = &mut decks[turn % 3];
        let many = 2 + dice.below(4);
        let mut held: Vec<usize> = Vec::new();
        while held.len() < many {
            let Some(place) = deck.iter().position(|&card| fits(&held, card)) else {
                if held.len() >= 2 || deck.len() > PATTERNS.len() * 2 {
                    break;
                }
                let mut fresh: Vec<usize> = (0..PATTERNS.len()).collect();
                dice.shuffle(&mut fresh);
                deck.extend(fresh);
                continue;
            };
            held.push(deck.remove(place));
        }
        let provider = &mut plan.providers[number];
        provider.strength = Some(STRENGTHS[turn % 3]);
        let common = platforms(&held);
        if !common.contains(&provider.platform) {
            provider.platform = common[provider.number % common.len()];
        }
        provider.patterns = held;
    }
    network::join_shells(&mut plan, &order);
    plan
}

/// Platforms that show all of these patterns.
fn platforms(held: &[usize]) -> Vec<usize> {
    let shows = |platform: usize, card: &usize| PATTERNS[*card].platforms.is_empty() || PATTERNS[*card].platforms.contains(&platform);
    (0..5).filter(|&platform| held.iter().all(|card| shows(platform, card))).collect()
}

fn fits(held: &[usize], card: usize) -> bool {
    let apart = |other: &usize| *other != card && PATTERNS[*other].layers.iter().all(|layer| !PATTERNS[card].layers.contains(layer));
    let mut all = held.to_vec();
    all.push(card);
    held.iter().all(apart) && !platforms(&all).is_empty()
}

/// Assigns the patterns of a provider to a share of its classes that is as large as its strength.
pub fn assign(plan: &Plan, number: usize, classes: &mut [Class]) {
    let provider = &plan.providers[number];
    let Some(strength) = provider.strength else { return };
    for &pattern in &provider.patterns {
        let mut dice = plan.chance.at("assign", (number * PATTERNS.len() + pattern) as u64);
        let many = (classes.len() as f64 * strength).ceil() as usize;
        // What needs an earlier class of the provider cannot be in its first.
        let needs_past = matches!(PATTERNS[pattern].id, "overlap-person" | "double-subsidy") && classes.len() > 1;
        let from = usize::from(needs_past);
        let found = dice.some_of(classes.len() - from, many.max(1).min(classes.len() - from));
        for place in found {
            classes[place + from].patterns.push(pattern);
            if PATTERNS[pattern].id == "overlap-person" && place + from > 0 {
                planning::hold_beside(classes, place + from, &mut dice);
            }
        }
    }
    for class in classes.iter_mut().filter(|class| !class.patterns.is_empty()) {
        // Deeds are told by times that back-filling would hide, and by lessons that groups would halve.
        if class.has("back-filled") {
            class.created_at = class.application.applied_at;
        }
        class.mess.retain(|mess| !matches!(*mess, "back-filled" | "guests"));
    }
}

fn deeds(chance: &Chance, class: &Class, strength: f64) -> Vec<Deed> {
    let deed = |&pattern: &usize| {
        let dice = chance.at(PATTERNS[pattern].id, class.number as u64);
        Deed { rule: PATTERNS[pattern].id, strength, dice }
    };
    class.patterns.iter().map(deed).collect()
}

fn deeds_of(plan: &Plan, class: &Class, stage: &str) -> Vec<Deed> {
    plan.providers[class.provider].strength.map_or(Vec::new(), |strength| deeds(&plan.chance.at(stage, 0), class, strength))
}

/// Deeds in the plan of a class: its application, hours and timetable.
pub fn at_planning(providers: &[Provider], class: &mut Class, chance: &Chance, ids: Ids) {
    let Some(strength) = providers[class.provider].strength else { return };
    let mut deeds = deeds(&chance.at("planning", 0), class, strength);
    // When a class is comes before what is done to its days and its application.
    deeds.sort_by_key(|deed| deed.rule != "burst");
    for mut deed in deeds {
        match deed.rule {
            "shortened-class" => planning::shortened_class(class, &mut deed),
            "long-day" => planning::long_day(class, &mut deed),
            "theory-share" => planning::theory_share(class, &mut deed),
            "before-approval" => planning::before_approval(class, &mut deed),
            "broken-promise" => planning::broken_promise(class, &mut deed),
            "late-decision" => planning::late_decision(class, &mut deed),
            "burst" => planning::burst(class, &mut deed),
            "too-fast" => planning::add_recorded(ids, class, &mut deed),
            _ => {}
        }
    }
}

/// Deeds among the teachers of all classes of a provider.
pub fn at_teaching(providers: &[Provider], number: usize, classes: &mut [Class], chance: &Chance) {
    let Some(strength) = providers[number].strength else { return };
    for place in 0..classes.len() {
        for mut deed in deeds(&chance.at("teaching", 0), &classes[place], strength) {
            if deed.rule == "teacher-overlap" {
                planning::teacher_overlap(classes, place, &mut deed);
            }
        }
    }
}

/// Deeds on the roster.
pub fn on_roster(plan: &Plan, class: &mut Class, shared: &mut Shared) {
    for mut deed in deeds_of(plan, class, "roster") {
        match deed.rule {
            "ghost-trainee" => identity::ghost_trainee(plan, class, &mut deed),
            "bad-identity" => identity::bad_identity(plan, class, &mut deed),
            "ineligible" => identity::ineligible(class, &mut deed),
            "double-subsidy" => identity::double_subsidy(plan, class, &mut deed, shared),
            "placeholder-account" => identity::placeholder_account(class, &mut deed),
            _ => {}
        }
    }
    network::shared_account(plan, class);
    network::shared_people(plan, class, shared);
}

/// Deeds in who sits where and when.
pub fn in_lessons(plan: &Plan, class: &mut Class, shared: &mut Shared) {
    identity::seat_ghosts(plan, class);
    for mut deed in deeds_of(plan, class, "lessons") {
        match deed.rule {
            "overlap-person" => presence::overlap_person(plan, class, &mut deed, shared),
            "impossible-travel" => presence::impossible_travel(class, &mut deed),
            "shared-device" => presence::shared_device(class, &mut deed),
            "shared-ip" => presence::shared_ip(class, &mut deed),
            "staff-viewing" => presence::staff_viewing(plan, class, &mut deed),
            "scripted-login" => viewing::scripted_login(class, &mut deed),
            "lockstep" => viewing::lockstep(class, &mut deed),
            "idle" => viewing::idle(class, &mut deed),
            "too-fast" => viewing::too_fast(class, &mut deed),
            "copied-rows" => viewing::copied_rows(class, &mut deed),
            "one-login-many-names" => presence::one_login_many_names(class, &mut deed),
            "too-perfect" => viewing::too_perfect(class, &mut deed),
            "hours-over-evidence" => money::stay_away(class, &mut deed),
            _ => {}
        }
    }
    network::shared_seats(plan, class);
    identity::tell_doubles(class);
    planning::label_long_days(class, deeds_of(plan, class, "lessons"));
    planning::tell(plan, class, shared);
    identity::tell_barred(class, shared);
}

/// Deeds in logs that are written.
pub fn in_logs(plan: &Plan, class: &mut Class, shared: &Shared) {
    for mut deed in deeds_of(plan, class, "logs") {
        match deed.rule {
            "fabricated-log" => logs::fabricated_log(class, &mut deed),
            "backdated-log" => logs::backdated_log(class, &mut deed),
            "edited-records" => logs::edited_records(class, &mut deed, shared),
            _ => {}
        }
    }
}

/// Deeds in recordings and pictures, and in when all evidence came.
pub fn in_media(plan: &Plan, class: &mut Class, shared: &mut Shared) {
    for mut deed in deeds_of(plan, class, "media") {
        match deed.rule {
            "photo-reuse" => pictures::photo_reuse(class, &mut deed, shared),
            "photo-from-recording" => pictures::photo_from_recording(class, &mut deed, shared),
            "stale-picture" => pictures::stale_picture(class, &mut deed),
            "edited-picture" => pictures::edited_picture(class, &mut deed),
            "few-faces" => pictures::few_faces(class, &mut deed),
            "screen-time" | "screen-clock" | "screen-meeting" => pictures::other_screen(class, &mut deed),
            "foreign-code" | "forged-code" => pictures::other_code(class, &mut deed),
            "video-reuse" => evidence::video_reuse(class, &mut deed, shared),
            "looped-video" | "frozen-video" | "short-video" => evidence::empty_video(class, &mut deed),
            "missing-media" => evidence::missing_media(class, &mut deed),
            "outlier-provider" => evidence::thin_media(class, &mut deed),
            _ => {}
        }
    }
    for mut deed in deeds_of(plan, class, "arrival") {
        if deed.rule == "late-evidence" {
            evidence::late_evidence(class, &mut deed);
        }
    }
    evidence::forget_dropped(class);
    evidence::come_after(class);
}

/// Deeds in certificates and claims.
pub fn with_money(plan: &Plan, class: &mut Class) {
    for mut deed in deeds_of(plan, class, "money") {
        if matches!(deed.rule, "amount-over-formula" | "hours-over-evidence" | "shortened-class" | "double-subsidy") {
            money::stand(class);
        }
        match deed.rule {
            "amount-over-formula" => money::amount_over_formula(class, &mut deed),
            "hours-over-evidence" => money::hours_over_evidence(class, &mut deed),
            "shortened-class" => money::claim_all(class),
            "double-subsidy" => money::claim_again(class),
            "outlier-provider" => money::everybody_passes(class, &mut deed),
            _ => {}
        }
    }
}

//! A province to measure rules on: thousands of classes with the honest mess of real life, and frauds that are planted and labelled.
//!
//! [`write()`] makes a whole lake by the columns of docs/LAKE.md, as Parquet, and lines of JSON beside it that say what was planted where. It knows nothing of the server. The same
//! province gives the same bytes. Classes are made one by one, so that a province may be of any size; what is kept over all of them is a list of providers.
//!
//! What enters is a [`Province`]; what leaves is a folder:
//!
//! - `TABLE/0.parquet` for every table; `attendance/N.parquet` with a million rows at most, sorted by lesson, trainee and time;
//! - `labels.ndjson`, a [`labels::Label`] a line; `waiting.ndjson`, the same for patterns that no rule looks for yet;
//! - `honest.ndjson`, a [`labels::Honest`] a line; `providers.ndjson`, a [`labels::Planted`] a line;
//! - `province.json`, the [`labels::Summary`].
//!
//! The frauds are planted as fraud is described by audits and prosecutions, not as rules are written, or a measure would say nothing.

pub mod attend;
pub mod chance;
pub mod class;
pub mod credit;
pub mod days;
pub mod emit;
pub mod frauds;
pub mod labels;
pub mod lists;
pub mod logs;
pub mod media;
pub mod mess;
pub mod money;
pub mod people;
pub mod plan;
pub mod roster;
pub mod tables;
pub mod write;

use class::Class;
use labels::{Honest, Planted, Summary};
use plan::Plan;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use write::Files;

/// What province to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Province {
    /// Everything follows from it.
    pub seed: u64,
    /// How many classes.
    pub classes: usize,
    /// How many classes a provider has on average.
    pub classes_per_provider: usize,
    /// The share of providers at which something is planted.
    pub planted: f64,
}

impl Province {
    /// A province of so many classes, a twenty-fifth as many providers, and frauds at 15 % of them.
    pub fn new(seed: u64, classes: usize) -> Province {
        Province { seed, classes, classes_per_provider: 25, planted: 0.15 }
    }
}

/// Lines of JSON.
struct Lines(BufWriter<File>);

impl Lines {
    fn create(folder: &Path, name: &str) -> io::Result<Lines> {
        Ok(Lines(BufWriter::new(File::create(folder.join(name))?)))
    }

    fn add(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, line)?;
        self.0.write_all(b"\n")
    }
}

/// Writes a province into a folder, which is made where it is not there.
///
/// # Errors
/// When a file cannot be written.
pub fn write(province: &Province, folder: &Path) -> io::Result<Summary> {
    std::fs::create_dir_all(folder)?;
    let mut files = Files::create(folder)?;
    let mut plan = Plan::new(province);
    let mut lines = ["labels.ndjson", "waiting.ndjson", "honest.ndjson", "providers.ndjson"].map(|name| Lines::create(folder, name));
    let [Ok(labels), Ok(waiting), Ok(honest), Ok(providers)] = &mut lines else {
        return Err(io::Error::other("the files of labels cannot be made"));
    };
    let (mut many, mut first, mut last, mut now, mut listed) = (0, i64::MAX, i64::MIN, i64::MIN, 0);
    let mut shared = frauds::Shared::default();
    for number in 0..plan.providers.len() {
        let classes = plan.classes_of(number);
        let mut lessons = vec![0_i64; plan.providers[number].teachers.len()];
        shared.leave_provider();
        for mut class in classes {
            let credits = fill(&plan, &mut class, &mut shared);
            class.lessons.iter().filter_map(|lesson| lesson.teacher).for_each(|teacher| lessons[teacher] += 1);
            let mut pages = emit::Pages { plan: &plan, files: &mut files, listed };
            pages.class(&class, &credits)?;
            listed = pages.listed;
            (first, last) = (first.min(class.starts_on), last.max(class.ends_on));
            now = class.claim.iter().map(|claim| claim.filed_at).chain([now]).max().unwrap_or(now);
            for label in &mut class.labels {
                label.provider.clone_from(&plan.providers[number].id);
                if frauds::has_rule(&label.rule) {
                    labels.add(label)?;
                    many += 1;
                } else {
                    waiting.add(label)?;
                }
            }
            let is_honest = class.patterns.is_empty() && class.labels.is_empty() && plan.providers[number].shell.is_none();
            if is_honest && !class.mess.is_empty() {
                honest.add(&Honest { class: class.id.clone(), mess: class.mess.iter().map(|name| (*name).to_owned()).collect() })?;
            }
        }
        let provider = &plan.providers[number];
        let mut pages = emit::Pages { plan: &plan, files: &mut files, listed };
        pages.provider(provider, &lessons);
        listed = pages.listed;
        providers.add(&Planted { provider: provider.id.clone(), planted: provider.strength.is_some(), strength: provider.strength })?;
    }
    emit::Pages { plan: &plan, files: &mut files, listed }.platforms();
    for file in lines {
        file?.0.flush()?;
    }
    let rows = files.finish()?;
    let summary = Summary {
        seed: province.seed,
        classes: province.classes,
        providers: plan.providers.len(),
        planted_providers: plan.providers.iter().filter(|provider| provider.strength.is_some()).count(),
        labels: many,
        period: [days::date(first.min(last)), days::date(last)],
        // Three weeks after the last claim, at midnight in Beijing.
        now: days::rfc3339(days::moment(days::day_of(now.max(0)) + 21, 0)),
        rows: tables::TABLES.iter().map(|(name, _)| (*name).to_owned()).zip(rows).collect(),
    };
    std::fs::write(folder.join("province.json"), serde_json::to_vec_pretty(&summary)?)?;
    Ok(summary)
}

/// Fills a planned class: people, who came, logs, media, money; deeds where they are planted.
fn fill(plan: &Plan, class: &mut Class, shared: &mut frauds::Shared) -> Vec<credit::Credit> {
    let provider = &plan.providers[class.provider];
    roster::fill(plan, class, provider);
    frauds::on_roster(plan, class, shared);
    attend::fill(class, provider, &plan.chance);
    frauds::in_lessons(plan, class, shared);
    media::papers(class, provider.kind == "enterprise", &mut plan.chance.at("papers", class.number as u64));
    logs::write(class, &plan.chance);
    frauds::in_logs(plan, class, shared);
    media::write(plan, class);
    frauds::in_media(plan, class, shared);
    let credits = credit::of_class(class);
    money::settle(plan, class, &credits);
    frauds::with_money(plan, class);
    shared.remember(plan, class);
    credits
}

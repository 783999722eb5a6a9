//! The policies of a server, by date.

use super::{BUILTIN, Policy, refuse};
use crate::error::Result;
use crate::time::Time;
use chrono::NaiveDate;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};

/// The files of the policy folder whose names are wanted, in order of name: path and text.
pub(in crate::register) fn folder_files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|cause| refuse(&folder.display().to_string(), "the folder cannot be read").because(cause))?;
    files.retain(|path: &std::path::PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(&wanted));
    files.sort();
    let read = |path: std::path::PathBuf| {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|cause| refuse(&file, "it cannot be read as UTF-8 text").because(cause))?;
        Ok((file, text))
    };
    files.into_iter().map(read).collect()
}

/// All policies a server knows: those of its files by date, and those that were fixed for classes when they were approved.
#[derive(Clone, Debug)]
pub struct Policies {
    pub(super) dated: Vec<Arc<Policy>>,
    /// By name; read from the database once each, for they never change.
    pub(super) fixed: Arc<RwLock<HashMap<String, Arc<Policy>>>>,
}

impl Policies {
    /// The built-in ones.
    pub fn builtin() -> Policies {
        let parse = |(file, text): &(&str, &str)| Arc::new(Policy::parse(file, text).expect("a test parses every built-in policy"));
        Policies { dated: BUILTIN.iter().map(parse).collect(), fixed: Arc::default() }.in_order()
    }

    /// The built-in ones, and every `*.toml` of the operator's folder that is no calendar; one with a built-in id takes its place.
    pub fn with_folder(folder: &Path) -> Result<Policies> {
        let mut all = Policies::builtin();
        for (file, text) in folder_files(folder, |name| name.ends_with(".toml") && !crate::register::calendar::is_calendar(name))? {
            let policy = Policy::parse(&file, &text)?;
            all.put(&file, policy)?;
        }
        Ok(all.in_order())
    }

    /// These with another one, in the place of the one with its id where there is one.
    ///
    /// Errors: `bad_config` when it starts on the same day as another.
    pub fn with(&self, file: &str, policy: Policy) -> Result<Policies> {
        let mut all = self.clone();
        all.put(file, policy)?;
        Ok(all.in_order())
    }

    fn put(&mut self, file: &str, policy: Policy) -> Result<()> {
        self.dated.retain(|other| other.id != policy.id);
        if let Some(other) = self.dated.iter().find(|other| other.starts_on() == policy.starts_on()) {
            let fault = format!("it starts on the same day as '{}', so it is unclear which of the two holds", other.id);
            return Err(refuse(file, &fault));
        }
        self.dated.push(Arc::new(policy));
        Ok(())
    }

    /// The policy in force on a day: the last that started by then, or the first of all for days before it.
    pub fn on(&self, day: NaiveDate) -> &Arc<Policy> {
        let started = self.dated.iter().rev().find(|policy| policy.starts_on() <= day);
        started.unwrap_or_else(|| self.dated.first().expect("there is a built-in policy"))
    }

    /// The policy in force at a moment (its day in that policy's own zone).
    pub fn at(&self, at: Time) -> &Arc<Policy> {
        let started = self.dated.iter().rev().find(|policy| policy.starts_on() <= policy.day_of(at));
        started.unwrap_or_else(|| self.dated.first().expect("there is a built-in policy"))
    }

    /// The policies of the files, by first day.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.dated.iter().map(|policy| &**policy)
    }

    fn in_order(mut self) -> Policies {
        self.dated.sort_by_key(|policy| policy.starts_on());
        self
    }
}

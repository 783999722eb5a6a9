//! The moments between the writes, where tests let a server die.

use crate::error::Result;

/// A moment in the life of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Places are given, the new head is not committed.
    BeforeSwap,
    /// The new head is committed, nobody was told.
    AfterSwap,
    /// Tiles and checkpoint are in the storage, the database does not say so.
    BeforePublish,
    /// The database says so, nobody was told.
    AfterPublish,
}

/// Nothing outside tests.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    #[cfg(test)]
    die_at: std::sync::Arc<std::sync::Mutex<Vec<Step>>>,
}

impl Steps {
    /// Passes, unless a test wants the server to die here.
    #[cfg_attr(not(test), allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the tests' half uses both"))]
    pub(super) fn at(&self, step: Step) -> Result<()> {
        #[cfg(test)]
        {
            let mut die_at = self.die_at.lock().expect("no test panics while it holds this");
            if let Some(found) = die_at.iter().position(|due| *due == step) {
                die_at.remove(found);
                return Err(crate::error::Error::internal(format!("died {step:?}")));
            }
        }
        let _ = step;
        Ok(())
    }

    /// The next time this moment comes, the server dies.
    #[cfg(test)]
    pub(super) fn die(&self, step: Step) {
        self.die_at.lock().expect("no test panics while it holds this").push(step);
    }
}

//! Stage 0, the plan: platforms, providers, classes, rosters, timetables, and the policy that says what an hour is.
//!
//! Enters: what providers and reviewers write. Leaves: classes with their roster and lessons, which evidence is checked against.
//! A list is taken whole or refused whole with its rows at fault; ID numbers, phones and e-mails are kept encrypted.

pub mod amendment;
pub mod calendar;
pub mod certificate;
pub mod class;
mod file_name;
pub mod id_number;
pub mod lesson;
pub mod life;
mod list;
pub mod lists;
pub mod money;
pub mod office;
pub mod opening;
pub mod personal;
pub mod platform;
pub mod platform_key;
pub mod policy;
pub mod profile;
pub mod provider;
mod reference;
pub mod remark;
pub mod reseal;
pub mod resolution;
pub mod roster;
pub mod secrets;
pub mod session_code;
pub(crate) mod sql;
pub mod subsidy;
pub mod trail;

pub use calendar::Calendar;
pub use certificate::Certificate;
pub use class::Class;
pub use lesson::Lesson;
pub use platform_key::PlatformKey;
pub use profile::Platform;
pub use provider::Provider;
pub use reference::Reference;
pub use resolution::Resolution;
pub use roster::Trainee;

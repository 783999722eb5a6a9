//! Everything a running keshi has, built once. Only `cli/`, `web/` and `pipeline.rs` know it; stages take what they need of it.

use crate::analyse::{attendance, media};
use crate::audit::deadline;
use crate::config::Config;
use crate::db::Db;
use crate::detect::{self, Rules, reuse};
use crate::error::Result;
use crate::ids::Ids;
use crate::jobs::Jobs;
use crate::lake::Lake;
use crate::pipeline::{self, live::Live};
use crate::receive::upload;
use crate::register::lists::Lists;
use crate::register::policy::Policies;
use crate::register::profile::Profiles;
use crate::register::secrets::Secrets;
use crate::register::session_code::CodeKey;
use crate::register::{Calendar, personal, platform};
use crate::seal::{Log, key};
use crate::tell::deliver::Teller;
use crate::tell::webhook;
use crate::time::{Clock, DAY, Time};
use std::sync::Arc;
use storage::Objects;
use tokio::sync::Semaphore;

/// A running keshi: its [`Parts`], shared. Every request clones it several times, so cloning is one count.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The parts of a running keshi.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// Database.
    pub db: Db,
    /// Objects.
    pub objects: Objects,
    /// The log.
    pub log: Log,
    /// The lake.
    pub lake: Lake,
    /// The queue.
    pub jobs: Jobs,
    /// Time.
    pub clock: Clock,
    /// Ids.
    pub ids: Ids,
    /// Keys to personal data.
    pub secrets: Secrets,
    /// The key of session codes.
    pub code_key: CodeKey,
    /// Policies by date.
    pub policies: Policies,
    /// The days that are worked.
    pub calendar: Calendar,
    /// The lists of trades and institutions.
    pub lists: Lists,
    /// Rules of detection.
    pub rules: Rules,
    /// Live events on their way.
    pub live: Live,
    /// All pictures, by what they are known by.
    pub pictures: reuse::Pictures,
    /// All recordings, by what they are known by.
    pub recordings: reuse::Recordings,
    /// Places for uploads.
    pub uploads: Arc<Semaphore>,
    /// Places for media children that answer within seconds.
    pub media_permits: Arc<Semaphore>,
    /// The place for the one that takes minutes.
    pub watch_permits: Arc<Semaphore>,
}

impl App {
    /// Opens everything the configuration names, brings the database up, and repairs what a crash left.
    pub async fn open(config: Config) -> Result<App> {
        App::open_at(config, Clock::System).await
    }

    /// The same with a clock of the caller's.
    pub async fn open_at(config: Config, clock: Clock) -> Result<App> {
        let db = Db::open(&config.database_url(), config.data.connections).await?;
        db.migrate().await?;
        let profiles = Profiles::load(config.platforms.path(), &attendance::vocabulary())?;
        for broken in profiles.broken() {
            tracing::warn!(error = %broken, "a platform's profile is left out");
        }
        platform::preload(&db, &profiles, clock.now()).await?;
        let objects = Objects::open(&config.objects_url()).await?;
        let keys = config.keys_folder();
        let secrets = Secrets::load_or_create(&keys)?;
        let code_key = CodeKey::of(&secrets);
        let key = key::load_or_create(&keys.join("log.key"), &config.log.origin)?;
        let log = Log::open(db.clone(), objects.clone(), key, clock.clone()).await?;
        let (policies, calendar, lists) = match config.policy.path() {
            Some(folder) => (Policies::with_folder(folder)?, Calendar::with_folder(folder)?, Lists::of_folder(folder)?),
            None => (Policies::builtin(), Calendar::builtin(), Lists::default()),
        };
        let ids = Ids::new(clock.clone());
        let lake = Lake::new(db.clone(), objects.clone()).with_terms(policies.clone(), calendar.clone(), secrets.clone());
        let rules = Rules::load(&lake, config.rules.path()).await?;
        for broken in rules.broken() {
            tracing::warn!(rule = ?broken, "a rule cannot be used and is left out");
        }
        let jobs =
            Jobs::new(pipeline::FOLLOW, ids.clone()).telling(pipeline::TELL).one_at_a_time(media::job::FULL).together(detect::job::NAME);
        let uploads = Arc::new(Semaphore::new(config.limits.uploads.max(1)));
        let media_permits = Arc::new(Semaphore::new(config.media.parallel.max(1)));
        let live = Live::new(&config.live);
        let parts = Parts {
            config,
            db,
            objects,
            log,
            lake,
            jobs,
            clock,
            ids,
            secrets,
            code_key,
            policies,
            calendar,
            lists,
            rules,
            live,
            pictures: reuse::Pictures::default(),
            recordings: reuse::Recordings::default(),
            uploads,
            media_permits,
            watch_permits: Arc::new(Semaphore::new(1)),
        };
        Ok(App(Arc::new(parts)))
    }

    /// Until when what is received now is locked in the storage.
    pub fn retain_until(&self) -> Option<Time> {
        let days = i64::from(self.config.data.retain_days);
        (days > 0).then(|| self.clock.now().plus(days * DAY))
    }

    /// What taking resumable uploads needs.
    pub fn upload_tools(&self) -> upload::Tools<'_> {
        let Parts { db, objects, clock, ids, config, .. } = &**self;
        upload::Tools { db, objects, clock, ids, days: config.limits.upload_days, unfinished: config.limits.unfinished_uploads }
    }

    /// By what deadlines are counted.
    pub fn deadline_rules(&self) -> deadline::Rules<'_> {
        deadline::Rules { policies: &self.policies, calendar: &self.calendar }
    }

    /// What bringing webhooks their messages needs.
    pub fn teller(&self) -> Teller {
        let Parts { db, clock, ids, secrets, config, .. } = &**self;
        Teller { db: db.clone(), clock: clock.clone(), ids: ids.clone(), secrets: secrets.clone(), settings: config.webhooks.clone() }
    }

    /// What showing personal data needs.
    pub fn personal(&self) -> personal::Tools<'_> {
        personal::Tools { db: &self.db, ids: &self.ids, secrets: &self.secrets }
    }

    /// What keeping webhooks needs.
    pub fn webhooks(&self) -> webhook::Tools<'_> {
        webhook::Tools { db: &self.db, ids: &self.ids, secrets: &self.secrets, settings: &self.config.webhooks }
    }

    /// What measuring pictures and videos fast needs.
    pub fn media_tools<'a>(&'a self, limits: &'a media::Limits) -> media::job::Tools<'a> {
        let Parts { db, objects, jobs, media_permits, code_key, .. } = &**self;
        media::job::Tools { db, objects, jobs, limits, permits: media_permits, code_key }
    }

    /// What seeing videos in full needs: it has a place of its own, so that nothing that came waits for it.
    pub fn watch_tools<'a>(&'a self, limits: &'a media::Limits) -> media::job::Tools<'a> {
        media::job::Tools { permits: &self.watch_permits, ..self.media_tools(limits) }
    }

    /// What finding pictures and recordings that were used twice needs.
    pub fn reuse_tools<'a>(&'a self, limits: &'a media::Limits) -> reuse::Tools<'a> {
        let Parts { db, objects, jobs, pictures, recordings, media_permits, .. } = &**self;
        reuse::Tools { db, objects, jobs, pictures, recordings, limits, permits: media_permits }
    }

    /// What a media child may take.
    pub fn media_limits(&self) -> media::Limits {
        let media = &self.config.media;
        media::Limits {
            cpu_s: media.cpu_seconds,
            wall_s: media.wall_seconds,
            memory_bytes: media.memory_bytes,
            faces: media.faces,
            text: media.text,
            ..media::Limits::default()
        }
    }
}

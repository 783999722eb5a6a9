//! Settings: `defaults.toml` is both the defaults and the manual (docs/CONFIG.md is made from it).

use crate::error::{Error, Result, codes};
use config::{Environment, File, FileFormat};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The defaults with a comment on each setting.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// All settings, one struct per section of `defaults.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[data]`
    pub data: Data,
    /// `[log]`
    pub log: Log,
    /// `[limits]`
    pub limits: Limits,
    /// `[signatures]`
    pub signatures: Signatures,
    /// `[live]`
    pub live: Live,
    /// `[media]`
    pub media: Media,
    /// `[policy]`
    pub policy: Folder,
    /// `[platforms]`
    pub platforms: Folder,
    /// `[rules]`
    pub rules: Folder,
    /// `[print]`
    pub print: Print,
    /// `[query]`
    pub query: Query,
    /// `[webhooks]`
    pub webhooks: Webhooks,
    /// `[mail]`
    pub mail: Mail,
    /// `[backfill]`
    pub backfill: Backfill,
    /// `[telemetry]`
    pub telemetry: Telemetry,
}

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "defaults.toml has a comment on each setting")]
        pub struct $name { $(pub $field: $type),* }
    )*};
}

sections! {
    /// Where and how to serve.
    Server { listen: String, public_url: String, workers: usize, connections: usize, idle_seconds: u64 }
    /// Where data lies. Empty strings stand for places under `folder`; see the methods.
    Data { folder: PathBuf, database: String, connections: u32, objects: String, retain_days: u32, keys: String }
    /// The Merkle log.
    Log { origin: String }
    /// Bounds on what comes in.
    Limits { attendance_bytes: u64, video_bytes: u64, screenshot_bytes: u64, document_bytes: u64, list_bytes: u64, uploads: usize, unfinished_uploads: u32, upload_days: u32, requests_per_minute: u32 }
    /// Signatures of platforms.
    Signatures { tolerance_seconds: u32 }
    /// How live events are gathered.
    Live { gather_ms: u64, memory_bytes: usize, repeat_days: u32 }
    /// Bounds on the child process that reads media.
    Media { wall_seconds: u64, cpu_seconds: u64, memory_bytes: u64, faces: bool, text: bool, parallel: usize }
    /// A folder of an operator's own files.
    Folder { folder: String }
    /// The fonts of printed documents.
    Print { regular: PathBuf, bold: PathBuf }
    /// Bounds on a query.
    Query { seconds: u64, rows: usize, memory_bytes: usize }
    /// How outsiders are told.
    Webhooks { closed_network: bool, most: u32, timeout_seconds: u64, parallel: usize, parallel_each: usize, first_wait_seconds: u64, longest_wait_seconds: u64, give_up_seconds: u64, keep_days: u32 }
    /// The daily digest by mail.
    Mail { server: String, tls: Tls, user: String, password: String, from: String, to: String, providers: String, hour: u32, first_wait_seconds: u64 }
    /// The back-fill export.
    Backfill { mapping: String }
    /// What is logged.
    Telemetry { log: String, log_format: String }
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte on.
    Tls,
    /// After STARTTLS, which the server must offer.
    Starttls,
    /// Not at all: for a mail server on the same machine.
    None,
}

/// What the command line says over the files; see `keshi serve --help`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// A configuration file (TOML); see `keshi config` for all settings
    #[arg(long, env = "KESHI_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Folder for everything that is not elsewhere [default: ./data]
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [default: keshi.sqlite in the data folder]
    #[arg(long, value_name = "URL", global = true)]
    pub database: Option<String>,
    /// A folder or s3://BUCKET/PREFIX?… [default: objects in the data folder]
    #[arg(long, value_name = "URL", global = true)]
    pub objects: Option<String>,
}

impl Config {
    /// The effective configuration.
    ///
    /// Errors: `bad_config` naming the setting that cannot be used.
    pub fn load(overrides: &Overrides) -> Result<Config> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = &overrides.config {
            builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
        }
        builder = builder.add_source(Environment::with_prefix("KESHI").prefix_separator("__").separator("__").try_parsing(true));
        let named = [
            ("data.folder", overrides.data.as_ref().map(|path| path.display().to_string())),
            ("data.database", overrides.database.clone()),
            ("data.objects", overrides.objects.clone()),
        ];
        for (key, value) in named {
            builder = builder.set_override_option(key, value).map_err(bad)?;
        }
        builder.build().map_err(bad)?.try_deserialize().map_err(bad)
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        match self.data.database.as_str() {
            "" => format!("sqlite:{}", self.data.folder.join("keshi.sqlite").display()),
            url => url.to_owned(),
        }
    }

    /// The object storage's URL.
    pub fn objects_url(&self) -> String {
        match self.data.objects.as_str() {
            "" => self.data.folder.join("objects").display().to_string(),
            url => url.to_owned(),
        }
    }

    /// The folder with the keys.
    pub fn keys_folder(&self) -> PathBuf {
        match self.data.keys.as_str() {
            "" => self.data.folder.join("keys"),
            folder => PathBuf::from(folder),
        }
    }

    /// The address under which people reach the server, without a slash at the end.
    pub fn public_url(&self) -> String {
        match self.server.public_url.trim_end_matches('/') {
            "" => format!("http://{}", self.server.listen),
            url => url.to_owned(),
        }
    }

    /// The effective configuration as TOML, passwords left out.
    pub fn shown(&self) -> Result<String> {
        toml::to_string_pretty(&self.without_secrets()).map_err(Error::internal)
    }

    /// A copy without the passwords of the database's URL and of the mail server.
    pub fn without_secrets(&self) -> Config {
        let mut copy = self.clone();
        copy.data.database = without_password(&copy.data.database);
        if !copy.mail.password.is_empty() {
            "…".clone_into(&mut copy.mail.password);
        }
        copy
    }
}

impl Backfill {
    /// The file with the columns, when one is named.
    pub fn path(&self) -> Option<&Path> {
        (!self.mapping.is_empty()).then(|| Path::new(&self.mapping))
    }
}

impl Folder {
    /// The folder, when one is named.
    pub fn path(&self) -> Option<&Path> {
        (!self.folder.is_empty()).then(|| Path::new(&self.folder))
    }
}

/// docs/CONFIG.md.
pub fn config_manual() -> String {
    format!(
        "<!-- Made from src/config/defaults.toml by `make docs`; edit that file. -->\n# Configuration\n\nEvery setting with its default. `keshi config` prints the effective ones.\n\n```toml\n{DEFAULTS}```\n"
    )
}

fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}://{user}:…{}", &url[..scheme], &url[at..])
        }
        _ => url.to_owned(),
    }
}

fn bad(cause: config::ConfigError) -> Error {
    Error::new(&codes::CONFIG, format!("The configuration cannot be used: {cause}. `keshi config --defaults` prints all settings."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_point_into_the_data_folder() {
        let config = Config::load(&Overrides { data: Some("/srv/keshi".into()), ..Overrides::default() }).expect("loads");
        assert_eq!(config.database_url(), "sqlite:/srv/keshi/keshi.sqlite");
        assert_eq!(config.objects_url(), "/srv/keshi/objects");
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keshi.toml");
        std::fs::write(&path, "[server]\nlisen = \"0.0.0.0:80\"\n").expect("writes");
        let error = Config::load(&Overrides { config: Some(path), ..Overrides::default() }).expect_err("refused");
        assert!(error.message.contains("lisen"), "{}", error.message);
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://keshi:se:cr@et@db/keshi"), "postgres://keshi:…@db/keshi");
    }
}

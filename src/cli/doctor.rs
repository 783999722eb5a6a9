//! `keshi doctor`: checks a deployment.

use crate::analyse::media;
use crate::app::App;
use crate::error::Result;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use storage::Worm;

/// Checks a deployment: database, storage and its write-once lock, keys, media sandbox, text recognition
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  keshi doctor --objects 's3://evidence?region=cn-1&lock=1'")]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks; exit 0 only if everything that must hold does.
pub(super) async fn run(args: Args, app: App) -> Result<ExitCode> {
    let mut lines: Vec<(&str, bool, String)> = Vec::new();
    let (known, applied) = app.db.versions().await?;
    lines.push(("database", applied == Some(known), format!("{:?}, schema step {known}", app.db.engine())));
    let storage = app.objects.ready().await;
    lines.push(("storage", storage.is_ok(), storage.map_or_else(|error| error.to_string(), |()| "answers".to_owned())));
    let worm = app.objects.probe_worm().await;
    let said = match &worm {
        Ok(Worm::Verified) => "WORM: verified (the canary could be neither changed nor removed)".to_owned(),
        Ok(Worm::Claimed) => "WORM: claimed (the bucket says so, the canary did not prove it)".to_owned(),
        Ok(Worm::Absent) => "WORM: absent (objects can be removed; every read and fsck notices)".to_owned(),
        Err(error) => format!("WORM: not probed: {error}"),
    };
    // A lock that nothing is put under is no lock.
    let idle = matches!(worm, Ok(Worm::Verified | Worm::Claimed)) && app.config.data.retain_days == 0;
    let said = if idle { format!("{said}; but nothing is locked: set data.retain_days") } else { said };
    lines.push(("write-once", worm.is_ok() && !idle, said));
    lines.push(("log", true, format!("{}, {} leaves published", app.config.log.origin, app.log.published().size)));
    let attempts = media::check_sandbox(Path::new("/proc/self/exe")).await;
    let held = attempts.as_ref().is_ok_and(|attempts| attempts.iter().all(|attempt| attempt.refused.is_some()));
    let said = match &attempts {
        Ok(attempts) => format!("{} of {} misdeeds refused", attempts.iter().filter(|one| one.refused.is_some()).count(), attempts.len()),
        Err(error) => error.message.clone(),
    };
    lines.push(("media sandbox", held, said));
    let said = if app.config.media.text {
        media::text_engine().unwrap_or_else(|because| format!("not read: {because}"))
    } else {
        "not read: media.text is off".to_owned()
    };
    // Nothing else depends on it.
    lines.push(("text on screen", true, said));
    if args.json {
        let items: Vec<_> = lines.iter().map(|(name, holds, said)| json!({"check": name, "holds": holds, "says": said})).collect();
        println!("{}", serde_json::to_string_pretty(&items)?);
    } else {
        for (name, holds, said) in &lines {
            println!("{} {name}: {said}", if *holds { "ok  " } else { "FAIL" });
        }
    }
    Ok(if lines.iter().all(|(_, holds, _)| *holds) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

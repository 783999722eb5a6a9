//! `keshi key rotate-data | reseal | status | retire`: the keys of personal data.

use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::jobs::Change;
use crate::register::reseal;
use crate::register::secrets::ring;
use crate::time::{MINUTE, Time};
use std::io::IsTerminal;

/// How long after a key was added an older one stays, so that every server seals with the newer: they read the folder every minute.
const SETTLE: i64 = 10 * MINUTE;

/// Adds a key and asks for the pass that seals everything with it.
pub(super) async fn rotate(app: &App) -> Result<()> {
    let number = ring::add(&app.config.keys_folder())?;
    let mut tx = app.db.begin().await?;
    app.jobs.after(&mut tx, Change::KeyAdded, &number.to_string(), app.clock.now()).await?;
    tx.commit().await?;
    println!("{}", ring::name(number));
    eprintln!(
        "Copy it, and {}, to every server that has a folder of its own, and to where the copies lie. Servers seal with it within a minute; a worker seals the rest.",
        ring::INDEX
    );
    Ok(())
}

/// Makes the pass now, and says how far it is.
pub(super) async fn reseal(app: &App) -> Result<()> {
    let seen = std::io::stderr().is_terminal();
    let done = reseal::run(&app.db, &app.secrets, |column, done| {
        if seen {
            eprint!("\r{}.{}: {} sealed with the newest key", column.table, column.name, done.resealed);
        }
    })
    .await?;
    if seen {
        eprintln!();
    }
    println!(
        "{} sealed with {}, {} changed meanwhile, {} that no key opens",
        done.resealed,
        ring::name(app.secrets.newest()),
        done.passed,
        done.unreadable
    );
    Ok(())
}

/// What each key still seals.
pub(super) async fn status(app: &App, json: bool) -> Result<()> {
    let counts = reseal::counts(&app.db).await?;
    let (known, newest) = (app.secrets.numbers(), app.secrets.newest());
    let mut all: Vec<u8> = counts.keys().copied().chain(known.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    for number in all {
        let values = counts.get(&number).copied().unwrap_or(0);
        let state = if !known.contains(&number) {
            "missing"
        } else if number == newest {
            "seals"
        } else if values > 0 {
            "opens"
        } else {
            "unused"
        };
        if json {
            println!("{}", serde_json::json!({"key": number, "file": ring::name(number), "state": state, "values": values}));
        } else {
            println!("{number}  {}  {state}  {values} values", ring::name(number));
        }
    }
    Ok(())
}

/// Takes a key off the ring when nothing needs it.
///
/// Errors: `not_found`, `key_in_use`.
pub(super) async fn retire(app: &App, number: u8) -> Result<()> {
    let (folder, newest) = (app.config.keys_folder(), app.secrets.newest());
    let in_use = |why: String| Err(Error::new(&codes::KEY_IN_USE, why));
    if !app.secrets.numbers().contains(&number) {
        return Err(Error::new(&codes::NOT_FOUND, format!("There is no data key {number}; keshi key status lists them.")));
    }
    if number == newest {
        return in_use(format!("Data key {number} is the one that seals; add another first with keshi key rotate-data."));
    }
    let written = ring::written(&folder, newest)?.duration_since(std::time::UNIX_EPOCH).map_err(Error::internal)?;
    let settled = Time(i64::try_from(written.as_micros()).unwrap_or(i64::MAX)).plus(SETTLE);
    if settled > app.clock.now() {
        return in_use(format!("Data key {newest} is new, and a server may still seal with {number}; try again after {settled}."));
    }
    let values = reseal::counts(&app.db).await?.get(&number).copied().unwrap_or(0);
    if values > 0 {
        return in_use(format!("{values} values are still sealed with data key {number}; seal them anew with keshi key reseal."));
    }
    let kept = ring::retire(&folder, number)?;
    println!("{}", kept.display());
    eprintln!("Nothing here needs it any more. Copies of the database from before do: destroy it when they are gone.");
    Ok(())
}

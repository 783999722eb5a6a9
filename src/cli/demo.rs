//! `keshi demo`: a server on this machine with a training month played into it through the HTTP API.

mod logins;
mod server;
mod tell;

pub(super) use tell::yuan;

use super::simulate::{send_and_check, write};
use crate::error::{Error, Result, codes};
use crate::simulate::{self, Answers, Client, Plan, Scale};
use logins::Logins;
use serde_json::Value;
use server::Keshi;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;

/// Serves a demonstration: a training month at four providers on six platforms, with some frauds in it
///
/// The month is written as the platforms' own export files with recordings and pictures, and sent over the HTTP API with real tokens.
/// Then the page's address, a login for each role, the credited hours, the findings and a way to verify one hour offline are printed,
/// and the server stays until Ctrl-C. May be run again at any time on the same data: what is there already is not sent twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keshi demo                                  on http://127.0.0.1:8080 with ./data
  keshi demo --scale class --data /tmp/demo   a smaller one
  KESHI_DEMO_EXIT=1 keshi demo                stops after printing")]
pub(super) struct Args {
    /// Address to serve on
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// What everything by chance follows from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How much is simulated
    #[arg(long, value_enum, default_value_t = Scale::Month)]
    pub scale: Scale,
    /// Stop after printing
    #[arg(long, env = "KESHI_DEMO_EXIT", value_parser = clap::builder::FalseyValueParser::new())]
    pub exit: bool,
}

/// Runs it.
///
/// # Errors
/// When the files cannot be made, the server cannot start, or something is refused.
pub(super) async fn run(args: Args, data: &Path) -> Result<()> {
    let folder = data.join("demo");
    std::fs::create_dir_all(&folder)?;
    let plan = simulate::plan(args.seed, args.scale);
    let month = folder.join(format!("{}-{}", scale_name(args.scale), args.seed));
    write(&plan, &month).await?;

    let keshi = Keshi::new(data)?;
    let log = folder.join("server.log");
    let mut told = pin!(super::until_told());
    let early = || Error::new(&codes::NOT_READY, "Stopped before the month was played in; run it again to go on.");
    let mut server = tokio::select! {
        // In this order: the signal is listened for before there is a server that could be left behind.
        biased;
        () = &mut told => return Err(early()),
        server = keshi.serve(&args.listen, &log) => server?,
    };
    let played = tokio::select! {
        played = play(&args.listen, &plan, &month, data, &keshi) => played,
        () = &mut told => Err(early()),
        status = server.ended() => return Err(died(status?, &folder)),
    };
    if played.is_err() || args.exit {
        server.stop().await?;
        return played;
    }
    println!("\nThe server runs until Ctrl-C.");
    tokio::select! {
        () = &mut told => {}
        status = server.ended() => return Err(died(status?, &folder)),
    }
    println!("Stopping.");
    server.stop().await
}

/// Sends the month, waits for the work that follows, and prints what came of it.
async fn play(listen: &str, plan: &Plan, month: &Path, data: &Path, keshi: &Keshi) -> Result<()> {
    let page = format!("http://{listen}");
    let file = data.join("demo-logins.json");
    let mut logins = Logins::read(&file);
    logins.complete(plan, &page, keshi, &file).await?;
    let client = Client::new(&page, logins.access.clone())?;
    let agreement = send_and_check(plan, month, &client).await?;
    let answers = Answers::fetch(plan, &client).await?;
    let money = simulate::send_money(plan, &client).await?;
    let hour = take_away(&client, plan, &answers, &data.join("demo"), keshi).await?;
    tell::logins(&page, &logins.people);
    tell::hours(plan, &answers, &agreement);
    tell::findings(&answers);
    tell::money(&money);
    tell::verification(&hour.bundle, &hour.trust, &hour.verdict);
    Ok(())
}

struct Hour {
    bundle: PathBuf,
    trust: PathBuf,
    verdict: String,
}

/// Takes one fully credited and filmed hour away as a bundle and verifies it with `keshi verify`, which reads nothing else.
async fn take_away(client: &Client, plan: &Plan, answers: &Answers, folder: &Path, keshi: &Keshi) -> Result<Hour> {
    let filmed = |class: &str, item: &Value| {
        let lesson = plan
            .classes
            .iter()
            .find(|known| known.external_id == class)
            .and_then(|class| class.lesson(item["lesson_external_id"].as_str()?));
        lesson.is_some_and(|lesson| lesson.items.iter().any(|item| item.kind == "video"))
    };
    let items = answers.credits.iter().flat_map(|(class, items)| items.iter().map(move |item| (class, item)));
    let credited = items.filter(|(_, item)| item["credited_ms"].as_i64() > Some(0)).map(|(class, item)| (filmed(class, item), item));
    let best = credited.max_by_key(|(filmed, item)| (*filmed, item["corroborated_ms"].as_i64())).map(|(_, item)| item);
    let best = best.ok_or_else(|| Error::new(&codes::NOT_READY, "No hour was credited; see the server's log."))?;
    let (bundle, trust) = (folder.join("one-hour.zip"), folder.join("trust.json"));
    let wanted = serde_json::json!({ "lesson": best["lesson"], "trainee": best["trainee"] });
    std::fs::write(&bundle, client.post_for_bytes("/v1/bundles", &wanted).await?)?;
    std::fs::write(&trust, client.get_bytes("/log/trust.json").await?)?;
    let done =
        keshi.bare(&["verify"]).arg(&bundle).arg("--trust").arg(&trust).stdout(Stdio::piped()).stderr(Stdio::piped()).output().await?;
    let said = String::from_utf8_lossy(if done.status.success() { &done.stdout } else { &done.stderr }).into_owned();
    let verdict = said.lines().last().unwrap_or("nothing").to_owned();
    if !done.status.success() {
        return Err(Error::new(&codes::UNTRUSTED, format!("The bundle of a credited hour does not verify: {verdict}")));
    }
    Ok(Hour { bundle, trust, verdict })
}

fn died(status: std::process::ExitStatus, folder: &Path) -> Error {
    Error::new(&codes::NOT_READY, format!("The server ended by itself ({status}); see {}.", folder.join("server.log").display()))
}

fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Class => "class",
        Scale::Month => "month",
    }
}

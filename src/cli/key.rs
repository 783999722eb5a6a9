//! `keshi key`: keys that platforms sign with, and those of personal data.

use super::data_key;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::pipeline::keys;
use crate::register::platform_key::{self, New, Required};
use crate::time::Time;
use std::path::PathBuf;

/// Who registers and revokes from a terminal, in the trail and in the log.
const ACTOR: &str = "keshi";

/// Registers, lists and revokes the keys that platforms sign with; changes the keys of personal data
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Register(Register),
    /// Lists keys: registration, platform, name, what is required, and from when on it is revoked
    List {
        /// Of this platform alone
        #[arg(long)]
        platform: Option<String>,
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Revokes a key; what was signed before stands
    Revoke {
        /// The key's name
        key: String,
        /// From this time on, RFC 3339; now where it is left out
        #[arg(long)]
        from: Option<String>,
    },
    /// Adds a key to personal data; a worker then seals everything with it, while servers go on working
    RotateData,
    /// Seals everything with the newest key to personal data now, as the worker would
    Reseal,
    /// Keys to personal data: number, file, what it is for, and how many values it has sealed
    Status {
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Takes a key to personal data away that seals nothing any more; refuses otherwise
    Retire {
        /// Its number, as status says
        number: u8,
    },
}

/// Registers a key and prints its registration and its name
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  openssl genpkey -algorithm ed25519 -out px-class.pem
  openssl pkey -in px-class.pem -pubout -out px-class.pub
  keshi key register px-class.pub --platform px-class --name px-class-2026
  keshi key revoke px-class-2026 --from 2026-11-01T00:00:00+08:00")]
struct Register {
    /// The public key: a PEM file, as openssl pkey -pubout writes it
    file: PathBuf,
    /// The platform that signs with it
    #[arg(long)]
    platform: String,
    /// What signatures will call it; its thumbprint (RFC 7638) where it is left out
    #[arg(long)]
    name: Option<String>,
    /// What the platform may not hand over unsigned while the key is live
    #[arg(long, value_enum, default_value_t)]
    required: Required,
}

pub(super) async fn run(args: Args, app: App) -> Result<()> {
    match args.what {
        What::Register(of) => {
            let unreadable = |cause| Error::new(&codes::INVALID, format!("'{}' cannot be read: {cause}.", of.file.display()));
            let public_key = std::fs::read_to_string(&of.file).map_err(unreadable)?;
            let new = New { public_key, name: of.name, required: of.required };
            let key = keys::register(&app, ACTOR, &of.platform, &new).await?;
            println!("{}  {}", key.id, key.name);
        }
        What::RotateData => data_key::rotate(&app).await?,
        What::Reseal => data_key::reseal(&app).await?,
        What::Status { json } => data_key::status(&app, json).await?,
        What::Retire { number } => data_key::retire(&app, number).await?,
        What::List { platform, json } => {
            for key in platform_key::list(&app.db, platform.as_deref()).await? {
                let revoked = platform_key::revoked_from(&app.db, key.id).await?;
                if json {
                    let mut line = key.fields();
                    line.insert("revoked_from".to_owned(), serde_json::to_value(revoked)?);
                    println!("{}", serde_json::Value::Object(line));
                } else {
                    let until = revoked.map(|from| format!("revoked from {from}")).unwrap_or_else(|| "live".to_owned());
                    println!("{}  {}  {}  requires {}  {until}", key.id, key.platform, key.name, key.required.as_str());
                }
            }
        }
        What::Revoke { key, from } => {
            let from: Option<Time> = from.map(|text| text.parse().map_err(|_| Error::of(&codes::INVALID_TIME))).transpose()?;
            let key = platform_key::by_name(&app.db, &key).await?;
            let key = key.ok_or_else(|| Error::new(&codes::NOT_FOUND, "No key has this name; keshi key list has them all."))?;
            let of = keys::revoke(&app, ACTOR, &key, from).await?;
            println!("{}  {}  revoked from {}", key.id, key.name, of.from);
        }
    }
    Ok(())
}

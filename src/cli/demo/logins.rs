//! The demo's tokens and logins: made once for a data folder, then kept in a file that only its owner may read.

use super::server::Keshi;
use crate::error::Result;
use crate::ids::chance;
use crate::simulate::{self, Access, Client, Plan};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A person who can log in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Login {
    /// The role.
    pub(super) role: String,
    /// The name to log in with.
    pub(super) name: String,
    /// The password.
    pub(super) password: String,
}

/// Everything that opens the demo's server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Logins {
    /// Tokens for the API.
    pub(super) access: Access,
    /// People.
    pub(super) people: Vec<Login>,
}

impl Logins {
    /// Reads what an earlier run left.
    pub(super) fn read(file: &Path) -> Logins {
        fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Makes whatever is missing: tokens for the offices, the providers and the platforms of the plan, a login for each role.
    pub(super) async fn complete(&mut self, plan: &Plan, server: &str, keshi: &Keshi, file: &Path) -> Result<()> {
        for (role, token) in
            [("admin", &mut self.access.admin), ("reviewer", &mut self.access.reviewer), ("inspector", &mut self.access.inspector)]
        {
            if token.is_empty() {
                *token = keshi.output(&["token", "create", "--role", role, "--name", &format!("demo {role}")], "").await?;
            }
        }
        self.write(file)?;
        let ids = simulate::providers(plan, &Client::new(server, self.access.clone())?).await?;
        for (external_id, id) in &ids {
            if !self.access.providers.contains_key(external_id) {
                let token = keshi.output(&["token", "create", "--role", "provider", "--provider", id, "--name", external_id], "").await?;
                self.access.providers.insert(external_id.clone(), token);
            }
        }
        for class in &plan.classes {
            if !self.access.platforms.contains_key(class.platform) {
                let args = ["token", "create", "--role", "platform", "--platform", class.platform, "--name", class.platform];
                self.access.platforms.insert(class.platform.to_owned(), keshi.output(&args, "").await?);
            }
        }
        self.write(file)?;
        let first_provider = ids.values().next().cloned().unwrap_or_default();
        let first_platform = plan.classes[0].platform;
        for role in ["admin", "reviewer", "inspector", "investigator", "provider", "platform"] {
            if self.people.iter().any(|login| login.role == role) {
                continue;
            }
            let name = format!("demo-{role}");
            let mut args = vec!["user", "create", &name, "--role", role];
            match role {
                "provider" => args.extend(["--provider", &first_provider]),
                "platform" => args.extend(["--platform", first_platform]),
                _ => {}
            }
            let password = password();
            keshi.output(&args, &password).await?;
            self.people.push(Login { role: role.to_owned(), name, password });
            self.write(file)?;
        }
        Ok(())
    }

    fn write(&self, file: &Path) -> Result<()> {
        let part = file.with_extension("part");
        let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        out.write_all(&serde_json::to_vec_pretty(self)?)?;
        out.sync_all()?;
        fs::rename(part, file)?;
        Ok(())
    }
}

/// Twenty letters and digits by the machine's own chance: these open a real server, if only a demo's.
fn password() -> String {
    const SIGNS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    // 32 signs: five bits of each byte, so none is likelier than another.
    chance::<20>().iter().map(|byte| SIGNS[usize::from(byte % 32)] as char).collect()
}

//! Keys that platforms sign with: registered, never changed, and revoked from a time on. What was registered and revoked is sealed, so that
//! nobody can put another key in its place later.

use super::{platform, sql, trail};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, LeafId, PlatformKeyId, RevocationId};
use crate::time::Time;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

/// Longest name of a key.
const LONGEST_NAME: usize = 100;

/// What a platform hands over that is refused unsigned while the key is live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Required {
    /// Nothing.
    #[default]
    No,
    /// Files. Live events, which cannot be signed, are taken on the token alone.
    Files,
    /// Files, and live events altogether.
    All,
}

impl Required {
    /// As in JSON, columns and leaves.
    pub fn as_str(self) -> &'static str {
        match self {
            Required::No => "no",
            Required::Files => "files",
            Required::All => "all",
        }
    }

    fn of(text: &str) -> Result<Required> {
        [Required::No, Required::Files, Required::All]
            .into_iter()
            .find(|required| required.as_str() == text)
            .ok_or_else(|| Error::internal(format!("a key requires '{text}'")))
    }
}

/// A key as sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// PEM, or its 32 bytes in base64.
    pub public_key: String,
    /// What signatures will call it; its thumbprint where it has no name.
    #[serde(default)]
    pub name: Option<String>,
    /// What is refused unsigned while it is live.
    #[serde(default)]
    pub required: Required,
}

/// A key as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformKey {
    /// Its registration.
    pub id: PlatformKeyId,
    /// Whose it is.
    pub platform: String,
    /// What signatures call it.
    pub name: String,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// What is refused unsigned while it is live.
    pub required: Required,
    /// Who registered it.
    pub actor: String,
    /// When.
    pub at: Time,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
}

/// That a key counts no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Its id.
    pub id: RevocationId,
    /// The key.
    pub key: PlatformKeyId,
    /// From when on.
    pub from: Time,
    /// Who said so.
    pub actor: String,
    /// When it was said.
    pub at: Time,
    /// The leaf that seals it, once it is kept.
    pub leaf: Option<LeafId>,
}

impl New {
    /// The key as it will be kept.
    ///
    /// Errors: `unknown_platform`; `invalid` for what is no Ed25519 key or no name.
    pub async fn checked(&self, db: &Db, platform: &str, id: PlatformKeyId, actor: &str, at: Time) -> Result<PlatformKey> {
        let public_key = public_key(&self.public_key)?;
        let name = self.name.clone().unwrap_or_else(|| thumbprint(&public_key));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
            let sentence = format!(
                "A key's name is 1 to {LONGEST_NAME} letters, digits, points, colons, hyphens and underscores; leave it out for the key's thumbprint."
            );
            return Err(Error::new(&codes::INVALID, sentence));
        }
        let platform = platform::get(db, platform).await?.id;
        Ok(PlatformKey { id, platform, name, public_key, required: self.required, actor: actor.to_owned(), at, leaf: None })
    }
}

impl PlatformKey {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        let fields = json!({
            "registration": self.id, "platform": self.platform, "key": self.name, "public_key": BASE64_STANDARD.encode(self.public_key),
            "required": self.required, "by": self.actor, "at": self.at,
        });
        fields.as_object().cloned().unwrap_or_default()
    }

    /// It as PEM, as other tools read it.
    pub fn pem(&self) -> Result<String> {
        pem(&self.public_key)
    }
}

impl Revocation {
    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        let fields = json!({ "revocation": self.id, "registration": self.key, "from": self.from, "by": self.actor, "at": self.at });
        fields.as_object().cloned().unwrap_or_default()
    }
}

/// A public key as PEM.
pub fn pem(public_key: &[u8; 32]) -> Result<String> {
    let key = VerifyingKey::from_bytes(public_key).map_err(|_| Error::new(&codes::INVALID, "This is no Ed25519 key."))?;
    key.to_public_key_pem(LineEnding::LF).map_err(|cause| Error::internal(cause.to_string()))
}

/// The thumbprint of RFC 7638 (SHA-256, base64url): a name that everybody makes of the same key.
pub fn thumbprint(public_key: &[u8; 32]) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64_URL_SAFE_NO_PAD.encode(public_key));
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

fn public_key(text: &str) -> Result<[u8; 32]> {
    let text = text.trim();
    let wrong =
        || Error::new(&codes::INVALID, "public_key is an Ed25519 key: PEM as openssl pkey -pubout writes it, or its 32 bytes in base64.");
    let key = if text.starts_with("-----BEGIN") {
        VerifyingKey::from_public_key_pem(text).map_err(|_| wrong())?
    } else {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| wrong())?.try_into().map_err(|_| wrong())?;
        VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?
    };
    // Under a key of small order anybody's signature holds.
    if key.is_weak() { Err(wrong()) } else { Ok(key.to_bytes()) }
}

/// Keeps a key, with its line in the trail.
///
/// Errors: `duplicate` where key or name were registered before.
pub async fn add(tx: &mut Tx, ids: &Ids, key: &PlatformKey, leaf: LeafId) -> Result<()> {
    let added = sqlx::query(sql::ADD_PLATFORM_KEY)
        .bind(key.id.to_string())
        .bind(&key.platform)
        .bind(&key.name)
        .bind(key.public_key.to_vec())
        .bind(key.required.as_str())
        .bind(&key.actor)
        .bind(key.at.0)
        .bind(leaf.to_string())
        .execute(tx.conn())
        .await;
    match added {
        Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => {
            let sentence = "This key or this name was registered before, and neither comes back; register another key under another name.";
            return Err(Error::new(&codes::DUPLICATE, sentence).because(cause.to_string()));
        }
        added => added?,
    };
    let detail = format!("{} {} requires {}", key.id, key.name, key.required.as_str());
    let note = trail::Note {
        actor: &key.actor,
        action: "key.registered",
        subject_kind: "platform",
        subject_id: &key.platform,
        detail: Some(&detail),
    };
    trail::note(tx, ids, key.at, note).await
}

/// Revokes a key from a time on, with its line in the trail.
///
/// Errors: `key_revoked` where it counts no more from that time on or an earlier one already.
pub async fn revoke(tx: &mut Tx, ids: &Ids, key: &PlatformKey, of: &Revocation, leaf: LeafId) -> Result<()> {
    let known = sqlx::query(sql::REVOCATIONS).bind(key.id.to_string()).fetch_all(tx.conn()).await?;
    if let Some(since) = known.last().map(|row| row.time("revoked_from")).filter(|since| *since <= of.from) {
        let sentence = format!("The key is revoked from {since} on already; a further revocation names an earlier time.");
        return Err(Error::new(&codes::KEY_REVOKED, sentence));
    }
    sqlx::query(sql::ADD_REVOCATION)
        .bind(of.id.to_string())
        .bind(of.key.to_string())
        .bind(of.from.0)
        .bind(&of.actor)
        .bind(of.at.0)
        .bind(leaf.to_string())
        .execute(tx.conn())
        .await?;
    let detail = format!("{} {} from {}", key.id, key.name, of.from);
    let note =
        trail::Note { actor: &of.actor, action: "key.revoked", subject_kind: "platform", subject_id: &key.platform, detail: Some(&detail) };
    trail::note(tx, ids, of.at, note).await
}

/// The keys of a platform, or of all, in the order of registration.
pub async fn list(db: &Db, platform: Option<&str>) -> Result<Vec<PlatformKey>> {
    sqlx::query(sql::PLATFORM_KEYS).bind(platform).fetch_all(db.read()).await?.iter().map(key).collect()
}

/// The key that signatures call so.
pub async fn by_name(db: &Db, name: &str) -> Result<Option<PlatformKey>> {
    sqlx::query(sql::PLATFORM_KEY_NAMED).bind(name).fetch_optional(db.read()).await?.as_ref().map(key).transpose()
}

/// A key by its registration.
pub async fn by_id(db: &Db, id: PlatformKeyId) -> Result<PlatformKey> {
    let row = sqlx::query(sql::PLATFORM_KEY).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(key).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// All revocations of a key, the one that counts last.
pub async fn revocations(db: &Db, id: PlatformKeyId) -> Result<Vec<Revocation>> {
    sqlx::query(sql::REVOCATIONS).bind(id.to_string()).fetch_all(db.read()).await?.iter().map(revocation).collect()
}

/// From when on a key counts no more.
pub async fn revoked_from(db: &Db, id: PlatformKeyId) -> Result<Option<Time>> {
    Ok(revocations(db, id).await?.last().map(|revocation| revocation.from))
}

/// The most that a live key of the platform requires.
pub async fn required(db: &Db, platform: &str, now: Time) -> Result<Required> {
    let rows = sqlx::query(sql::KEYS_REQUIRE).bind(platform).bind(now.0).fetch_all(db.read()).await?;
    rows.iter().map(|row| Required::of(&row.text("required"))).try_fold(Required::No, |most, one| Ok(most.max(one?)))
}

fn key(row: &AnyRow) -> Result<PlatformKey> {
    let public_key: Vec<u8> = row.get("public_key");
    Ok(PlatformKey {
        id: row.id("id")?,
        platform: row.text("platform_id"),
        name: row.text("name"),
        public_key: public_key.try_into().map_err(|_| Error::internal("a public key is 32 bytes"))?,
        required: Required::of(&row.text("required"))?,
        actor: row.text("actor"),
        at: row.time("at"),
        leaf: Some(row.id("leaf_id")?),
    })
}

fn revocation(row: &AnyRow) -> Result<Revocation> {
    Ok(Revocation {
        id: row.id("id")?,
        key: row.id("key_id")?,
        from: row.time("revoked_from"),
        actor: row.text("actor"),
        at: row.time("at"),
        leaf: Some(row.id("leaf_id")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 9421, B.1.4.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----";

    #[test]
    fn a_key_is_read_from_pem_and_from_base64_and_written_as_pem() {
        let key = public_key(PEM).expect("PEM");
        assert_eq!(public_key("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=").expect("base64"), key);
        assert_eq!(pem(&key).expect("a key").trim(), PEM);
        // As the thumbprint of this very key stands in drafts that name keys so.
        assert_eq!(thumbprint(&key), "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U");
    }

    #[test]
    fn what_is_no_key_or_one_under_which_anything_holds_is_refused() {
        let identity = BASE64_STANDARD.encode([&[1][..], &[0; 31]].concat());
        for bad in ["", "AAAA", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", identity.as_str()] {
            assert_eq!(public_key(bad).expect_err("refused").code, "invalid", "{bad}");
        }
    }
}

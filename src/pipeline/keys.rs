//! Keys of platforms: registered and revoked, in the trail, and sealed.

use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::LeafId;
use crate::receive::{Actor, Right};
use crate::register::PlatformKey;
use crate::register::platform_key::{self, New, Required, Revocation};
use crate::seal;
use crate::seal::leaf::Leaf;
use crate::time::Time;

/// Refuses whoever may not change the keys of a platform. A platform registers and revokes its own; while a key of it requires signatures,
/// that is an administrator's, since who has stolen a token could lift the requirement otherwise.
///
/// Errors: `forbidden`.
pub async fn may_change(app: &App, actor: &Actor, platform: &str) -> Result<()> {
    if actor.role.may(Right::Operate) {
        return Ok(());
    }
    actor.require(Right::Submit)?;
    if actor.platform.as_deref() != Some(platform) {
        return Err(Error::new(&codes::FORBIDDEN, "Keys are registered and revoked by their own platform, or by an administrator."));
    }
    match platform_key::required(&app.db, platform, app.clock.now()).await? {
        Required::No => Ok(()),
        _ => {
            let sentence = "A key of this platform requires signatures; while it is live, an administrator registers and revokes keys.";
            Err(Error::new(&codes::FORBIDDEN, sentence))
        }
    }
}

/// Registers a key of a platform.
///
/// Errors: `unknown_platform`, `invalid`, `duplicate`.
pub async fn register(app: &App, actor: &str, platform: &str, new: &New) -> Result<PlatformKey> {
    let now = app.clock.now();
    let mut key = new.checked(&app.db, platform, app.ids.next(), actor, now).await?;
    let leaf = Leaf::new("platform_key", key.fields())?;
    let mut tx = app.db.begin().await?;
    let leaf: LeafId = seal::stage(&mut tx, &leaf, &app.ids, now).await?;
    platform_key::add(&mut tx, &app.ids, &key, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    key.leaf = Some(leaf);
    Ok(key)
}

/// Revokes a key, from now on where no earlier moment is named.
///
/// Errors: `invalid` for a moment to come, `key_revoked` where it counts no more from then on already.
pub async fn revoke(app: &App, actor: &str, key: &PlatformKey, from: Option<Time>) -> Result<Revocation> {
    let now = app.clock.now();
    let from = from.unwrap_or(now);
    if from > now {
        return Err(Error::new(&codes::INVALID, format!("A key is revoked from now on, or from an earlier time; it is {now}.")));
    }
    let mut of = Revocation { id: app.ids.next(), key: key.id, from, actor: actor.to_owned(), at: now, leaf: None };
    let leaf = Leaf::new("platform_key_revoked", of.fields())?;
    let mut tx = app.db.begin().await?;
    let leaf: LeafId = seal::stage(&mut tx, &leaf, &app.ids, now).await?;
    platform_key::revoke(&mut tx, &app.ids, key, &of, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    of.leaf = Some(leaf);
    Ok(of)
}

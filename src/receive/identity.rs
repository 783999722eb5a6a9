//! Who asks: a program with a token, or a person with a session. Both are kept as SHA-256 of 256 random bits; passwords as Argon2id.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, ProviderId, TokenId, UserId, chance};
use crate::register::Class;
use crate::time::{DAY, Time};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use std::str::FromStr;

/// How long a session lasts.
pub const SESSION: i64 = DAY / 2;
/// Begins every token, so that a leaked one is recognised by scanners.
const TOKEN_PREFIX: &str = "keshi_";

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Role {
    /// A training platform: hands over evidence for classes on it.
    Platform,
    /// A provider: plans its classes, hands over evidence for them.
    Provider,
    /// A reviewer (人社部门): decides applications and claims.
    Reviewer,
    /// An inspector: audits any hour.
    Inspector,
    /// An investigator: works findings and queries.
    Investigator,
    /// An operator: everything.
    Admin,
}

/// What a role may do; [`Role::may`] is the whole table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Enter providers.
    EnterProviders,
    /// Open classes, change rosters and timetables.
    Plan,
    /// Decide applications and claims.
    Decide,
    /// Say who somebody is whom the logs of a class name and the roster does not know.
    Resolve,
    /// Show the session code of a lesson that goes on.
    ShowCode,
    /// Hand over evidence.
    Submit,
    /// See plans, evidence and hours within one's scope.
    See,
    /// See names of trainees.
    SeeNames,
    /// See ID numbers, phones and e-mails in the clear.
    SeePersonal,
    /// See the accounts that subsidies go to in the clear.
    SeeAccounts,
    /// See who looked at whom.
    SeeTrail,
    /// Give a person what is kept of them, and take down what is to be corrected.
    GiveAccess,
    /// See findings; cases, too, unless bound to one provider or platform.
    SeeFindings,
    /// Judge findings, and put cases together.
    Judge,
    /// Bring in lists that other offices keep.
    BringLists,
    /// Query the lake in SQL, take bundles and samples.
    Query,
    /// See the notice's reports: the weekly statistics and the back-fill export.
    Report,
    /// Be told by webhooks of what happens within one's scope.
    Subscribe,
    /// Operate: jobs.
    Operate,
}

impl Role {
    /// Whether the role may.
    pub fn may(self, right: Right) -> bool {
        use Right::*;
        match self {
            Role::Platform => matches!(right, Submit | See | Subscribe),
            Role::Provider => matches!(right, Plan | Resolve | ShowCode | Submit | See | SeeNames | GiveAccess | Subscribe),
            Role::Reviewer => {
                matches!(
                    right,
                    EnterProviders | Plan | Decide | See | SeeNames | SeeAccounts | GiveAccess | SeeFindings | BringLists | Query | Report
                )
            }
            Role::Inspector => matches!(right, See | SeeNames | SeePersonal | SeeTrail | SeeFindings | Query | Report),
            Role::Investigator => matches!(right, See | SeeNames | SeePersonal | SeeFindings | Judge | Query),
            Role::Admin => true,
        }
    }

    /// As in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Platform => "platform",
            Role::Provider => "provider",
            Role::Reviewer => "reviewer",
            Role::Inspector => "inspector",
            Role::Investigator => "investigator",
            Role::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Role> {
        <Role as clap::ValueEnum>::from_str(text, false).map_err(|_| Error::internal(format!("unknown role {text}")))
    }
}

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `token:<id>` or `login:<id>`; what the trail and the log's leaves call them.
    pub label: String,
    /// What people call them.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The only platform they speak for.
    pub platform: Option<String>,
    /// The only provider they speak for.
    pub provider: Option<ProviderId>,
}

impl Actor {
    /// Refuses unless the role may.
    pub fn require(&self, right: Right) -> Result<()> {
        if self.role.may(right) {
            return Ok(());
        }
        let needed: Vec<&str> = [Role::Platform, Role::Provider, Role::Reviewer, Role::Inspector, Role::Investigator, Role::Admin]
            .into_iter()
            .filter(|role| role.may(right))
            .map(Role::as_str)
            .collect();
        Err(Error::new(&codes::FORBIDDEN, format!("A {} may not do that; it takes one of: {}.", self.role.as_str(), needed.join(", "))))
    }

    /// Refuses a class outside the actor's platform or provider, as if it did not exist.
    pub fn require_class(&self, class: &Class) -> Result<()> {
        let foreign = self.platform.as_ref().is_some_and(|platform| *platform != class.platform)
            || self.provider.is_some_and(|provider| provider != class.provider);
        if foreign { Err(Error::of(&codes::UNKNOWN_CLASS)) } else { Ok(()) }
    }

    /// Whether the actor sees every class.
    pub fn unbounded(&self) -> bool {
        self.platform.is_none() && self.provider.is_none()
    }
}

/// Scope of a new token or login.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The only platform.
    pub platform: Option<String>,
    /// The only provider.
    pub provider: Option<ProviderId>,
}

fn check_scope(role: Role, scope: &Scope) -> Result<()> {
    match role {
        Role::Platform if scope.platform.is_none() => Err(Error::new(&codes::INVALID, "A platform's token or login needs --platform ID.")),
        Role::Provider if scope.provider.is_none() => Err(Error::new(&codes::INVALID, "A provider's token or login needs --provider ID.")),
        _ => Ok(()),
    }
}

/// Makes a token and returns it; it is shown only this once.
pub async fn create_token(db: &Db, ids: &Ids, now: Time, role: Role, scope: &Scope, name: &str) -> Result<String> {
    check_scope(role, scope)?;
    let token = format!("{TOKEN_PREFIX}{}", hex::encode(chance::<32>()));
    let id: TokenId = ids.next();
    let mut tx = db.begin().await?;
    sqlx::query(sql::ADD_TOKEN)
        .bind(id.to_string())
        .bind(hash(&token))
        .bind(role.as_str())
        .bind(scope.platform.as_deref())
        .bind(scope.provider.map(|id| id.to_string()))
        .bind(name)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends a token; what was submitted with it stays.
pub async fn revoke_token(db: &Db, now: Time, token: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    let done = sqlx::query(sql::REVOKE_TOKEN).bind(hash(token)).bind(now.0).execute(tx.conn()).await?;
    if done.rows_affected() == 0 {
        return Err(Error::new(&codes::NOT_FOUND, "No token like this is valid."));
    }
    tx.commit().await
}

/// Who has this token.
pub async fn by_token(db: &Db, token: &str) -> Result<Actor> {
    let row = sqlx::query(sql::TOKEN).bind(hash(token)).fetch_optional(db.read()).await?;
    row.as_ref().map(|row| actor(row, "token")).transpose()?.ok_or_else(|| Error::of(&codes::UNAUTHENTICATED))
}

/// Makes a login, or gives a known one a new password and role and ends its sessions.
pub async fn put_login(db: &Db, ids: &Ids, now: Time, name: &str, password: &str, role: Role, scope: &Scope) -> Result<()> {
    check_scope(role, scope)?;
    if name.trim().is_empty() || name.chars().count() > 100 {
        return Err(Error::new(&codes::INVALID, "A login's name is 1 to 100 characters."));
    }
    if password.chars().count() < 12 {
        return Err(Error::new(&codes::INVALID, "A password has at least 12 characters."));
    }
    let id: UserId = ids.next();
    let hashed = hash_password(password.to_owned()).await?;
    let mut tx = db.begin().await?;
    sqlx::query(sql::END_SESSIONS_OF).bind(name).execute(tx.conn()).await?;
    sqlx::query(sql::PUT_LOGIN)
        .bind(id.to_string())
        .bind(name)
        .bind(hashed)
        .bind(role.as_str())
        .bind(scope.platform.as_deref())
        .bind(scope.provider.map(|id| id.to_string()))
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    tx.commit().await
}

/// Checks a password and opens a session; returns the cookie's value.
///
/// Errors: `login_failed`, the same and after the same work whether the name or the password is wrong.
pub async fn log_in(db: &Db, now: Time, name: &str, password: &str) -> Result<String> {
    let row = sqlx::query(sql::LOGIN).bind(name).fetch_optional(db.read()).await?;
    let known = row.as_ref().map(|row| row.text("password_hash"));
    let password = password.to_owned();
    let right = tokio::task::spawn_blocking(move || verify(known.as_deref(), &password)).await.map_err(Error::internal)?;
    let Some(row) = row.filter(|_| right) else {
        return Err(Error::of(&codes::LOGIN));
    };
    let cookie = hex::encode(chance::<32>());
    let mut tx = db.begin().await?;
    sqlx::query(sql::END_OLD_SESSIONS).bind(now.0).execute(tx.conn()).await?;
    sqlx::query(sql::ADD_SESSION).bind(hash(&cookie)).bind(row.text("id")).bind(now.0).bind(now.plus(SESSION).0).execute(tx.conn()).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Who has this session.
pub async fn by_session(db: &Db, now: Time, cookie: &str) -> Result<Actor> {
    let row = sqlx::query(sql::SESSION).bind(hash(cookie)).bind(now.0).fetch_optional(db.read()).await?;
    row.as_ref().map(|row| actor(row, "login")).transpose()?.ok_or_else(|| Error::of(&codes::UNAUTHENTICATED))
}

/// Ends a session.
pub async fn log_out(db: &Db, cookie: &str) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::END_SESSION).bind(hash(cookie)).execute(tx.conn()).await?;
    tx.commit().await
}

/// The token that forms of a session carry, so that no other site can send them: a hash of the cookie's value.
pub fn csrf(cookie: &str) -> String {
    hex::encode(Sha256::digest(format!("keshi csrf 1:{cookie}")))
}

/// Whether a form's token is the session's, in constant time.
pub fn csrf_holds(cookie: &str, sent: &str) -> bool {
    use subtle::ConstantTimeEq;
    csrf(cookie).as_bytes().ct_eq(sent.as_bytes()).into()
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

async fn hash_password(password: String) -> Result<String> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash: PasswordHash| hash.to_string())
    });
    hashed.await.map_err(Error::internal)?.map_err(|cause| Error::internal(cause.to_string()))
}

/// An unknown name costs as much as a wrong password.
fn verify(known: Option<&str>, password: &str) -> bool {
    match known.and_then(|text| PasswordHash::new(text).ok()) {
        Some(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        None => {
            let mut unused = [0; 32];
            let _ = Argon2::default().hash_password_into(password.as_bytes(), b"keshi no such login", &mut unused);
            false
        }
    }
}

fn actor(row: &AnyRow, kind: &str) -> Result<Actor> {
    Ok(Actor {
        label: format!("{kind}:{}", row.text("id")),
        name: row.text("name"),
        role: <Role as FromStr>::from_str(&row.text("role"))?,
        platform: row.text_opt("platform_id"),
        provider: row.id_opt("provider_id")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;
    use crate::time::Clock;

    #[tokio::test]
    async fn a_token_is_known_until_revoked_and_is_not_in_the_database() {
        each_engine(async |db| {
            let ids = Ids::new(Clock::System);
            let token = create_token(&db, &ids, Time(1), Role::Admin, &Scope::default(), "op").await.expect("made");
            assert_eq!(by_token(&db, &token).await.expect("known").role, Role::Admin);
            assert_eq!(by_token(&db, &format!("{token}0")).await.expect_err("unknown").code, "unauthenticated");
            revoke_token(&db, Time(2), &token).await.expect("revoked");
            assert!(by_token(&db, &token).await.is_err(), "revoked");
            let refused = create_token(&db, &ids, Time(1), Role::Platform, &Scope::default(), "p").await;
            assert_eq!(refused.expect_err("no platform").code, "invalid");
        })
        .await;
    }

    #[tokio::test]
    async fn a_person_logs_in_with_the_right_password_until_the_session_ends() {
        each_engine(async |db| {
            let ids = Ids::new(Clock::System);
            put_login(&db, &ids, Time(1), "li", "correct horse battery", Role::Inspector, &Scope::default()).await.expect("made");
            assert_eq!(log_in(&db, Time(1), "li", "correct horse").await.expect_err("wrong").code, "login_failed");
            assert_eq!(log_in(&db, Time(1), "wang", "correct horse battery").await.expect_err("unknown").code, "login_failed");
            let cookie = log_in(&db, Time(1), "li", "correct horse battery").await.expect("right");
            assert_eq!(by_session(&db, Time(2), &cookie).await.expect("known").name, "li");
            assert!(by_session(&db, Time(1 + SESSION), &cookie).await.is_err(), "expired");
            log_out(&db, &cookie).await.expect("ends");
            assert!(by_session(&db, Time(2), &cookie).await.is_err());
        })
        .await;
    }

    #[test]
    fn a_form_token_belongs_to_one_session() {
        assert!(csrf_holds("a", &csrf("a")));
        assert!(!csrf_holds("a", &csrf("b")) && !csrf_holds("a", ""));
    }
}

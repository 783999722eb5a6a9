//! Brings the day's mails to the mail server: leased, sent, and tried again until they are taken or the day is over.

use super::address::mailbox;
use super::{Digest, Letter, Recipients};
use crate::config::{self, Tls};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::tell::sql;
use crate::time::{HOUR, SECOND, Time};
use chrono::NaiveDate;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sqlx::any::AnyRow;
use std::time::Duration;

/// How long a mail server may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long nobody else tries a mail that is under way.
const LEASE: i64 = 120 * SECOND;
/// The longest wait between two attempts.
const LONGEST: i64 = HOUR;

/// What became of the mails that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Taken by the mail server.
    pub sent: u64,
    /// Not taken; they are tried again.
    pub failed: u64,
}

/// A mail that nobody else sends for now.
struct Leased {
    day: NaiveDate,
    audience: String,
    digest: Digest,
    attempts: i64,
}

/// Sends the mails that are due. `board` is the address of the deadline board, `origin` what their ids end in.
pub async fn send(db: &Db, mail: &config::Mail, board: &str, origin: &str, now: impl Fn() -> Time) -> Result<Sent> {
    let told = Recipients::of_settings(mail)?;
    let mut done = Sent::default();
    if mail.server.is_empty() {
        return Ok(done);
    }
    let transport = transport(mail)?;
    while let Some(leased) = lease(db, now()).await? {
        let external = external_id(db, &leased.audience).await?;
        let Some(to) = told.of(&leased.audience, &external) else {
            // Whoever was to get it was taken out of the settings meanwhile.
            settle(db, &leased, "none", now(), now(), None).await?;
            continue;
        };
        let message = message(mail, to, &leased, board, origin)?;
        match transport.send(message).await {
            Ok(_) => {
                settle(db, &leased, "sent", now(), now(), None).await?;
                done.sent += 1;
            }
            Err(error) => {
                let again = now().plus(wait(mail, leased.attempts + 1));
                let problem = problem(&error);
                // The error may quote an address, so only its sort is told.
                tracing::warn!(day = %leased.day, problem, "the daily digest was not taken by the mail server; it is tried again");
                settle(db, &leased, "waiting", again, now(), Some(problem)).await?;
                done.failed += 1;
            }
        }
    }
    Ok(done)
}

/// Twice as long each time, up to an hour.
fn wait(mail: &config::Mail, attempts: i64) -> i64 {
    let first = i64::try_from(mail.first_wait_seconds.max(1)).unwrap_or(LONGEST).saturating_mul(SECOND);
    let doubled = u32::try_from(attempts.clamp(1, 30) - 1).unwrap_or(30);
    first.saturating_mul(2_i64.saturating_pow(doubled)).min(LONGEST)
}

fn problem(error: &lettre::transport::smtp::Error) -> &'static str {
    match error {
        error if error.is_timeout() => "timeout",
        error if error.is_tls() => "tls",
        error if error.is_permanent() => "refused",
        error if error.is_transient() => "busy",
        error if error.is_response() => "unclear",
        _ => "connect",
    }
}

fn message(mail: &config::Mail, to: &[Mailbox], leased: &Leased, board: &str, origin: &str) -> Result<Message> {
    let Letter { subject, body } = Letter::of(leased.day, &leased.digest, board);
    // The same digest has the same id, so that one that is sent again after a crash is known as such.
    let id = format!("<{}.{}@{}>", leased.day, leased.audience, origin.replace('/', "."));
    let builder = Message::builder().from(mailbox("mail.from", &mail.from)?).message_id(Some(id)).subject(subject);
    let builder = to.iter().cloned().fold(builder, |builder, one| builder.to(one));
    builder.header(ContentType::TEXT_PLAIN).body(body).map_err(Error::internal)
}

fn transport(mail: &config::Mail) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
    let refuse = || Error::new(&codes::CONFIG, "mail.server is a host, or a host and a port such as mail.example.org:587; correct it.");
    let (host, port) = match mail.server.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => (host, Some(port.parse::<u16>().map_err(|_| refuse())?)),
        Some(_) => return Err(refuse()),
        None => (mail.server.as_str(), None),
    };
    let builder = match mail.tls {
        Tls::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
        Tls::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
        Tls::None => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)),
    };
    let mut builder = builder.map_err(|cause| refuse().because(cause))?.timeout(Some(TIMEOUT));
    if let Some(port) = port {
        builder = builder.port(port);
    }
    if !mail.user.is_empty() {
        builder = builder.credentials(Credentials::new(mail.user.clone(), mail.password.clone()));
    }
    Ok(builder.build())
}

/// A provider by its own id, as the settings name it.
async fn external_id(db: &Db, audience: &str) -> Result<String> {
    let row = sqlx::query(sql::AUDIENCE).bind(audience).fetch_optional(db.read()).await?;
    Ok(row.map(|row| row.text("external_id")).unwrap_or_default())
}

async fn lease(db: &Db, now: Time) -> Result<Option<Leased>> {
    if sqlx::query(sql::ANY_MAIL).bind(now.0).fetch_optional(db.read()).await?.is_none() {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let row = sqlx::query(sql::LEASE_DIGEST).bind(now.0).bind(now.plus(LEASE).0).fetch_optional(tx.conn()).await?;
    tx.commit().await?;
    row.as_ref().map(leased).transpose()
}

fn leased(row: &AnyRow) -> Result<Leased> {
    Ok(Leased {
        day: row.text("day").parse().map_err(Error::internal)?,
        audience: row.text("audience"),
        digest: row.json("document")?,
        attempts: row.int("attempts"),
    })
}

async fn settle(db: &Db, of: &Leased, mail: &str, due: Time, now: Time, problem: Option<&str>) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::SETTLE_DIGEST)
        .bind(of.day.to_string())
        .bind(&of.audience)
        .bind(mail)
        .bind(due.0)
        .bind(now.0)
        .bind(problem)
        .execute(tx.conn())
        .await?;
    tx.commit().await
}

//! One attempt: a signed request, and what its answer means. The answer's body is of no interest, and neither is where it redirects to.

use super::address::{Guarded, NotAllowed, leads_out};
use super::sign::signature;
use crate::config;
use crate::error::{Error, Result};
use crate::ids::MessageId;
use crate::time::{SECOND, Time};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, header};
use std::error::Error as Cause;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// So much of an answer's body is read, so that the connection can be used again; what is longer is cut off.
const ANSWER: usize = 16 << 10;

/// Sends messages.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    http: Client,
    closed_network: bool,
}

/// What is to be sent.
pub(super) struct Letter {
    pub(super) id: MessageId,
    pub(super) url: Url,
    /// The newest secret first.
    pub(super) secrets: Vec<String>,
    pub(super) body: String,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Answered with 2xx.
    Taken(u16),
    /// Answered with 410: never again.
    Gone,
    /// To be tried again; the answer, if there was one, and why.
    NotTaken(Option<u16>, &'static str),
}

impl Sender {
    pub(super) fn new(settings: &config::Webhooks) -> Result<Sender> {
        let patience = Duration::from_secs(settings.timeout_seconds.max(1));
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .dns_resolver(Arc::new(Guarded { closed_network: settings.closed_network }))
            .https_only(!settings.closed_network)
            .timeout(patience)
            .connect_timeout(patience)
            .pool_max_idle_per_host(settings.parallel_each.max(1))
            .user_agent(concat!("keshi/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::internal)?;
        Ok(Sender { http, closed_network: settings.closed_network })
    }

    /// Errors: `internal` for a secret that is none.
    pub(super) async fn send(&self, letter: Letter, now: Time) -> Result<Outcome> {
        let Letter { id, url, secrets, body } = letter;
        // The setting may be another than when the address was given.
        if !leads_out(&url, self.closed_network) {
            return Ok(Outcome::NotTaken(None, "not_public"));
        }
        let (id, seconds) = (id.to_string(), now.0.div_euclid(SECOND));
        let request = self
            .http
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature(&secrets, &id, seconds, &body)?)
            .body(body);
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(cause) => return Ok(Outcome::NotTaken(None, why(&cause))),
        };
        let status = answer.status();
        let mut left = ANSWER;
        while let (1.., Ok(Some(piece))) = (left, answer.chunk().await) {
            left = left.saturating_sub(piece.len());
        }
        Ok(meaning(status))
    }
}

fn meaning(status: StatusCode) -> Outcome {
    match status {
        StatusCode::GONE => Outcome::Gone,
        taken if taken.is_success() => Outcome::Taken(taken.as_u16()),
        elsewhere if elsewhere.is_redirection() => Outcome::NotTaken(Some(elsewhere.as_u16()), "redirect"),
        other => Outcome::NotTaken(Some(other.as_u16()), "status"),
    }
}

/// Why nothing was answered, as a stable code.
fn why(cause: &reqwest::Error) -> &'static str {
    let mut next: Option<&dyn Cause> = Some(cause);
    while let Some(cause) = next {
        if cause.is::<NotAllowed>() {
            return "not_public";
        }
        next = cause.source();
    }
    match () {
        () if cause.is_timeout() => "timeout",
        () if cause.is_connect() => "connect",
        () => "broken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_what_the_specification_says() {
        let of = |code| meaning(StatusCode::from_u16(code).expect("a status"));
        assert_eq!([200, 202, 204, 299].map(of), [200, 202, 204, 299].map(Outcome::Taken));
        assert_eq!(of(410), Outcome::Gone);
        assert_eq!([301, 302, 307, 308].map(of), [301, 302, 307, 308].map(|code| Outcome::NotTaken(Some(code), "redirect")));
        assert_eq!([400, 404, 429, 500, 503].map(of), [400, 404, 429, 500, 503].map(|code| Outcome::NotTaken(Some(code), "status")));
    }

    #[tokio::test]
    async fn nothing_is_sent_to_a_machine_of_ones_own() {
        let settings = config::Config::load(&config::Overrides::default()).expect("loads").webhooks;
        let sender = Sender::new(&settings).expect("made");
        let letter = |url: &str| Letter {
            id: MessageId(uuid::Uuid::nil()),
            url: url.parse().expect("an address"),
            secrets: vec![crate::tell::sign::secret()],
            body: "{}".to_owned(),
        };
        for url in ["https://127.0.0.1:9/", "https://[::1]:9/", "https://localhost:9/"] {
            assert_eq!(sender.send(letter(url), Time(0)).await.expect("tried"), Outcome::NotTaken(None, "not_public"), "{url}");
        }
    }
}

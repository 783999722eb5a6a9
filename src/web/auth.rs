//! Who asks, as an extractor in the handler's signature.

use super::problem::Problem;
use crate::app::App;
use crate::error::{Error, codes};
use crate::ids::chance;
use crate::receive::{Actor, identity};
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap};
use axum::http::request::Parts;

/// The session cookie's name.
pub const COOKIE_NAME: &str = "keshi_session";

/// A program with a token, or a person with a session. A session may only change things through the pages' own forms, or with the
/// session's form token in the header `x-csrf-token`.
#[derive(Clone, Debug)]
pub struct Asker(pub Actor);

/// A person with a session, for the pages; `cookie` proves forms.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub actor: Actor,
    /// The cookie's value.
    pub cookie: String,
}

impl FromRequestParts<App> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asker, Problem> {
        if let Some(value) = parts.headers.get(AUTHORIZATION) {
            let token =
                value.to_str().ok().and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let (_, token) = token.ok_or_else(|| Error::of(&codes::UNAUTHENTICATED))?;
            return Ok(Asker(identity::by_token(&app.db, token.trim()).await?));
        }
        let Some(cookie) = cookie(&parts.headers) else {
            return Err(Error::of(&codes::UNAUTHENTICATED).into());
        };
        let actor = identity::by_session(&app.db, app.clock.now(), &cookie).await?;
        if !parts.method.is_safe() {
            let sent = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !holds(&cookie, sent) {
                return Err(
                    Error::new(&codes::FORBIDDEN, "A session changes things with its form token in x-csrf-token, or use a token.").into()
                );
            }
        }
        Ok(Asker(actor))
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Person, Problem> {
        let cookie = cookie(&parts.headers).ok_or_else(|| Error::of(&codes::UNAUTHENTICATED))?;
        let actor = identity::by_session(&app.db, app.clock.now(), &cookie).await?;
        Ok(Person { actor, cookie })
    }
}

/// The session cookie's value.
pub fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let named = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE_NAME);
    named.map(|(_, value)| value.to_owned()).filter(|value| value.len() == 64)
}

/// The `Set-Cookie` value of a new session; empty `cookie` ends it.
pub fn set_cookie(app: &App, cookie: &str) -> String {
    let secure = if app.config.public_url().starts_with("https://") { "; Secure" } else { "" };
    let age = if cookie.is_empty() { 0 } else { identity::SESSION / crate::time::SECOND };
    format!("{COOKIE_NAME}={cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}")
}

/// The token of a form: the session's own, under a pad that changes with every page, so that compressed pages do not tell it.
pub(in crate::web) fn form_token(secret: &str) -> String {
    let token = identity::csrf(secret);
    let pad = chance::<32>();
    let bytes = hex::decode(token).unwrap_or_default();
    let masked: Vec<u8> = bytes.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect();
    format!("{}{}", hex::encode(pad), hex::encode(masked))
}

/// Whether a form's token was made by [`form_token`] for this secret.
pub(in crate::web) fn holds(secret: &str, sent: &str) -> bool {
    let Ok(bytes) = hex::decode(sent) else { return false };
    let Some((pad, masked)) = bytes.split_at_checked(32).filter(|(_, masked)| masked.len() == 32) else { return false };
    let token: Vec<u8> = masked.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect();
    identity::csrf_holds(secret, &hex::encode(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_holds_for_its_session_alone_and_looks_different_on_every_page() {
        let (one, two) = (form_token("a"), form_token("a"));
        assert_ne!(one, two);
        assert!(holds("a", &one) && holds("a", &two));
        assert!(!holds("b", &one) && !holds("a", "") && !holds("a", &one[2..]));
        assert!(!holds("a", &identity::csrf("a")), "the bare token is not what pages send");
    }
}

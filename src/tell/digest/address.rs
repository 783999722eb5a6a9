//! Who is told by mail: addresses of the configuration, which are nowhere else. Pure.

use super::ALL;
use crate::config;
use crate::error::{Error, Result, codes};
use lettre::message::Mailbox;
use std::collections::BTreeMap;

/// Who is told, by audience.
#[derive(Clone, Debug, Default)]
pub struct Recipients {
    all: Vec<Mailbox>,
    providers: BTreeMap<String, Vec<Mailbox>>,
}

impl Recipients {
    /// From the settings; nobody where no mail server is named.
    ///
    /// Errors: `bad_config` names the setting, never the address.
    pub fn of_settings(mail: &config::Mail) -> Result<Recipients> {
        let mut told = Recipients::default();
        if mail.server.is_empty() {
            return Ok(told);
        }
        mailbox("mail.from", &mail.from)?;
        for address in parts(&mail.to) {
            told.all.push(mailbox("mail.to", address)?);
        }
        for pair in parts(&mail.providers) {
            let (provider, address) = pair.rsplit_once('=').ok_or_else(|| refuse("mail.providers"))?;
            told.providers.entry(provider.trim().to_owned()).or_default().push(mailbox("mail.providers", address)?);
        }
        Ok(told)
    }

    /// Who is told of an audience, a provider going by its external id; none where nobody is.
    pub fn of(&self, audience: &str, external_id: &str) -> Option<&[Mailbox]> {
        let found = if audience == ALL { Some(&self.all) } else { self.providers.get(external_id) };
        found.filter(|found| !found.is_empty()).map(Vec::as_slice)
    }
}

/// An address as it stands in a setting.
pub(super) fn mailbox(setting: &str, text: &str) -> Result<Mailbox> {
    text.trim().parse().map_err(|_| refuse(setting))
}

fn parts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn refuse(setting: &str) -> Error {
    Error::new(&codes::CONFIG, format!("{setting} holds something that is no e-mail address such as keshi@example.org; correct it."))
}

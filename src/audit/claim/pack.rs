//! The claim pack: what a provider hands in and a reviewer files, as one zip — the claim on paper (PDF), a workbook, and the evidence of the class as a
//! bundle that `keshi verify` checks. It is written to a temporary file in constant memory, whatever the evidence is.

use super::gather::{Situation, gather};
use super::sheet::Eyes;
use super::subsidy::Subsidy;
use super::{paper, sheet};
use crate::audit::bundle::{self, What};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::print::{self, Fonts};
use crate::register::Class;
use crate::register::money::claim;
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use crate::seal::Log;
use crate::time::Time;
use std::fs::File;
use std::io::{self, Seek, Write};
use storage::Objects;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What a pack is made from.
pub struct Tools<'a> {
    /// The database.
    pub db: &'a Db,
    /// The bytes of evidence.
    pub objects: &'a Objects,
    /// The log.
    pub log: &'a Log,
    /// The policies.
    pub policies: &'a Policies,
    /// The keys to personal data.
    pub secrets: &'a Secrets,
    /// The fonts of the paper.
    pub fonts: Fonts,
}

/// A pack in a temporary file that is gone when it is closed.
#[derive(Debug)]
pub struct Pack {
    /// The zip, at its beginning.
    pub file: File,
    /// What it should be called.
    pub name: String,
    /// Its bytes.
    pub size: u64,
}

/// Writes the pack of a class: of the claim that was filed, or of what would be filed now.
pub async fn pack(tools: Tools<'_>, class: &Class, eyes: Eyes, now: Time) -> Result<Pack> {
    let known = gather(tools.db, tools.policies, class, now).await?;
    let filed = claim::live(tools.db, class.id).await?;
    let events = match &filed {
        Some(filed) => claim::events(tools.db, filed.id).await?,
        None => Vec::new(),
    };
    let bundle = bundle::write(tools.db, tools.objects, tools.log, What::Class(class.id), tools.policies, now).await?;
    let (secrets, fonts) = (tools.secrets.clone(), tools.fonts);
    let packing = tokio::task::spawn_blocking(move || {
        let subsidy = Subsidy::of(&known);
        let paper = paper::document(&known, &subsidy, filed.as_ref(), &events, eyes);
        let pdf = print::to_pdf(&paper, &fonts)?;
        let sheet = sheet::workbook(&known, &subsidy, eyes, &secrets)?;
        zipped(&known, filed.as_ref().map(|filed| filed.document.as_bytes()), &pdf, &sheet, bundle)
    });
    packing.await.map_err(Error::internal)?
}

fn zipped(known: &Situation, document: Option<&[u8]>, pdf: &[u8], sheet: &[u8], mut bundle: bundle::Bundle) -> Result<Pack> {
    let folder = format!("claim-{}", known.class.id);
    let mut zip = ZipWriter::new(io::BufWriter::with_capacity(256 * 1024, tempfile::tempfile()?));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let parts = [("claim.pdf", Some(pdf)), ("claim.xlsx", Some(sheet)), ("claim.json", document)];
    for (name, bytes) in parts.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))) {
        zip.start_file(format!("{folder}/{name}"), packed).map_err(Error::internal)?;
        zip.write_all(bytes)?;
    }
    // It is a zip of its own, which verifies as it is; its bytes go through a buffer.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(bundle.size >= u64::from(u32::MAX));
    zip.start_file(format!("{folder}/evidence/{}", bundle.name), stored).map_err(Error::internal)?;
    bundle.file.rewind()?;
    io::copy(&mut bundle.file, &mut zip)?;
    let mut file = zip.finish().map_err(Error::internal)?.into_inner().map_err(io::IntoInnerError::into_error)?;
    let size = file.stream_position()?;
    file.rewind()?;
    Ok(Pack { file, name: format!("{folder}.zip"), size })
}

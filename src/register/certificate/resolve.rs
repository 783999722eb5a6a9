//! A list of certificates held against the plan and against what counts already.

use super::list::{NewCertificate, normal_number};
use super::{Batch, Said, of_class, sql};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{CertificateId, EvidenceId, Ids, PersonId, TraineeId};
use crate::register::class::CertificateKind;
use crate::register::secrets::{Indexed, Secrets};
use crate::register::{Certificate, Class, Reference, Trainee, roster};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Most faults named in an answer.
const MOST_FAULTS: usize = 1_000;

/// A certificate that is to be kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id.
    pub id: CertificateId,
    /// Who obtained it.
    pub trainee: TraineeId,
    /// What it certifies.
    pub kind: CertificateKind,
    /// The day on it.
    pub issued_on: NaiveDate,
    /// The evidence that shows it.
    pub evidence: Option<EvidenceId>,
    pub(super) number_sealed: Option<Vec<u8>>,
    pub(super) number_index: Option<Vec<u8>>,
    pub(super) commitment: Option<Vec<u8>>,
}

impl Entry {
    pub(super) fn said(&self) -> Said {
        Said {
            certificate: self.id,
            evidence: self.evidence,
            issued_on: self.issued_on,
            kind: self.kind,
            number: self.commitment.as_deref().map(hex::encode),
            trainee: self.trainee,
        }
    }
}

/// What numbers are told apart by. A 培训合格证 is numbered by whoever trained, the other certificates by authorities: so the number of the one
/// is compared within its provider, that of the others everywhere.
fn number_index(secrets: &Secrets, class: &Class, kind: CertificateKind, number: &str) -> Vec<u8> {
    let issuer = if kind == CertificateKind::Qualified { class.provider.to_string() } else { String::new() };
    secrets.index(Indexed::Certificate, &format!("{}\n{issuer}\n{number}", kind.as_str())).to_vec()
}

/// Finds the trainees of a list, holds each row against the plan, and leaves out what counts already. `evidence` are the pieces of evidence that rows
/// name, each with whether it is of this class and, where it is of one trainee, of whom.
///
/// Errors: `rows_at_fault` with the codes `unknown_trainee`, `issued_before_class`, `issued_in_future`, `same_certificate_twice`,
/// `number_of_another`, `foreign_evidence`.
pub async fn resolve(
    db: &Db,
    ids: &Ids,
    secrets: &Secrets,
    class: &Class,
    today: NaiveDate,
    list: &[(u64, NewCertificate)],
    evidence: &HashMap<String, (EvidenceId, Option<TraineeId>)>,
) -> Result<Batch> {
    let roster = roster::of_class(db, class.id).await?;
    let live = of_class(db, class).await?;
    let mut faults = Vec::new();
    let mut entries = Vec::new();
    let mut rows: HashMap<(TraineeId, CertificateKind), u64> = HashMap::new();
    let mut numbers: HashMap<Vec<u8>, PersonId> = HashMap::new();
    for (row, new) in list {
        let mut fault = |code: &str, message: String| faults.push(RowError { row: *row, code: code.to_owned(), message });
        let Some(trainee) = find(&roster, &new.trainee) else {
            fault(
                "unknown_trainee",
                "trainee is nobody on the roster of this class; send the roster first, or correct the row.".to_owned(),
            );
            continue;
        };
        if new.issued_on < class.starts_on {
            let sentence = format!(
                "issued_on lies before the class began ({}), so the certificate was not obtained by it (notice, 五（三）); correct the day, or leave the row out.",
                class.starts_on
            );
            fault("issued_before_class", sentence);
        }
        if new.issued_on > today {
            fault("issued_in_future", format!("issued_on lies in the future (today is {today}); correct the day."));
        }
        if let Some(earlier) = rows.insert((trainee.id, new.kind), *row) {
            fault("same_certificate_twice", format!("Row {earlier} has the same kind of certificate for the same trainee; remove one."));
        }
        let number = new.number.as_deref().map(normal_number).filter(|number| !number.is_empty());
        let index = number.as_deref().map(|number| number_index(secrets, class, new.kind, number));
        if let Some(index) = &index {
            let here = numbers.insert(index.clone(), trainee.person).is_some_and(|other| other != trainee.person);
            if here || borne_by_another(db, index, trainee.person).await? {
                let sentence = "Another person has a certificate of this kind with this number; a number is one person's. Correct the row, or the other entry first.";
                fault("number_of_another", sentence.to_owned());
            }
        }
        let shown = match new.evidence.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => match evidence.get(text) {
                None => {
                    let sentence = "evidence is no evidence of this class; hand the certificate in for the class first, and name the id of the receipt.";
                    fault("foreign_evidence", sentence.to_owned());
                    None
                }
                Some((_, Some(of))) if *of != trainee.id => {
                    fault("foreign_evidence", "evidence was handed in for another trainee of the class; name the right one.".to_owned());
                    None
                }
                Some((id, _)) => Some(*id),
            },
        };
        if live.iter().any(|known| counts_already(known, trainee.id, new, shown, index.as_deref())) {
            continue;
        }
        let id: CertificateId = ids.next();
        entries.push(Entry {
            id,
            trainee: trainee.id,
            kind: new.kind,
            issued_on: new.issued_on,
            evidence: shown,
            number_sealed: number.as_deref().map(|number| secrets.seal(number)),
            number_index: index,
            commitment: number.as_deref().map(|number| secrets.index(Indexed::Certificate, &format!("{id}\n{number}")).to_vec()),
        });
    }
    if !faults.is_empty() {
        faults.truncate(MOST_FAULTS);
        return Err(Error::of(&codes::ROWS_AT_FAULT).with_rows(faults));
    }
    Ok(Batch { id: ids.next(), class: class.id, entries })
}

fn find<'a>(roster: &'a [Trainee], reference: &Reference) -> Option<&'a Trainee> {
    match reference {
        Reference::Id(id) => roster.iter().find(|trainee| trainee.id.0 == *id),
        Reference::External(own) => roster.iter().find(|trainee| trainee.external_id == *own),
    }
}

fn counts_already(
    known: &Certificate,
    trainee: TraineeId,
    new: &NewCertificate,
    evidence: Option<EvidenceId>,
    index: Option<&[u8]>,
) -> bool {
    known.trainee == trainee
        && known.kind == new.kind
        && known.issued_on == new.issued_on
        && known.evidence == evidence
        && known.number_index.as_deref() == index
}

async fn borne_by_another(db: &Db, index: &[u8], person: PersonId) -> Result<bool> {
    let rows = sqlx::query(sql::PERSONS_OF_NUMBER).bind(index.to_vec()).fetch_all(db.read()).await?;
    for row in &rows {
        if row.id::<PersonId>("person_id")? != person {
            return Ok(true);
        }
    }
    Ok(false)
}

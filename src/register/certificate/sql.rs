//! Statements on the table `certificate`.

macro_rules! certificate_columns {
    ($rest:literal) => {
        concat!(
            "select c.id, c.class_id, c.trainee_id, t.external_id as trainee_external_id, t.person_id, c.kind, c.issued_on, c.evidence_id, \
             c.actor, c.at, c.replaced_at, c.number_sealed, c.number_index, c.number_commitment \
             from certificate c join trainee t on t.id = c.trainee_id where ",
            $rest
        )
    };
}

/// $1 class: what counts.
pub(crate) const OF_CLASS: &str = certificate_columns!("c.class_id = $1 and c.replaced_at is null order by t.external_id, c.kind, c.id");

/// $1 class: all ever entered, the newest first.
pub(crate) const HISTORY: &str = certificate_columns!("c.class_id = $1 order by c.id desc");

/// $1 batch.
pub(crate) const OF_BATCH: &str = certificate_columns!("c.batch_id = $1 order by c.id");

/// $1 trainee, $2 kind, $3 now.
pub(crate) const REPLACE: &str = "update certificate set replaced_at = $3 where trainee_id = $1 and kind = $2 and replaced_at is null";

/// $1 id, $2 class, $3 trainee, $4 kind, $5 number, $6 its index, $7 issued on, $8 evidence, $9 actor, $10 now, $11 batch, $12 leaf, $13 commitment.
pub(crate) const ADD: &str = "insert into certificate (id, class_id, trainee_id, kind, number_sealed, number_index, issued_on, evidence_id, \
     actor, at, batch_id, leaf_id, number_commitment) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// $1 index: whose certificates that count bear this number.
pub(crate) const PERSONS_OF_NUMBER: &str = "select distinct t.person_id from certificate c join trainee t on t.id = c.trainee_id \
     where c.number_index = $1 and c.replaced_at is null order by t.person_id limit 5";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[OF_CLASS, HISTORY, OF_BATCH, REPLACE, ADD, PERSONS_OF_NUMBER];

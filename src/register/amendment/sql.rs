//! Statements on the table `amendment`.

/// $1 class: holds the class until the transaction ends, so that changes of its plan follow each other, and says what was decided.
pub(crate) const HOLD_CLASS: &str = "update class set title = title where id = $1 returning decision";

/// $1 id, $2 class, $3 kind, $4 changes, $5 reason, $6 hours before, $7 digest, $8 leaf, $9 actor, $10 now, $11 personal.
pub(crate) const ADD: &str = "insert into amendment (id, class_id, kind, changes, reason, hours_before_milli, digest, leaf_id, actor, at, \
     personal_sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select a.id, a.class_id, a.kind, a.changes, a.reason, a.hours_before_milli, a.hours_after_milli, a.digest, a.leaf_id, a.actor, \
             a.at, a.personal_sealed, x.log_index from amendment a left join leaf x on x.id = a.leaf_id where ",
            $rest
        )
    };
}

/// $1 class: the newest first.
pub(crate) const OF_CLASS: &str = columns!("a.class_id = $1 order by a.at desc, a.id desc");

/// $1 id.
pub(crate) const ONE: &str = columns!("a.id = $1");

/// $1 id, $2 hours.
pub(crate) const RECOUNTED: &str = "update amendment set hours_after_milli = $2 where id = $1 and hours_after_milli is null";

/// $1 class: what its trainees and lessons are called by their provider, those withdrawn and cancelled too.
pub(crate) const CALLED: &str =
    "select id, external_id from trainee where class_id = $1 union all select id, external_id from lesson where class_id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[HOLD_CLASS, ADD, OF_CLASS, ONE, RECOUNTED, CALLED];

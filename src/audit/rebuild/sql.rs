//! What rebuild reads, and the one thing it writes.

/// $1 the evidence before: the next ones that something is derived from.
pub(crate) const EVIDENCE_AFTER: &str =
    "select id from evidence where kind in ('attendance', 'video', 'screenshot') and id > $1 order by id limit 500";

/// In the order in which lessons keep their time.
pub(crate) const LESSONS: &str = "select id from lesson order by starts_at, id";

/// $1 evidence: its segment, and where its bytes are.
pub(crate) const SEGMENT: &str = "select s.digest, s.row_count, s.bytes, s.own_object, s.pack_id, p.digest as pack_digest \
     from segment s left join pack p on p.id = s.pack_id where s.evidence_id = $1 and s.replaced_at is null";

/// $1 evidence.
pub(crate) const FACTS: &str = "select name, version, value from fact where evidence_id = $1 order by name";

/// $1 evidence.
pub(crate) const THUMBNAIL: &str = "select digest from thumbnail where evidence_id = $1";

/// $1 evidence.
pub(crate) const STRIP: &str = "select digest from strip where evidence_id = $1";

/// $1 evidence.
pub(crate) const REEL: &str = "select digest from reel where evidence_id = $1";

/// $1 evidence.
pub(crate) const KEYFRAMES: &str = "select at_ms, until_ms, digest, one_in from keyframe where evidence_id = $1 order by at_ms";

/// $1 evidence.
pub(crate) const STATE: &str = "select reader, assumptions, failed_at from evidence where id = $1";

/// $1 evidence: those who wait, as far as it is the same each time; what is encrypted is not.
pub(crate) const UNMATCHED: &str =
    "select identity, doubt, row_count, first_row, span_ms from unmatched where evidence_id = $1 order by identity";

/// $1 run, $2 now.
pub(crate) const SET_ASIDE: &str = "update credit_run set replaced_at = $2 where id = $1 and replaced_at is null";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[EVIDENCE_AFTER, LESSONS, SEGMENT, FACTS, THUMBNAIL, STRIP, REEL, KEYFRAMES, STATE, UNMATCHED, SET_ASIDE];

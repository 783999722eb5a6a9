//! Statements on the catalogue of the lake: `segment`, `segment_lesson`.

/// $1 evidence, $2 now.
pub(crate) const REPLACE_LIVE: &str = "update segment set replaced_at = $2 where evidence_id = $1 and replaced_at is null";

/// $1 evidence, $2 digest.
pub(crate) const LIVE_SAME: &str = "select id from segment where evidence_id = $1 and digest = $2 and replaced_at is null";

/// $1 id, $2 evidence, $3 digest, $4 size, $5 rows, $6 first_at, $7 last_at, $8 class, $9 now.
pub(crate) const ADD: &str = "insert into segment (id, evidence_id, digest, size, row_count, first_at, last_at, class_id, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// $1 segment, $2 lesson.
pub(crate) const ADD_LESSON: &str = "insert into segment_lesson (segment_id, lesson_id) values ($1, $2)";

/// $1 evidence. The lessons its live segment speaks of.
pub(crate) const LIVE_LESSONS: &str = "select l.lesson_id from segment_lesson l join segment s on s.id = l.segment_id \
     where s.evidence_id = $1 and s.replaced_at is null";

/// $1 lesson.
pub(crate) const OF_LESSON: &str = "select s.digest, s.size from segment_lesson l join segment s on s.id = l.segment_id \
     where l.lesson_id = $1 and s.replaced_at is null order by s.id";

/// $1 trainee: the segments of the trainee's class, and those of several classes or none.
pub(crate) const OF_TRAINEE: &str = "select digest, size from segment \
     where replaced_at is null and (class_id is null or class_id = (select class_id from trainee where id = $1)) order by id";

/// $1 evidence.
pub(crate) const OF_EVIDENCE: &str = "select digest, size from segment where evidence_id = $1 and replaced_at is null";

/// Every live segment.
pub(crate) const LIVE: &str =
    "select digest, size, row_count, first_at, last_at, class_id, evidence_id from segment where replaced_at is null order by first_at, id";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[REPLACE_LIVE, LIVE_SAME, ADD, ADD_LESSON, LIVE_LESSONS, OF_LESSON, OF_TRAINEE, OF_EVIDENCE, LIVE];

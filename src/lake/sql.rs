//! Statements on the catalogue of the lake: `segment`, `segment_lesson`; and on those whom its logs name and the roster does not: `unmatched`.

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

/// $1 evidence.
pub(crate) const DROP_UNMATCHED: &str = "delete from unmatched where evidence_id = $1";

/// $1 evidence, $2 identity, $3 class, $4 who, $5 doubt, $6 rows, $7 first row, $8 span.
pub(crate) const ADD_UNMATCHED: &str = "insert into unmatched (evidence_id, identity, class_id, who_sealed, doubt, row_count, first_row, span_ms) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

macro_rules! unmatched {
    ($inner:literal, $rest:literal) => {
        concat!(
            "select u.identity, u.who_sealed, u.doubt, u.evidence_id, u.first_row, g.rows_total, g.span_total, g.logs from ( \
             select identity, cast(sum(row_count) as bigint) as rows_total, cast(sum(span_ms) as bigint) as span_total, count(*) as logs, \
             min(evidence_id) as first_log from unmatched where class_id = $1 ",
            $inner,
            " group by identity) g join unmatched u on u.evidence_id = g.first_log and u.identity = g.identity ",
            $rest
        )
    };
}

/// $1 class, $2 rows and $3 identity of the last one before, $4 limit.
pub(crate) const UNMATCHED: &str =
    unmatched!("", "where g.rows_total < $2 or (g.rows_total = $2 and g.identity > $3) order by g.rows_total desc, g.identity limit $4");

/// $1 class, $2 identity.
pub(crate) const UNMATCHED_ONE: &str = unmatched!("and identity = $2", "");

/// $1 class.
pub(crate) const UNMATCHED_COUNT: &str = "select count(distinct identity) as people, cast(coalesce(sum(row_count), 0) as bigint) as rows_total \
     from unmatched where class_id = $1";

/// $1 class: what its logs say of people.
pub(crate) const PEOPLE_FACTS: &str = "select f.value from fact f join evidence e on e.id = f.evidence_id \
     where e.class_id = $1 and e.kind = 'attendance' and f.name = 'log_people'";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    REPLACE_LIVE,
    LIVE_SAME,
    ADD,
    ADD_LESSON,
    LIVE_LESSONS,
    OF_LESSON,
    OF_TRAINEE,
    OF_EVIDENCE,
    LIVE,
    DROP_UNMATCHED,
    ADD_UNMATCHED,
    UNMATCHED,
    UNMATCHED_ONE,
    UNMATCHED_COUNT,
    PEOPLE_FACTS,
];

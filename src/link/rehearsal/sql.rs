//! Statements that lay out a plan and evidence for the tests of this stage.

/// $1 id.
pub(crate) const PLATFORM: &str = "insert into platform (id, name_zh, name_en, host, timezone, profile, created_at) \
     values ($1, '', '', '', 'Asia/Shanghai', '', 0) on conflict (id) do nothing";

/// $1 id.
pub(crate) const PROVIDER: &str = "insert into provider (id, external_id, name, kind, created_at) values ($1, $1, '', 'enterprise', 0)";

/// $1 id, $2 provider, $3 platform, $4 any digest.
pub(crate) const CLASS: &str = "insert into class (id, external_id, provider_id, platform_id, title, trade_code, trade_name, application, starts_on, \
     ends_on, hours_total_milli, hours_online_milli, hours_theory_milli, hours_practice_milli, epidemic, content_digest, created_at) \
     values ($1, $1, $2, $3, '', '', '', 'full', '2020-03-01', '2020-03-31', 10, 10, 10, 0, 1, $4, 0)";

/// $1 id, $2 index of the ID number.
pub(crate) const PERSON: &str = "insert into person (id, id_number_index, created_at) values ($1, $2, 0)";

/// $1 id, $2 class, $3 person.
pub(crate) const TRAINEE: &str = "insert into trainee (id, class_id, person_id, external_id, name, category, id_number_sealed, created_at) \
     values ($1, $2, $3, $1, '', 'employee', $4, 0)";

/// $1 id, $2 class, $3 mode, $4 start, $5 end.
pub(crate) const LESSON: &str = "insert into lesson (id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, teacher, created_at) \
     values ($1, $2, $1, '', 'theory', $3, $4, $5, 0, '', 0)";

/// $1 lesson, $2 start, $3 end.
pub(crate) const MOVE_LESSON: &str = "update lesson set starts_at = $2, ends_at = $3 where id = $1";

/// $1 lesson.
pub(crate) const CANCEL_LESSON: &str = "update lesson set cancelled_at = 1 where id = $1";

/// $1 id, $2 kind, $3 class, $4 lesson, $5 claimed from, $6 a digest of its own.
pub(crate) const EVIDENCE: &str = "insert into evidence (id, place_key, kind, digest, size, media_type, class_id, lesson_id, claimed_from, received_at, \
     submitter, leaf_id, analysed_at) values ($1, $6, $2, $6, 1, '', $3, $4, $5, 0, '', $1, 1)";

/// $1 evidence, $2 name, $3 value.
pub(crate) const FACT: &str = "insert into fact (evidence_id, name, version, value, at) values ($1, $2, 1, $3, 0)";

/// $1 evidence, $2 its segment, $3 a digest of its own.
pub(crate) const SEGMENT: &str = "insert into segment (id, evidence_id, digest, size, row_count, created_at) values ($2, $1, $3, 1, 1, 0)";

/// $1 segment, $2 lesson.
pub(crate) const SEGMENT_LESSON: &str = "insert into segment_lesson (segment_id, lesson_id) values ($1, $2)";

/// $1 run: credits somebody two more minutes, as a forger would.
pub(crate) const FORGE_CREDIT: &str = "update credit set credited_ms = credited_ms + 120000 where run_id = $1";

/// $1 run, $2 digest.
pub(crate) const FORGE_DIGEST: &str = "update credit_run set digest = $2 where id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[PLATFORM, PROVIDER, CLASS, PERSON, TRAINEE, LESSON, MOVE_LESSON, CANCEL_LESSON, EVIDENCE, FACT, SEGMENT, SEGMENT_LESSON];

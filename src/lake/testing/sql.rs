//! A small plan and some evidence for tests, put straight into the tables.

/// $1 id.
pub(crate) const PLATFORM: &str = "insert into platform (id, name_zh, name_en, host, timezone, profile, created_at) \
     values ($1, '平台', 'Platform', 'example.org', 'Asia/Shanghai', '{}', 0) on conflict (id) do nothing";
/// $1 id.
pub(crate) const PROVIDER: &str =
    "insert into provider (id, external_id, name, kind, created_at) values ($1, $1, 'Provider', 'institution', 0)";
/// $1 id, $2 provider, $3 platform, $4 digest.
pub(crate) const CLASS: &str = "insert into class (id, external_id, provider_id, platform_id, title, trade_code, trade_name, application, starts_on, \
     ends_on, hours_total_milli, hours_online_milli, hours_theory_milli, hours_practice_milli, standard_skill_level_fen, epidemic, content_digest, created_at) \
     values ($1, $1, $2, $3, 'Class', '4-01', 'Trade', 'full', '2020-03-01', '2020-03-31', 120000, 120000, 120000, 0, 90000, 1, $4, 0)";
/// $1 id.
pub(crate) const PERSON: &str = "insert into person (id, id_number_index, created_at) values ($1, $2, 0) on conflict (id) do nothing";
/// $1 id, $2 class, $3 person.
pub(crate) const TRAINEE: &str = "insert into trainee (id, class_id, person_id, external_id, name, category, id_number_sealed, created_at) \
     values ($1, $2, $3, $1, 'Name', 'employee', $4, 0)";
/// $1 id, $2 class, $3 starts, $4 ends.
pub(crate) const LESSON: &str = "insert into lesson (id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, teacher, created_at) \
     values ($1, $2, $1, 'Lesson', 'theory', 'live', $3, $4, 1000, 'Teacher', 0)";
/// $1 id, $2 place key, $3 kind, $4 digest, $5 media type, $6 class, $7 lesson, $8 leaf, $9 received, $10 trainee.
pub(crate) const EVIDENCE: &str = "insert into evidence (id, place_key, kind, digest, size, media_type, class_id, lesson_id, trainee_id, received_at, \
     submitter, leaf_id) values ($1, $2, $3, $4, 1, $5, $6, $7, $10, $9, 'test', $8)";
/// $1 run, $2 lesson, $3 digest.
pub(crate) const CREDIT_RUN: &str =
    "insert into credit_run (id, lesson_id, policy, digest, leaf_id, at) values ($1, $2, 'policy', $3, $1, 0)";
/// $1 run, $2 class, $3 lesson, $4 trainee, $5 hours, $6 spans.
pub(crate) const CREDIT: &str = "insert into credit (run_id, class_id, lesson_id, trainee_id, credited_ms, hours_milli, presence_ms, corroborated_ms, \
     reasons, spans) values ($1, $2, $3, $4, 2700000, $5, 2700000, 0, '{}', $6)";
/// $1 evidence, $2 name, $3 value.
pub(crate) const FACT: &str = "insert into fact (evidence_id, name, version, value, at) values ($1, $2, 1, $3, 0)";
/// $1 the later, $2 the earlier, $3 kind, $4 tier, $5 because, $6 aligned.
pub(crate) const MATCH: &str =
    "insert into media_match (evidence_id, other_id, kind, tier, score, because, aligned_ms, at) values ($1, $2, $3, $4, 0.9, $5, $6, 0)";
/// $1 the picture, $2 the recording, $3 tier, $4 at.
pub(crate) const MOMENT: &str = "insert into media_match (evidence_id, other_id, kind, tier, score, at_ms, until_ms, at) \
     values ($1, $2, 'moment', $3, 0.9, $4, $4, 0)";
/// $1 class, $2 filed, $3 approved, $4 account.
pub(crate) const APPROVED: &str =
    "update class set filed_at = $2, decision = 'approve', decided_at = $3, bank_account_sealed = $4 where id = $1";
/// $1 class, $2 its first day.
pub(crate) const FIRST_DAY: &str = "update class set starts_on = $2 where id = $1";
/// $1 id, $2 class, $3 bytes.
pub(crate) const CLAIM: &str = "insert into claim (id, class_id, document, digest, amount_fen, gaps, state, actor, filed_at, leaf_id) \
     values ($1, $2, '{}', $3, 100, '[]', 'filed', 'test', 0, $1)";
/// $1 lesson.
pub(crate) const RECORDED: &str = "update lesson set mode = 'recorded' where id = $1";
/// $1 lesson.
pub(crate) const IN_PERSON: &str = "update lesson set mode = 'in_person' where id = $1";
/// $1 lesson.
pub(crate) const CANCELLED: &str = "update lesson set cancelled_at = 1 where id = $1";
/// $1 lesson, $2 meeting number.
pub(crate) const MEETING: &str = "update lesson set meeting_ref = $2 where id = $1";
/// $1 evidence, $2 from, $3 until.
pub(crate) const CLAIMED: &str = "update evidence set claimed_from = $2, claimed_until = $3 where id = $1";
/// $1 evidence.
pub(crate) const DROP_EVIDENCE: &str = "delete from evidence where id = $1";
/// $1 id, $2 bytes: a leaf whose evidence bears the same id.
pub(crate) const LEAF: &str = "insert into leaf (id, body, hash, staged_at) values ($1, $2, $2, 0)";
/// Every leaf.
pub(crate) const LEAVES: &str = "select body from leaf";
/// $1 evidence, $2 bytes: other ones than its tiny segment has.
pub(crate) const ALTER_INLINE: &str = "update segment set bytes = $2 where evidence_id = $1";
/// How many packs count, and how many do not.
pub(crate) const PACKS: &str = "select cast(coalesce(sum(case when live_at is not null and replaced_at is null then 1 else 0 end), 0) as bigint), \
     cast(coalesce(sum(case when live_at is not null and replaced_at is null then 0 else 1 end), 0) as bigint) from pack";
/// How many segments count, how many do not, how many are inline.
pub(crate) const SEGMENTS: &str = "select cast(coalesce(sum(case when replaced_at is null then 1 else 0 end), 0) as bigint), \
     cast(coalesce(sum(case when replaced_at is null then 0 else 1 end), 0) as bigint), \
     cast(coalesce(sum(case when bytes is null then 0 else 1 end), 0) as bigint) from segment";
/// $1 class, $2 digest, $3 a time: a pack that was never finished.
pub(crate) const HALF_A_PACK: &str =
    "insert into pack (id, class_id, digest, size, row_count, created_at) values ('half', $1, $2, 1, 1, $3)";
/// Forgets every copy of a table.
/// $1 class, $2 region of its provider.
pub(crate) const REGION: &str = "update provider set region = $2 where id = (select provider_id from class where id = $1)";

pub(crate) const NO_SNAPSHOTS: &str = "delete from snapshot";

//! Statements that lay out evidence and damage for the tests of this stage.

/// $1 id, $2 kind, $3 digest, $4 size, $5 media type, $6 class, $7 lesson, $8 trainee, $9 received, $10 leaf, $11 its place.
pub(crate) const EVIDENCE: &str = "insert into evidence (id, place_key, kind, digest, size, media_type, filename, class_id, lesson_id, trainee_id, \
     received_at, submitter, leaf_id, accepted_rows, analysed_at) values ($1, $11, $2, $3, $4, $5, 'log.csv', $6, $7, $8, $9, 'test', $10, 2, 1)";

/// $1 evidence, $2 digest: the catalogue names other bytes.
pub(crate) const FORGE_EVIDENCE: &str = "update evidence set digest = $2 where id = $1";

/// $1 evidence: the bytes of its tiny segment are lost.
pub(crate) const LOSE_SEGMENT: &str = "update segment set bytes = null where evidence_id = $1";
/// $1 evidence: the bytes of its tiny segment are others.
pub(crate) const ALTER_SEGMENT: &str = "update segment set bytes = digest where evidence_id = $1";
/// $1 evidence: its segment names a pack that there is not.
pub(crate) const NO_PACK: &str = "update segment set pack_id = 'none' where evidence_id = $1";
/// $1 evidence: it was read.
pub(crate) const ANALYSED: &str = "update evidence set analysed_at = 1 where id = $1";
/// The object of the only pack.
pub(crate) const PACK: &str = "select digest from pack where live_at is not null and replaced_at is null";
/// $1 evidence: the catalogue counts a row more in its segment.
pub(crate) const FORGE_ROWS: &str = "update segment set row_count = row_count + 1 where evidence_id = $1";

/// $1 lesson: everybody is credited two more minutes.
pub(crate) const FORGE_CREDIT: &str = "update credit set credited_ms = credited_ms + 120000 where lesson_id = $1";

/// $1 evidence, $2 digest.
pub(crate) const THUMBNAIL: &str = "insert into thumbnail (evidence_id, media_type, digest) values ($1, 'image/jpeg', $2)";

/// $1 evidence.
pub(crate) const UNREAD: &str = "update segment set replaced_at = 1 where evidence_id = $1";

/// $1 resolution: it says that it is nobody.
pub(crate) const FORGE_RESOLUTION: &str = "update resolution set says = 'nobody', trainee_id = null where id = $1";

/// $1 resolution: it no longer counts.
pub(crate) const FORGE_RESOLUTION_AWAY: &str = "update resolution set replaced_at = 1 where id = $1";

/// $1 signature, $2 document.
pub(crate) const FORGE_SIGNATURE: &str = "update evidence_signature set document = $2 where id = $1";

/// $1 class: a policy governs it that is kept nowhere.
pub(crate) const FORGE_POLICY: &str = "update class set policy = 'gone@00000000' where id = $1";
/// $1 the name of a policy, $2 a digest: its text is kept, and is none.
pub(crate) const FORGE_POLICY_TEXT: &str = "insert into policy_text (name, body, digest, first_used_at) values ($1, 'id = 1', $2, 0)";

/// $1 key, $2 what it requires.
pub(crate) const FORGE_KEY: &str = "update platform_key set required = $2 where id = $1";

/// $1 certificate: another day.
pub(crate) const FORGE_CERTIFICATE: &str = "update certificate set issued_on = '2020-03-30' where id = $1";

/// $1 prepayment: a fen more.
pub(crate) const FORGE_PREPAYMENT: &str = "update prepayment set amount_fen = amount_fen + 1 where id = $1";

/// $1 prepayment: another reference.
pub(crate) const FORGE_REFERENCE: &str = "update prepayment set reference = 'other' where id = $1";

/// $1 claim: a fen more.
pub(crate) const FORGE_CLAIM: &str = "update claim set amount_fen = amount_fen + 1 where id = $1";

/// $1 claim: granted without a step.
pub(crate) const FORGE_CLAIM_STATE: &str = "update claim set state = 'approved' where id = $1";

/// $1 claim: another reason.
pub(crate) const FORGE_CLAIM_EVENT: &str = "update claim_event set reason = 'other' where claim_id = $1";

/// $1 case: another title.
pub(crate) const FORGE_CASE_TITLE: &str = "update case_file set title = 'other' where id = $1";
/// $1 case: the title it had.
pub(crate) const UNFORGE_CASE_TITLE: &str = "update case_file set title = '三家机构' where id = $1";
/// $1 case: its items put a fen more at risk.
pub(crate) const FORGE_CASE_MONEY: &str = "update case_item set money_fen = money_fen + 1 where case_id = $1";
/// $1 case: as it was.
pub(crate) const UNFORGE_CASE_MONEY: &str = "update case_item set money_fen = money_fen - 1 where case_id = $1";
/// $1 case: its notes say something else.
pub(crate) const FORGE_CASE_NOTE: &str = "update case_step set document = '{}' where case_id = $1 and step = 'noted'";

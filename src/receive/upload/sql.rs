//! Statements on resumable uploads: upload, upload_part.

/// $1 id, $2 submitter, $3 role, $4 platform, $5 provider, $6 claim, $7 digest, $8 size, $9 now, $10 expiry, $11 signature.
pub(crate) const ADD: &str = "insert into upload (id, submitter, role, platform_id, provider_id, claim, digest, size, received, created_at, touched_at, expires_at, signature) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, $10, $11)";

/// $1 submitter: how many of its uploads are not done.
pub(crate) const UNFINISHED: &str = "select count(*) as n from upload where submitter = $1 and evidence_id is null and refusal is null";

/// $1 id, $2 submitter.
pub(crate) const GET: &str = "select id, submitter, role, platform_id, provider_id, claim, digest, size, received, expires_at, evidence_id, refusal, signature \
     from upload where id = $1 and submitter = $2";

/// $1 submitter, $2 the id before, $3 how many.
pub(crate) const LIST: &str = "select id, submitter, role, platform_id, provider_id, claim, digest, size, received, expires_at, evidence_id, refusal, signature \
     from upload where submitter = $1 and id > $2 order by id limit $3";

/// $1 touched before, $2 how many: whole, and nobody said what became of them.
pub(crate) const WHOLE: &str = "select id, submitter, role, platform_id, provider_id, claim, digest, size, received, expires_at, evidence_id, refusal, signature \
     from upload where received = size and evidence_id is null and refusal is null and touched_at < $1 order by id limit $2";

/// $1 id, $2 bytes there so far, $3 bytes there now, $4 now, $5 expiry. The compare-and-swap: one row if nobody else was quicker.
pub(crate) const ADVANCE: &str = "update upload set received = $3, touched_at = $4, expires_at = $5 where id = $1 and received = $2 and evidence_id is null and refusal is null";

/// $1 upload, $2 first byte, $3 size, $4 digest.
pub(crate) const ADD_PART: &str = "insert into upload_part (upload_id, first, size, digest) values ($1, $2, $3, $4)";

/// $1 upload.
pub(crate) const PARTS: &str = "select first, size, digest from upload_part where upload_id = $1 order by first";

/// $1 id, $2 evidence, $3 refusal.
pub(crate) const SETTLE: &str =
    "update upload set evidence_id = $2, refusal = $3 where id = $1 and evidence_id is null and refusal is null";

/// $1 upload.
pub(crate) const DROP_PARTS: &str = "delete from upload_part where upload_id = $1";

/// $1 id.
pub(crate) const DROP: &str = "delete from upload where id = $1";

/// $1 now, $2 how many.
pub(crate) const EXPIRED: &str = "select id from upload where expires_at <= $1 order by expires_at limit $2";

/// $1 id.
pub(crate) const EXISTS: &str = "select id from upload where id = $1";

/// $1 upload and $2 first byte before: the next parts of all uploads.
pub(crate) const PARTS_AFTER: &str = "select upload_id, first, size, digest from upload_part \
     where upload_id > $1 or (upload_id = $1 and first > $2) order by upload_id, first limit 500";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[ADD, UNFINISHED, GET, LIST, WHOLE, ADVANCE, ADD_PART, PARTS, SETTLE, DROP_PARTS, DROP, EXPIRED, EXISTS, PARTS_AFTER];

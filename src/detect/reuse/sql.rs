//! Statements on `media_match`, and on the facts by which pictures are known.

/// $1 since: pictures that were measured then or later.
pub(crate) const MEASURED: &str = "select distinct f.evidence_id from fact f join evidence e on e.id = f.evidence_id \
     where f.name in ('views', 'digests') and f.at >= $1 and e.kind = 'screenshot'";

/// $1 evidence: what a picture is known by, and whose it is.
pub(crate) const LOOKS: &str = "select e.provider_id, e.received_at, (select value from fact where evidence_id = e.id and name = 'views') as views, \
     (select value from fact where evidence_id = e.id and name = 'digests') as digests from evidence e where e.id = $1 and e.kind = 'screenshot'";

/// $1 since: recordings whose fingerprints were made then or later.
pub(crate) const REELS: &str = "select r.evidence_id, r.digest, e.provider_id, e.received_at, \
     (select value from fact where evidence_id = e.id and name = 'digests') as digests \
     from reel r join evidence e on e.id = r.evidence_id where r.at >= $1 order by r.at, r.evidence_id";

/// $1 evidence: what it was found to have in common with earlier ones.
pub(crate) const FORGET: &str = "delete from media_match where evidence_id = $1";

/// $1 the later, $2 the earlier, $3 kind, $4 tier, $5 score, $6 distance, $7 changed, $8 patch, $9 because, $10 aligned, $11 runs, $12 at, $13 until, $14 now.
pub(crate) const PUT: &str = "insert into media_match \
     (evidence_id, other_id, kind, tier, score, distance, changed_milli, patch, because, aligned_ms, runs, at_ms, until_ms, at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// $1 evidence, $2 limit: the nearest first.
pub(crate) const OF: &str = "select case when evidence_id = $1 then other_id else evidence_id end as other, kind, tier, score, distance, changed_milli, patch, \
     because, aligned_ms, runs, at_ms, until_ms, case when evidence_id = $1 then 1 else 0 end as is_later from media_match where evidence_id = $1 or other_id = $1 order by case kind when 'coded' then 0 else 1 end, score desc, other limit $2";

/// All statements of this file.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[MEASURED, LOOKS, REELS, FORGET, PUT, OF];

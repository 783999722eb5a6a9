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

/// $1 evidence, $2 one more than everybody's have, $3 providers at most: the keyframes of a recording, and whether they accuse nobody.
pub(crate) const OWN_KEYFRAMES: &str = "select k.at_ms, k.until_ms, k.digest, k.one_in, case when \
     (select count(*) from (select x.evidence_id from keyframe x where x.digest = k.digest limit $2) few) >= $2 or \
     (select count(distinct e.provider_id) from (select x.evidence_id from keyframe x where x.digest = k.digest limit $2) few \
     join evidence e on e.id = few.evidence_id) > $3 then 1 else 0 end as is_common from keyframe k where k.evidence_id = $1 order by k.at_ms";

/// $1 evidence: the keyframes of a recording.
pub(crate) const KEYFRAMES: &str =
    "select at_ms, until_ms, digest, one_in, 0 as is_common from keyframe where evidence_id = $1 order by at_ms";

/// $1 evidence, $2 one more than everybody's have, $3 providers at most, $4 shared at least, $5 limit: recordings that share keyframes with one.
pub(crate) const SHARE_KEYFRAMES: &str = "with telling as (select k.digest from keyframe k where k.evidence_id = $1 and \
     (select count(*) from (select x.evidence_id from keyframe x where x.digest = k.digest limit $2) few) < $2 and \
     (select count(distinct e.provider_id) from (select x.evidence_id from keyframe x where x.digest = k.digest limit $2) few \
     join evidence e on e.id = few.evidence_id) <= $3) \
     select o.evidence_id, count(*) as shared from telling t join keyframe o on o.digest = t.digest where o.evidence_id <> $1 \
     group by o.evidence_id having count(*) >= $4 order by shared desc, o.evidence_id limit $5";

/// $1 evidence: how long a recording lasts.
pub(crate) const DURATION: &str = "select value from fact where evidence_id = $1 and name = 'duration_ms'";

/// $1 digest: whether a list that holds says that everybody shows it.
pub(crate) const COURSE_MATERIAL: &str = "select 1 as is_listed from reference_entry e join reference_list l on l.id = e.list_id \
     where e.value = $1 and l.kind = 'course_material' and l.live_at is not null and l.replaced_at is null limit 1";

/// $1 evidence: what it was found to have in common with earlier ones.
pub(crate) const FORGET: &str = "delete from media_match where evidence_id = $1";

/// $1 the later (of a moment: the picture), $2 the earlier (the recording), $3 kind, $4 tier, $5 score, $6 distance, $7 changed, $8 patch, $9 because, $10 aligned, $11 runs, $12 at, $13 until, $14 now.
pub(crate) const PUT: &str = "insert into media_match \
     (evidence_id, other_id, kind, tier, score, distance, changed_milli, patch, because, aligned_ms, runs, at_ms, until_ms, at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// $1 evidence, $2 limit: the nearest first.
pub(crate) const OF: &str = "select case when evidence_id = $1 then other_id else evidence_id end as other, kind, tier, score, distance, changed_milli, patch, \
     because, aligned_ms, runs, at_ms, until_ms, case when evidence_id = $1 then 1 else 0 end as is_later from media_match where evidence_id = $1 or other_id = $1 order by case kind when 'coded' then 0 else 1 end, score desc, other limit $2";

/// All statements of this file.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[MEASURED, LOOKS, REELS, OWN_KEYFRAMES, KEYFRAMES, SHARE_KEYFRAMES, DURATION, COURSE_MATERIAL, FORGET, PUT, OF];

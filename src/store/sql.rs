//! Statements on evidence, facts and thumbnails.

/// $1 id … $21 leaf_id, $22 accepted, $23 refused. Nothing when the same bytes are there for the same place.
pub(crate) const ADD: &str = "insert into evidence (id, place_key, kind, digest, size, media_type, filename, platform_id, provider_id, \
     class_id, lesson_id, trainee_id, claimed_from, claimed_until, timezone, format, received_at, submitter, leaf_id, accepted_rows, \
     refused_rows, reader, assumptions) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)";

/// $1 place key.
pub(crate) const AT_PLACE: &str = "select id, leaf_id, claimed_from, claimed_until, timezone, format from evidence where place_key = $1";

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select evidence.id, evidence.kind, evidence.digest, evidence.size, evidence.media_type, evidence.filename, \
             evidence.platform_id, evidence.provider_id, evidence.class_id, class.external_id as class_external_id, evidence.lesson_id, \
             lesson.external_id as lesson_external_id, evidence.trainee_id, trainee.external_id as trainee_external_id, \
             evidence.claimed_from, evidence.claimed_until, evidence.timezone, evidence.format, evidence.received_at, \
             evidence.submitter, evidence.leaf_id, evidence.accepted_rows, evidence.refused_rows, evidence.analysed_at, \
             evidence.failed_at, evidence.reader, evidence.assumptions, leaf.log_index from evidence \
             join leaf on leaf.id = evidence.leaf_id left join class on class.id = evidence.class_id \
             left join lesson on lesson.id = evidence.lesson_id left join trainee on trainee.id = evidence.trainee_id ",
            $rest
        )
    };
}

/// $1 id.
pub(crate) const GET: &str = columns!("where evidence.id = $1");

/// $1 kind, $2 class, $3 lesson, $4 trainee, $5 platform, $6 provider (null for any), $7 received from, $8 until, $9 before this id
/// (empty for the newest), $10 limit. Newest first.
pub(crate) const LIST: &str = columns!(
    "where (evidence.kind = $1 or $1 is null) and (evidence.class_id = $2 or $2 is null) and (evidence.lesson_id = $3 or $3 is null) \
     and (evidence.trainee_id = $4 or $4 is null) and (evidence.platform_id = $5 or $5 is null) \
     and (evidence.provider_id = $6 or $6 is null) and evidence.received_at >= $7 and evidence.received_at < $8 \
     and (evidence.id < $9 or $9 = '') order by evidence.id desc limit $10"
);

/// $1 class. Attendance logs of a class, oldest first.
pub(crate) const LOGS_OF_CLASS: &str = "select id from evidence where class_id = $1 and kind = 'attendance' order by id";

/// $1 trainee. What is about them alone, oldest first.
pub(crate) const OF_TRAINEE: &str = "select id from evidence where trainee_id = $1 order by id";

/// $1 digest, $2 not this id, $3 limit. Other evidence with the same bytes.
pub(crate) const SAME_BYTES: &str = "select id from evidence where digest = $1 and id <> $2 order by id limit $3";

/// $1 id, $2 now, $3 reader, $4 assumptions.
pub(crate) const ANALYSED: &str = "update evidence set analysed_at = $2, failed_at = null, reader = $3, assumptions = $4 where id = $1";

/// $1 id, $2 now.
pub(crate) const FAILED: &str = "update evidence set failed_at = $2, analysed_at = null where id = $1";

/// $1 evidence, $2 name, $3 version, $4 value, $5 now.
pub(crate) const PUT_FACT: &str = "insert into fact (evidence_id, name, version, value, at) values ($1, $2, $3, $4, $5) \
     on conflict (evidence_id, name) do update set version = excluded.version, value = excluded.value, at = excluded.at";

/// $1 evidence.
pub(crate) const FORGET_FACTS: &str = "delete from fact where evidence_id = $1";

/// $1 evidence, $2 digest, $3 now.
pub(crate) const PUT_REEL: &str = "insert into reel (evidence_id, digest, at) values ($1, $2, $3) \
     on conflict (evidence_id) do update set digest = excluded.digest, at = excluded.at";

/// $1 evidence.
pub(crate) const NO_REEL: &str = "delete from reel where evidence_id = $1";

/// $1 evidence.
pub(crate) const REEL: &str = "select digest from reel where evidence_id = $1";

/// $1 evidence.
pub(crate) const NO_KEYFRAMES: &str = "delete from keyframe where evidence_id = $1";

/// $1 evidence, $2 at, $3 until, $4 digest, $5 one in so many.
pub(crate) const PUT_KEYFRAME: &str = "insert into keyframe (evidence_id, at_ms, until_ms, digest, one_in) values ($1, $2, $3, $4, $5)";

/// $1 evidence, $2 digest.
pub(crate) const PUT_STRIP: &str =
    "insert into strip (evidence_id, digest) values ($1, $2) on conflict (evidence_id) do update set digest = excluded.digest";

/// $1 evidence.
pub(crate) const NO_STRIP: &str = "delete from strip where evidence_id = $1";

/// $1 evidence.
pub(crate) const STRIP: &str = "select digest from strip where evidence_id = $1";

/// $1 evidence, $2 name.
pub(crate) const FACT: &str = "select value from fact where evidence_id = $1 and name = $2";

/// $1 evidence: why it cannot be read, if that was what analysis said last.
pub(crate) const REFUSED_BECAUSE: &str = "select fact.value from fact join evidence on evidence.id = fact.evidence_id \
     where fact.evidence_id = $1 and fact.name = 'cannot_be_analysed_because' and evidence.failed_at is not null";

/// $1 evidence. All but fingerprints, which are for machines alone and long.
pub(crate) const FACTS: &str =
    "select name, value from fact where evidence_id = $1 and name <> 'views' and name <> 'compared' order by name";

/// $1 evidence, $2 media type, $3 digest.
pub(crate) const PUT_THUMBNAIL: &str = "insert into thumbnail (evidence_id, media_type, digest) values ($1, $2, $3) \
     on conflict (evidence_id) do update set media_type = excluded.media_type, digest = excluded.digest";

/// $1 evidence.
pub(crate) const THUMBNAIL: &str = "select media_type, digest from thumbnail where evidence_id = $1";

/// $1 id, $2 evidence, $3 key, $4 document, $5 digest, $6 leaf, $7 now.
pub(crate) const ADD_SIGNATURE: &str =
    "insert into evidence_signature (id, evidence_id, key_id, document, digest, leaf_id, at) values ($1, $2, $3, $4, $5, $6, $7)";

/// $1 evidence, $2 key.
pub(crate) const SIGNATURE_BY_KEY: &str = "select leaf_id from evidence_signature where evidence_id = $1 and key_id = $2";

/// $1 evidence.
pub(crate) const SIGNATURES: &str =
    "select id, evidence_id, key_id, document, digest, leaf_id, at from evidence_signature where evidence_id = $1 order by id";

/// $1 the signature before, $2 limit.
pub(crate) const SIGNATURES_AFTER: &str =
    "select id, evidence_id, key_id, document, digest, leaf_id, at from evidence_signature where id > $1 order by id limit $2";

/// $1 keys of 22 characters, one after the other, $2 how many. Those that are known.
pub(crate) const LIVE_KNOWN: &str = "with recursive wanted (n) as (select 0 union all select n + 1 from wanted where n + 1 < $2) \
     select live_event.key, live_event.evidence_id, live_event.place, live_event.says \
     from wanted cross join live_event where live_event.key = substr($1, n * 22 + 1, 22)";

/// $1 key, what it says and ten digits of its place (54 characters each), one after the other, $2 how many, $3 evidence, $4 now. Leaves out
/// those whose key is there.
pub(crate) const LIVE_NOTE: &str = "insert into live_event (key, says, place, evidence_id, at) \
     with recursive new (n) as (select 0 union all select n + 1 from new where n + 1 < $2) \
     select substr($1, n * 54 + 1, 22), substr($1, n * 54 + 23, 22), cast(substr($1, n * 54 + 45, 10) as bigint), $3, $4 \
     from new where true on conflict (key) do nothing";

/// $1 before, $2 most.
pub(crate) const LIVE_FORGET: &str = "delete from live_event where key in (select key from live_event where at < $1 order by at limit $2)";

/// $1 class, $2 evidence: of live events, to be read with others of the class.
pub(crate) const UNREAD_ADD: &str = "insert into unread (class_id, evidence_id) values ($1, $2) on conflict do nothing";

/// $1 class, $2 the evidence before, $3 limit.
pub(crate) const UNREAD: &str = "select evidence_id from unread where class_id = $1 and evidence_id > $2 order by evidence_id limit $3";

/// $1 class, $2 evidence.
pub(crate) const UNREAD_DONE: &str = "delete from unread where class_id = $1 and evidence_id = $2";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    LIVE_KNOWN,
    LIVE_NOTE,
    LIVE_FORGET,
    UNREAD_ADD,
    UNREAD,
    UNREAD_DONE,
    ADD,
    AT_PLACE,
    GET,
    LIST,
    LOGS_OF_CLASS,
    OF_TRAINEE,
    SAME_BYTES,
    ANALYSED,
    FAILED,
    PUT_FACT,
    FORGET_FACTS,
    PUT_REEL,
    NO_REEL,
    REEL,
    NO_KEYFRAMES,
    PUT_KEYFRAME,
    PUT_STRIP,
    NO_STRIP,
    STRIP,
    FACT,
    REFUSED_BECAUSE,
    FACTS,
    PUT_THUMBNAIL,
    THUMBNAIL,
    ADD_SIGNATURE,
    SIGNATURE_BY_KEY,
    SIGNATURES,
    SIGNATURES_AFTER,
];

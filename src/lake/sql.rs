//! Statements on the catalogue of the lake: `segment`, `segment_lesson`, `pack`; and on those whom its logs name and the roster does not: `unmatched`.

/// $1 evidence, $2 now.
pub(crate) const REPLACE_LIVE: &str = "update segment set replaced_at = $2 where evidence_id = $1 and replaced_at is null";

/// $1 evidence, $2 digest.
pub(crate) const LIVE_SAME: &str = "select id, pack_id from segment where evidence_id = $1 and digest = $2 and replaced_at is null";

/// $1 evidence: its segment, where that is in a pack.
pub(crate) const PACKED: &str = "select digest from segment where evidence_id = $1 and replaced_at is null and pack_id is not null";

/// $1 segment, $2 bytes, $3 whether it is an object: its bytes are there again.
pub(crate) const RESTORE: &str = "update segment set bytes = $2, own_object = $3 where id = $1 and pack_id is null";

/// $1 id, $2 evidence, $3 digest, $4 size, $5 rows, $6 first_at, $7 last_at, $8 class, $9 now, $10 bytes, $11 whether it is an object.
pub(crate) const ADD: &str = "insert into segment (id, evidence_id, digest, size, row_count, first_at, last_at, class_id, created_at, bytes, own_object) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// $1 segment, $2 lesson.
pub(crate) const ADD_LESSON: &str = "insert into segment_lesson (segment_id, lesson_id) values ($1, $2)";

/// $1 evidence. The lessons its live segment speaks of.
pub(crate) const LIVE_LESSONS: &str = "select l.lesson_id from segment_lesson l join segment s on s.id = l.segment_id \
     where s.evidence_id = $1 and s.replaced_at is null";

/// Files as `files.rs` reads them: loose segments, packs, and the evidence that no longer counts in a pack. One statement, so that all three are
/// of one moment. A segment or a pack of a class, if `$class` says so; `$bytes` brings those of tiny segments along.
macro_rules! files {
    ($bytes:literal, $segments:literal, $packs:literal) => {
        concat!(
            "select 'segment' as what, s.id, s.digest, s.size, s.row_count, s.first_at, s.last_at, s.class_id, s.evidence_id, \
             cast(case when s.bytes is null then 0 else 1 end as bigint) as inline, ",
            $bytes,
            " as bytes from segment s where s.replaced_at is null and s.pack_id is null and s.row_count > 0 ",
            $segments,
            " union all select 'pack', p.id, p.digest, p.size, p.row_count, p.first_at, p.last_at, p.class_id, null, cast(0 as bigint), null \
             from pack p where p.live_at is not null and p.replaced_at is null ",
            $packs,
            " union all select 'gone', p.id, s.digest, s.size, s.row_count, null, null, p.class_id, s.evidence_id, cast(0 as bigint), null \
             from pack p join segment s on s.pack_id = p.id where s.replaced_at is not null and p.live_at is not null and p.replaced_at is null ",
            $packs
        )
    };
}

/// Every file.
pub(crate) const LIVE: &str = files!("cast(null as bytea)", "", "");

/// $1 class.
pub(crate) const LIVE_OF_CLASS: &str = files!("cast(null as bytea)", "and s.class_id = $1", "and p.class_id = $1");

/// $1 lesson.
pub(crate) const OF_LESSON: &str = files!(
    "s.bytes",
    "and s.class_id = (select class_id from lesson where id = $1) \
     and exists (select 1 from segment_lesson l where l.segment_id = s.id and l.lesson_id = $1)",
    "and p.class_id = (select class_id from lesson where id = $1)"
);

/// $1 class.
pub(crate) const OF_CLASS: &str = files!("s.bytes", "and s.class_id = $1", "and p.class_id = $1");

/// $1 trainee.
pub(crate) const OF_TRAINEE: &str = files!(
    "s.bytes",
    "and s.class_id = (select class_id from trainee where id = $1)",
    "and p.class_id = (select class_id from trainee where id = $1)"
);

/// $1 evidence: the file that has its rows.
pub(crate) const OF_EVIDENCE: &str =
    files!("s.bytes", "and s.evidence_id = $1", "and p.id = (select pack_id from segment where evidence_id = $1 and replaced_at is null)");

/// $1 digest: the bytes of a tiny segment.
pub(crate) const INLINE: &str = "select bytes from segment where digest = $1 and bytes is not null limit 1";

/// $1 pack, $2 class, $3 now. One pack of a class is written at a time.
pub(crate) const BEGIN_PACK: &str = "insert into pack (id, class_id, created_at) values ($1, $2, $3) on conflict do nothing";

/// $1 pack, $2 digest, $3 size, $4 rows, $5 first_at, $6 last_at: what it holds, before its object is kept.
pub(crate) const NOTE_PACK: &str = "update pack set digest = $2, size = $3, row_count = $4, first_at = $5, last_at = $6 \
     where id = $1 and live_at is null";

/// $1 pack, $2 now: somebody is still writing it.
pub(crate) const PACK_ALIVE: &str = "update pack set created_at = $2 where id = $1 and live_at is null";

/// $1 class, $2 a time: its pack that nobody has been writing since.
pub(crate) const DEAD_PACK_OF_CLASS: &str = "select id, digest from pack where class_id = $1 and live_at is null and created_at < $2";

/// $1 pack, $2 now.
pub(crate) const PACK_COUNTS: &str = "update pack set live_at = $2 where id = $1 and live_at is null and digest is not null";

/// $1 pack, $2 to $51 loose segments; also those that were replaced since they were read, so that their rows in the pack are passed over.
pub(crate) const PACK_SEGMENTS: &str = "update segment set pack_id = $1 where pack_id is null and id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
     $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, \
     $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51)";

/// $1 pack, $2 now.
pub(crate) const REPLACE_PACK: &str = "update pack set replaced_at = $2 where id = $1 and live_at is not null and replaced_at is null";

/// $1 pack: it is given up, and its segments have to do without.
pub(crate) const UNPACK: &str = "update segment set pack_id = null where pack_id = $1";

/// $1 pack, $2 evidence: its replaced segments there are in no pack any more.
pub(crate) const LEAVE_PACK: &str = "update segment set pack_id = null where pack_id = $1 and evidence_id = $2 and replaced_at is not null";

/// $1 pack, $2 the pack that takes its place.
pub(crate) const MOVE_PACK: &str = "update segment set pack_id = $2 where pack_id = $1";

/// $1 pack: one that never counted.
pub(crate) const UNFINISHED_PACK: &str = "select digest from pack where id = $1 and live_at is null";

/// $1 a time: packs that another took the place of before it.
pub(crate) const OLD_PACKS: &str = "select id, digest from pack where replaced_at < $1 order by replaced_at limit 200";

/// $1 a time: packs that never counted and that nobody has been writing since.
pub(crate) const DEAD_PACKS: &str = "select id, digest from pack where live_at is null and created_at < $1 limit 200";

/// $1 pack. It is not forgotten while it counts.
pub(crate) const FORGET_PACK: &str = "delete from pack where id = $1 and (live_at is null or replaced_at is not null)";

/// $1 a time: segments that have bytes of their own and are in a pack since before it.
pub(crate) const PACKED_BEFORE: &str = "select s.id, s.digest, s.own_object from segment s join pack p on p.id = s.pack_id \
     where (s.own_object = 1 or s.bytes is not null) and s.replaced_at is null and p.live_at < $1 limit 500";

/// $1 segment: its own bytes are gone, its rows are in the pack.
pub(crate) const FREE: &str = "update segment set own_object = 0, bytes = null where id = $1 and pack_id is not null";

/// $1 a time: readings replaced before it that no pack passes over.
pub(crate) const REPLACED_BEFORE: &str =
    "select id, digest, own_object from segment where replaced_at < $1 and pack_id is null order by replaced_at limit 500";

/// $1 segment or pack, $2 its digest: whether its object is another's, too.
pub(crate) const SHARED: &str = "select 1 where exists (select 1 from segment where digest = $2 and id <> $1 and own_object = 1) \
     or exists (select 1 from snapshot where digest = $2) or exists (select 1 from evidence where digest = $2)";

/// $1 digest: evidence whose live reading is this object.
pub(crate) const OF_OBJECT: &str =
    "select evidence_id from segment where digest = $1 and own_object = 1 and replaced_at is null and pack_id is null";

/// $1 segment.
pub(crate) const FORGET_LESSONS: &str = "delete from segment_lesson where segment_id = $1";

/// $1 segment.
pub(crate) const FORGET_SEGMENT: &str = "delete from segment where id = $1 and replaced_at is not null and pack_id is null";

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
    PACKED,
    RESTORE,
    ADD,
    ADD_LESSON,
    LIVE_LESSONS,
    OF_LESSON,
    OF_CLASS,
    OF_TRAINEE,
    OF_EVIDENCE,
    LIVE,
    LIVE_OF_CLASS,
    INLINE,
    BEGIN_PACK,
    NOTE_PACK,
    PACK_ALIVE,
    DEAD_PACK_OF_CLASS,
    PACK_COUNTS,
    PACK_SEGMENTS,
    REPLACE_PACK,
    UNPACK,
    LEAVE_PACK,
    MOVE_PACK,
    UNFINISHED_PACK,
    OLD_PACKS,
    DEAD_PACKS,
    FORGET_PACK,
    PACKED_BEFORE,
    FREE,
    REPLACED_BEFORE,
    SHARED,
    OF_OBJECT,
    FORGET_LESSONS,
    FORGET_SEGMENT,
    DROP_UNMATCHED,
    ADD_UNMATCHED,
    UNMATCHED,
    UNMATCHED_ONE,
    UNMATCHED_COUNT,
    PEOPLE_FACTS,
];

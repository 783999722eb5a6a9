//! What fsck reads.

/// Every object the database names, by digest; one row per name. `needed` is 0 where a newer one took its place.
pub(crate) const NAMED: &str = "select digest, size, what, name, needed from ( \
     select digest, size, 'evidence' as what, id as name, cast(1 as bigint) as needed from evidence \
     union all select digest, size, 'segment', id, cast(case when replaced_at is null and pack_id is null then 1 else 0 end as bigint) \
        from segment where own_object = 1 \
     union all select digest, size, 'pack', id, cast(case when live_at is not null and replaced_at is null then 1 else 0 end as bigint) \
        from pack where digest is not null \
     union all select digest, cast(-1 as bigint), 'snapshot', table_name, cast(case when replaced_at is null then 1 else 0 end as bigint) from snapshot \
     union all select digest, cast(-1 as bigint), 'thumbnail', evidence_id, cast(1 as bigint) from thumbnail \
     union all select digest, cast(-1 as bigint), 'strip', evidence_id, cast(1 as bigint) from strip \
     union all select digest, cast(-1 as bigint), 'reel', evidence_id, cast(1 as bigint) from reel \
     ) named order by digest, needed desc, what, name";

/// $1 the evidence before: the next ones with their leaves.
pub(crate) const EVIDENCE_AFTER: &str = "select e.id, e.kind, e.digest, e.size, e.class_id, e.lesson_id, e.received_at, f.body \
     from evidence e left join leaf f on f.id = e.leaf_id where e.id > $1 order by e.id limit 500";

/// $1 the segment before: the next live ones.
pub(crate) const SEGMENTS_AFTER: &str = "select s.id, s.digest, s.row_count, s.bytes, s.own_object, s.pack_id, \
     case when exists (select 1 from pack p where p.id = s.pack_id and p.live_at is not null and p.replaced_at is null) then 1 else 0 end as packed \
     from segment s where s.replaced_at is null and s.id > $1 order by s.id limit 500";

/// Packs that count, with the rows that the segments in them have by the catalogue.
pub(crate) const PACKS: &str = "select p.id, p.digest, p.row_count, \
     (select cast(coalesce(sum(s.row_count), 0) as bigint) from segment s where s.pack_id = p.id) as of_segments \
     from pack p where p.live_at is not null and p.replaced_at is null order by p.id";

/// Logs that were read and have no segment. They are derived: they come back.
pub(crate) const LOGS_WITHOUT: &str = "select id from evidence e where kind = 'attendance' and analysed_at is not null and failed_at is null \
     and not exists (select 1 from segment s where s.evidence_id = e.id and s.replaced_at is null) order by id limit 1000";

/// $1 the resolution before: the next ones with the bodies of their leaves.
pub(crate) const RESOLUTIONS_AFTER: &str = "select r.id, f.body from resolution r left join leaf f on f.id = r.leaf_id \
     where r.id > $1 order by r.id limit 500";

/// Resolutions that count although a newer one was kept, and newest ones that do not.
pub(crate) const RESOLUTIONS_ASTRAY: &str = "select r.id from resolution r where \
     (case when r.replaced_at is null then 1 else 0 end) = (case when exists (select 1 from resolution n \
        where n.class_id = r.class_id and n.identity = r.identity and n.at > r.at) then 1 else 0 end) order by r.id limit 1000";

/// Every policy that governs classes.
pub(crate) const POLICY_TEXTS: &str = "select name, body, digest from policy_text order by name";

/// $1 the class before: the next ones for which a policy was fixed, whether its text is kept, and the leaf of the decision that fixed it.
pub(crate) const GOVERNED_AFTER: &str = "select c.id, c.policy, t.digest, f.body from class c left join policy_text t on t.name = c.policy \
     left join leaf f on f.id = c.decision_leaf_id where c.policy is not null and c.id > $1 order by c.id limit 500";

/// $1 the decision before: the next ones with the bodies of their leaves.
pub(crate) const DECISIONS_AFTER: &str = "select d.id, d.class_id, d.decision, d.due_on, d.actor, d.at, d.standard_qualified_fen as q, \
     d.standard_skill_level_fen as s, d.standard_vocational_fen as v, d.standard_special_operation_fen as o, f.body \
     from class_decision d left join leaf f on f.id = d.leaf_id where d.id > $1 order by d.id limit 500";

/// Classes whose decision is no decision that was kept: neither the newest one nor, after a return, none.
pub(crate) const DECISIONS_ASTRAY: &str = "select c.id from class c where c.decision is not null \
     and exists (select 1 from class_decision d where d.class_id = c.id) \
     and not exists (select 1 from class_decision d where d.class_id = c.id and d.leaf_id = c.decision_leaf_id and d.decision = c.decision \
        and not exists (select 1 from class_decision n where n.class_id = d.class_id and n.id > d.id)) order by c.id limit 1000";

/// $1 leaf.
pub(crate) const LEAF: &str = "select body from leaf where id = $1";

/// $1 the batch before: the next lists of certificates, each with its leaf.
pub(crate) const BATCHES_AFTER: &str = "select distinct batch_id, leaf_id from certificate where batch_id > $1 order by batch_id limit 500";

/// Certificates that count although a newer entry was kept for the same trainee and kind, or are in no list.
pub(crate) const CERTIFICATES_ASTRAY: &str = "select c.id from certificate c where c.batch_id is null or c.leaf_id is null or (c.replaced_at is null \
     and exists (select 1 from certificate n where n.trainee_id = c.trainee_id and n.kind = c.kind and n.id > c.id)) order by c.id limit 1000";

/// Numbers of certificates that count for two people.
pub(crate) const NUMBERS_SHARED: &str = "select min(c.id) as id from certificate c join trainee t on t.id = c.trainee_id \
     where c.number_index is not null and c.replaced_at is null group by c.number_index having count(distinct t.person_id) > 1 \
     order by 1 limit 1000";

/// $1 case.
pub(crate) const CASE: &str = "select title, status, outcome from case_file where id = $1";

/// $1 case.
pub(crate) const CASE_ITEMS: &str = "select step_id, kind, subject_id, money_fen from case_item where case_id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    NAMED,
    EVIDENCE_AFTER,
    SEGMENTS_AFTER,
    PACKS,
    LOGS_WITHOUT,
    RESOLUTIONS_AFTER,
    RESOLUTIONS_ASTRAY,
    LEAF,
    BATCHES_AFTER,
    CERTIFICATES_ASTRAY,
    NUMBERS_SHARED,
    POLICY_TEXTS,
    GOVERNED_AFTER,
    DECISIONS_AFTER,
    DECISIONS_ASTRAY,
    CASE,
    CASE_ITEMS,
];

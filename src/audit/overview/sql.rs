//! Statements of the read model. They join what the stages keep, and write nothing.

/// $1 provider, $2 platform (empty: any), $3 words, $4 and $5 first day and id of the last row before, $6 now, $7 rows.
pub(crate) const CLASSES: &str = "select c.id, c.title, p.name as provider, c.starts_on, c.ends_on, \
     (select count(*) from trainee t where t.class_id = c.id and t.withdrawn_at is null) as trainees, \
     (select count(*) from lesson l where l.class_id = c.id and l.cancelled_at is null) as lessons, \
     (select count(*) from lesson l where l.class_id = c.id and l.cancelled_at is null and l.ends_at < $6 \
        and not exists (select 1 from evidence e where e.lesson_id = l.id) \
        and not exists (select 1 from segment_lesson s where s.lesson_id = l.id)) as bare, \
     (select cast(coalesce(sum(k.hours_milli), 0) as bigint) from credit k join credit_run r on r.id = k.run_id \
        where k.class_id = c.id and r.replaced_at is null) as credited, \
     (select cast(coalesce(sum(l.hours_milli), 0) as bigint) from lesson l \
        where l.class_id = c.id and l.cancelled_at is null and l.ends_at < $6) as held, \
     (select count(*) from finding f where f.class_id = c.id and f.status = 'open' and f.ceased_at is null and f.strength <> 'weak') as findings, \
     (select cast(coalesce(sum(f.money_fen), 0) as bigint) from finding f \
        where f.class_id = c.id and f.status = 'open' and f.ceased_at is null and f.strength <> 'weak') as at_risk, \
     (select s.money_fen from score s where s.subject_kind = 'class' and s.subject_id = c.id and s.typology = 'all') as at_risk_once \
     from class c join provider p on p.id = c.provider_id \
     where ($1 = '' or c.provider_id = $1) and ($2 = '' or c.platform_id = $2) \
     and (lower(c.title) like $3 escape '\\' or lower(c.external_id) like $3 escape '\\' or lower(p.name) like $3 escape '\\') \
     and (c.starts_on < $4 or (c.starts_on = $4 and c.id < $5)) \
     order by c.starts_on desc, c.id desc limit $7";

/// $1 provider, $2 platform, $3 words.
pub(crate) const CLASS_COUNT: &str = "select count(*) as n from class c join provider p on p.id = c.provider_id \
     where ($1 = '' or c.provider_id = $1) and ($2 = '' or c.platform_id = $2) \
     and (lower(c.title) like $3 escape '\\' or lower(c.external_id) like $3 escape '\\' or lower(p.name) like $3 escape '\\')";

/// $1 provider, $2 platform, $3 now.
pub(crate) const BARE_LESSONS: &str = "select count(*) as n from lesson l join class c on c.id = l.class_id \
     where ($1 = '' or c.provider_id = $1) and ($2 = '' or c.platform_id = $2) and l.cancelled_at is null and l.ends_at < $3 \
     and not exists (select 1 from evidence e where e.lesson_id = l.id) \
     and not exists (select 1 from segment_lesson s where s.lesson_id = l.id)";

/// $1 class, $2 provider, $3 platform.
pub(crate) const CLASS: &str = "select c.id, c.external_id, c.title, c.provider_id, p.name as provider, c.platform_id, \
     f.name_zh as platform_zh, f.name_en as platform_en, c.trade_code, c.trade_name, c.application, c.decision, c.policy, c.starts_on, c.ends_on, \
     c.hours_total_milli, c.hours_online_milli, c.epidemic, c.standard_qualified_fen, c.standard_skill_level_fen, c.standard_vocational_fen, \
     c.standard_special_operation_fen, \
     (select count(*) from finding g where g.class_id = c.id and g.status = 'open' and g.ceased_at is null and g.strength <> 'weak') as findings, \
     (select cast(coalesce(sum(g.money_fen), 0) as bigint) from finding g \
        where g.class_id = c.id and g.status = 'open' and g.ceased_at is null and g.strength <> 'weak') as at_risk, \
     (select s.money_fen from score s where s.subject_kind = 'class' and s.subject_id = c.id and s.typology = 'all') as at_risk_once, \
     (select max(r.at) from credit_run r join lesson l on l.id = r.lesson_id where l.class_id = c.id and r.replaced_at is null) as calculated \
     from class c join provider p on p.id = c.provider_id join platform f on f.id = c.platform_id \
     where c.id = $1 and ($2 = '' or c.provider_id = $2) and ($3 = '' or c.platform_id = $3)";

/// $1 provider, $2 platform.
pub(crate) const UNDECIDED: &str =
    "select count(*) as n from class c where ($1 = '' or c.provider_id = $1) and ($2 = '' or c.platform_id = $2) and c.decision is null";

macro_rules! applications {
    ($rest:literal) => {
        concat!(
            "select c.id, c.external_id, c.title, p.name as provider, c.application, coalesce(c.filed_at, c.created_at) as filed, c.decision, \
             c.decided_at, (select d.due_on from class_decision d where d.class_id = c.id order by d.id desc limit 1) as was_due, \
             (select count(*) from trainee t where t.class_id = c.id and t.withdrawn_at is null) as trainees \
             from class c join provider p on p.id = c.provider_id where ",
            $rest
        )
    };
}

/// $1 and $2 time and id of the last row before, $3 rows.
pub(crate) const APPLICATIONS_PENDING: &str = applications!(
    "c.decision is null and (coalesce(c.filed_at, c.created_at) > $1 or (coalesce(c.filed_at, c.created_at) = $1 and c.id > $2)) \
     order by filed, c.id limit $3"
);

/// $1 and $2 time and id of the last row before, $3 rows.
pub(crate) const APPLICATIONS_RETURNED: &str = applications!(
    "c.decision = 'return' and (c.decided_at < $1 or (c.decided_at = $1 and c.id < $2)) order by c.decided_at desc, c.id desc limit $3"
);

/// $1 and $2 time and id of the last row before, $3 rows.
pub(crate) const APPLICATIONS_DECIDED: &str = applications!(
    "c.decision in ('approve', 'refuse') and (c.decided_at < $1 or (c.decided_at = $1 and c.id < $2)) \
     order by c.decided_at desc, c.id desc limit $3"
);

/// $1 which: pending, returned or decided.
pub(crate) const APPLICATION_COUNT: &str = "select count(*) as n from class c where ($1 = 'pending' and c.decision is null) \
     or ($1 = 'returned' and c.decision = 'return') or ($1 = 'decided' and c.decision in ('approve', 'refuse'))";

/// $1 class.
pub(crate) const CLASS_TITLE: &str = "select title from class where id = $1";

/// $1 lesson.
pub(crate) const LESSON_PLACE: &str = "select c.title || ' · ' || l.title from lesson l join class c on c.id = l.class_id where l.id = $1";

/// $1 trainee.
pub(crate) const TRAINEE_NAME: &str = "select name from trainee where id = $1";

/// $1 the id in the label of an actor.
pub(crate) const ACTOR: &str = "select name from login where id = $1 union all select name from token where id = $1";

/// $1 class. Logs sent for the class alone are counted where their rows lie.
pub(crate) const LESSONS: &str = "select l.id, l.title, l.kind, l.mode, l.teacher, l.starts_at, l.ends_at, l.hours_milli, l.content_ms, \
     (select count(*) from evidence e where e.lesson_id = l.id and e.kind = 'attendance') as logs, \
     (select count(*) from segment_lesson s join segment g on g.id = s.segment_id join evidence e on e.id = g.evidence_id \
        where s.lesson_id = l.id and g.replaced_at is null and e.lesson_id is null) as class_logs, \
     (select count(*) from evidence e where e.lesson_id = l.id and e.kind = 'video') as recordings, \
     (select count(*) from evidence e where e.lesson_id = l.id and e.kind = 'screenshot') as pictures, \
     (select count(*) from credit_run r where r.lesson_id = l.id and r.replaced_at is null) as runs \
     from lesson l where l.class_id = $1 and l.cancelled_at is null order by l.starts_at, l.id";

/// $1 lesson, $2 provider, $3 platform.
pub(crate) const LESSON_CLASS: &str = "select l.class_id, c.title, c.policy from lesson l join class c on c.id = l.class_id \
     where l.id = $1 and ($2 = '' or c.provider_id = $2) and ($3 = '' or c.platform_id = $3)";

/// $1 class.
pub(crate) const DISPUTED: &str = "select id, lesson_id, trainee_id from finding \
     where class_id = $1 and status = 'open' and ceased_at is null and lesson_id is not null and trainee_id is not null order by money_fen desc, id";

/// $1 lesson, $2 class, $3 and $4 the lesson's window.
pub(crate) const MEDIA: &str = "select e.id, e.kind, e.filename, e.trainee_id, x.log_index, \
     (select count(*) from thumbnail t where t.evidence_id = e.id) as thumbnails, \
     (select value from fact where evidence_id = e.id and name = 'spans') as spans \
     from evidence e left join leaf x on x.id = e.leaf_id \
     where e.kind in ('video', 'screenshot') \
     and (e.lesson_id = $1 or (e.lesson_id is null and e.class_id = $2 and e.claimed_from < $4 and e.claimed_until > $3)) \
     order by e.received_at, e.id";

/// $1 class.
pub(crate) const ROSTER: &str = "select id, external_id, name, category from trainee where class_id = $1 \
     and (withdrawn_at is null or exists (select 1 from credit k where k.trainee_id = trainee.id and k.credited_ms > 0)) order by external_id, id";

/// $1 trainee, $2 provider, $3 platform.
pub(crate) const TRAINEE: &str = "select t.external_id, t.name, t.category, t.class_id, c.title from trainee t join class c on c.id = t.class_id \
     where t.id = $1 and ($2 = '' or c.provider_id = $2) and ($3 = '' or c.platform_id = $3)";

/// $1 trainee, $2 provider, $3 platform.
pub(crate) const SAME_PERSON: &str = "select o.id, c.title from trainee t join trainee o on o.person_id = t.person_id and o.id <> t.id \
     join class c on c.id = o.class_id \
     where t.id = $1 and ($2 = '' or c.provider_id = $2) and ($3 = '' or c.platform_id = $3) order by c.starts_on desc, o.id limit 20";

/// Who sent it is what stands behind `token:<id>` or `login:<id>`; the platform of the evidence may be its class's.
/// $1 provider, $2 platform, $3 kind, $4 state, $5 class, $6 words, $7 and $8 digests, $9 and $10 time and id of the last row before, $11 rows.
pub(crate) const EVIDENCE_LIST: &str = "select e.id, e.kind, e.filename, e.size, e.submitter, f.name_zh as platform_zh, f.name_en as platform_en, \
     coalesce(p.name, k.name, g.name) as sender, e.class_id, c.title as class_title, e.lesson_id, l.title as lesson_title, e.received_at, e.refused_rows, \
     case when e.failed_at is not null then 'failed' when e.analysed_at is not null then 'analysed' \
        when x.log_index is not null then 'sealed' else 'received' end as state, x.log_index, \
     (select count(*) from thumbnail t where t.evidence_id = e.id) as thumbnails \
     from evidence e left join token k on k.id = substr(e.submitter, 7) left join login g on g.id = substr(e.submitter, 7) \
     left join platform f on f.id = coalesce(k.platform_id, g.platform_id) left join provider p on p.id = coalesce(k.provider_id, g.provider_id) \
     left join class c on c.id = e.class_id left join lesson l on l.id = e.lesson_id left join leaf x on x.id = e.leaf_id \
     where ($1 = '' or e.provider_id = $1 or c.provider_id = $1) and ($2 = '' or e.platform_id = $2) and ($3 = '' or e.kind = $3) \
     and ($4 = '' or $4 = case when e.failed_at is not null then 'failed' when e.analysed_at is not null then 'analysed' \
        when x.log_index is not null then 'sealed' else 'received' end) \
     and ($5 = '' or e.class_id = $5) \
     and (lower(coalesce(e.filename, '')) like $6 escape '\\' or (e.digest >= $7 and e.digest < $8)) \
     and (e.received_at < $9 or (e.received_at = $9 and e.id < $10)) \
     order by e.received_at desc, e.id desc limit $11";

/// $1 provider, $2 platform, $3 kind, $4 state, $5 class, $6 words, $7 and $8 digests.
pub(crate) const EVIDENCE_COUNT: &str = "select count(*) as n \
     from evidence e left join class c on c.id = e.class_id left join leaf x on x.id = e.leaf_id \
     where ($1 = '' or e.provider_id = $1 or c.provider_id = $1) and ($2 = '' or e.platform_id = $2) and ($3 = '' or e.kind = $3) \
     and ($4 = '' or $4 = case when e.failed_at is not null then 'failed' when e.analysed_at is not null then 'analysed' \
        when x.log_index is not null then 'sealed' else 'received' end) \
     and ($5 = '' or e.class_id = $5) \
     and (lower(coalesce(e.filename, '')) like $6 escape '\\' or (e.digest >= $7 and e.digest < $8))";

/// $1 lesson.
pub(crate) const EVIDENCE_OF_LESSON: &str = "select e.id, e.kind, e.filename, e.size, e.submitter, f.name_zh as platform_zh, f.name_en as platform_en, \
     coalesce(p.name, k.name, g.name) as sender, e.class_id, c.title as class_title, e.lesson_id, l.title as lesson_title, e.received_at, e.refused_rows, \
     case when e.failed_at is not null then 'failed' when e.analysed_at is not null then 'analysed' \
        when x.log_index is not null then 'sealed' else 'received' end as state, x.log_index, \
     (select count(*) from thumbnail t where t.evidence_id = e.id) as thumbnails \
     from evidence e left join token k on k.id = substr(e.submitter, 7) left join login g on g.id = substr(e.submitter, 7) \
     left join platform f on f.id = coalesce(k.platform_id, g.platform_id) left join provider p on p.id = coalesce(k.provider_id, g.provider_id) \
     left join class c on c.id = e.class_id left join lesson l on l.id = e.lesson_id left join leaf x on x.id = e.leaf_id \
     where e.lesson_id = $1 or e.id in (select g.evidence_id from segment_lesson s join segment g on g.id = s.segment_id \
        where s.lesson_id = $1 and g.replaced_at is null) \
     order by e.kind, e.received_at, e.id";

/// $1 evidence, $2 provider, $3 platform.
pub(crate) const EVIDENCE: &str = "select e.id, e.kind, e.filename, e.size, e.submitter, f.name_zh as platform_zh, f.name_en as platform_en, \
     coalesce(p.name, k.name, g.name) as sender, e.class_id, c.title as class_title, e.lesson_id, l.title as lesson_title, e.received_at, e.refused_rows, \
     case when e.failed_at is not null then 'failed' when e.analysed_at is not null then 'analysed' \
        when x.log_index is not null then 'sealed' else 'received' end as state, x.log_index, \
     (select count(*) from thumbnail t where t.evidence_id = e.id) as thumbnails, \
     e.digest, e.media_type, e.claimed_from, e.claimed_until, e.trainee_id, n.name as trainee_name, e.reader, e.assumptions, \
     e.accepted_rows, e.leaf_id \
     from evidence e left join token k on k.id = substr(e.submitter, 7) left join login g on g.id = substr(e.submitter, 7) \
     left join platform f on f.id = coalesce(k.platform_id, g.platform_id) left join provider p on p.id = coalesce(k.provider_id, g.provider_id) \
     left join class c on c.id = e.class_id left join lesson l on l.id = e.lesson_id left join leaf x on x.id = e.leaf_id \
     left join trainee n on n.id = e.trainee_id \
     where e.id = $1 and ($2 = '' or e.provider_id = $2 or c.provider_id = $2) and ($3 = '' or e.platform_id = $3)";

/// $1 evidence.
pub(crate) const FACTS: &str = "select name, value from fact where evidence_id = $1 order by name";

/// $1 evidence, $2 the same between percent signs, $3 rows: credits of its lesson, of the lessons its rows lie in, or of its class.
pub(crate) const RESTING_ON: &str = "select k.trainee_id, t.name, k.lesson_id, l.title from credit k join credit_run r on r.id = k.run_id \
     join trainee t on t.id = k.trainee_id join lesson l on l.id = k.lesson_id \
     where r.replaced_at is null and k.credited_ms > 0 and k.spans like $2 \
     and k.class_id in (select e.class_id from evidence e where e.id = $1 union select m.class_id from evidence e \
        join lesson m on m.id = e.lesson_id where e.id = $1 union select n.class_id from segment g join segment_lesson s on s.segment_id = g.id \
        join lesson n on n.id = s.lesson_id where g.evidence_id = $1 and g.replaced_at is null) \
     order by l.starts_at, t.external_id, t.id limit $3";

/// $1 evidence, $2 the same between percent signs.
pub(crate) const RESTING_ON_COUNT: &str = "select count(*) as n from credit k join credit_run r on r.id = k.run_id \
     where r.replaced_at is null and k.credited_ms > 0 and k.spans like $2 \
     and k.class_id in (select e.class_id from evidence e where e.id = $1 union select m.class_id from evidence e \
        join lesson m on m.id = e.lesson_id where e.id = $1 union select n.class_id from segment g join segment_lesson s on s.segment_id = g.id \
        join lesson n on n.id = s.lesson_id where g.evidence_id = $1 and g.replaced_at is null)";

/// $1 evidence. Sealed when the first checkpoint over its leaf was published.
pub(crate) const LIFE: &str = "select e.received_at, e.submitter, e.analysed_at, e.failed_at, e.reader, \
     (select min(k.published_at) from log_checkpoint k where k.tree_size > x.log_index) as sealed_at \
     from evidence e left join leaf x on x.id = e.leaf_id where e.id = $1";

/// $1 evidence, $2 rows.
pub(crate) const LOOKS: &str =
    "select at, action, actor from trail where subject_kind = 'evidence' and subject_id = $1 order by at desc, id desc limit $2";

/// The newest published head.
pub(crate) const LOG_HEAD: &str = "select h.origin, k.tree_size, k.root, k.note, k.published_at, \
     (select count(*) from leaf where log_index is null) as staged \
     from log_head h, log_checkpoint k order by k.tree_size desc limit 1";

/// $1 leaf.
pub(crate) const LEAF_INDEX: &str = "select log_index from leaf where id = $1";

/// $1 index.
pub(crate) const LEAF_AT: &str = "select id from leaf where log_index = $1";

/// $1 rows.
pub(crate) const NEWEST_LEAVES: &str = "select x.log_index, x.body, x.staged_at, e.id as evidence_id from leaf x left join evidence e on e.leaf_id = x.id \
     where x.log_index is not null order by x.log_index desc limit $1";

/// $1 platform.
pub(crate) const PLATFORM_NAME: &str = "select name_zh, name_en from platform where id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    CLASSES,
    CLASS_COUNT,
    BARE_LESSONS,
    CLASS,
    UNDECIDED,
    APPLICATIONS_PENDING,
    APPLICATIONS_RETURNED,
    APPLICATIONS_DECIDED,
    APPLICATION_COUNT,
    CLASS_TITLE,
    LESSON_PLACE,
    TRAINEE_NAME,
    PLATFORM_NAME,
    ACTOR,
    LESSONS,
    LESSON_CLASS,
    DISPUTED,
    MEDIA,
    ROSTER,
    TRAINEE,
    SAME_PERSON,
    EVIDENCE_LIST,
    EVIDENCE_COUNT,
    EVIDENCE_OF_LESSON,
    EVIDENCE,
    FACTS,
    RESTING_ON,
    RESTING_ON_COUNT,
    LIFE,
    LOOKS,
    LOG_HEAD,
    LEAF_INDEX,
    LEAF_AT,
    NEWEST_LEAVES,
];

/// A small world: two providers with a class each, one person in both, three lessons, a log of two lessons, a recording, credits.
#[cfg(test)]
pub(super) const WORLD: &[&str] = &[
    "delete from platform",
    "insert into platform values ('px', '平台', 'Platform', 'px.example', 'Asia/Shanghai', 'px', 1)",
    "insert into provider (id, external_id, name, kind, listed_from, listed_until, created_at) values ('0190a1b2-0001-7000-8000-000000000001', 'p1', '第一学校', 'institution', null, null, 1), \
     ('0190a1b2-0001-7000-8000-000000000002', 'p2', '第二企业', 'enterprise', null, null, 1)",
    "insert into class (id, external_id, provider_id, platform_id, title, trade_code, trade_name, application, starts_on, ends_on, hours_total_milli, \
     hours_online_milli, hours_theory_milli, hours_practice_milli, standard_qualified_fen, epidemic, content_digest, created_at) values \
     ('0190a1b2-0002-7000-8000-000000000001', 'c1', '0190a1b2-0001-7000-8000-000000000001', 'px', '电工 50%_班', '6', '电工', 'full', \
      '2020-03-02', '2020-03-20', 80000, 48000, 48000, 32000, 60000, 1, '', 1), \
     ('0190a1b2-0002-7000-8000-000000000002', 'c2', '0190a1b2-0001-7000-8000-000000000002', 'px', 'Welder', '6', '焊工', 'full', \
      '2020-03-03', '2020-03-20', 80000, 48000, 48000, 32000, null, 0, '', 1)",
    "insert into person values ('0190a1b2-0003-7000-8000-000000000001', '\\x01', 1), ('0190a1b2-0003-7000-8000-000000000002', '\\x02', 1)",
    "insert into trainee (id, class_id, person_id, external_id, name, category, id_number_sealed, withdrawn_at, created_at) values \
     ('0190a1b2-0004-7000-8000-000000000001', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0003-7000-8000-000000000001', 't1', '王一', 'employee', '', null, 1), \
     ('0190a1b2-0004-7000-8000-000000000002', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0003-7000-8000-000000000002', 't2', '李二', 'employee', '', null, 1), \
     ('0190a1b2-0004-7000-8000-000000000003', '0190a1b2-0002-7000-8000-000000000002', '0190a1b2-0003-7000-8000-000000000001', 't1', '王一', 'employee', '', null, 1)",
    "insert into lesson (id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, teacher, cancelled_at, created_at) values \
     ('0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0002-7000-8000-000000000001', 'l1', '第一课', 'theory', 'live', 1000, 2000, 1000, '马', null, 1), \
     ('0190a1b2-0005-7000-8000-000000000002', '0190a1b2-0002-7000-8000-000000000001', 'l2', '第二课', 'theory', 'live', 3000, 4000, 1000, '马', null, 1), \
     ('0190a1b2-0005-7000-8000-000000000003', '0190a1b2-0002-7000-8000-000000000001', 'l3', '第三课', 'theory', 'live', 5000, 6000, 1000, '马', null, 1), \
     ('0190a1b2-0005-7000-8000-000000000004', '0190a1b2-0002-7000-8000-000000000001', 'l4', '取消', 'theory', 'live', 100, 200, 1000, '马', 9, 1)",
    "insert into token (id, hash, role, platform_id, provider_id, name, created_at) values \
     ('0190a1b2-000a-7000-8000-000000000001', '\\x01', 'platform', 'px', null, 'px-live', 1), \
     ('0190a1b2-000a-7000-8000-000000000002', '\\x02', 'provider', null, '0190a1b2-0001-7000-8000-000000000001', 'p1', 1)",
    "insert into leaf values ('0190a1b2-0008-7000-8000-000000000001', '{}', '', 10, null), ('0190a1b2-0008-7000-8000-000000000002', '{}', '', 11, null)",
    "insert into evidence (id, place_key, kind, digest, size, media_type, filename, platform_id, class_id, lesson_id, received_at, submitter, leaf_id, \
     analysed_at, reader, claimed_from, claimed_until) values \
     ('0190a1b2-0006-7000-8000-000000000001', 'k1', 'attendance', 'abcd', 10, 'text/csv', 'Log 1.CSV', 'px', '0190a1b2-0002-7000-8000-000000000001', null, 11, 'token:0190a1b2-000a-7000-8000-000000000001', '0190a1b2-0008-7000-8000-000000000001', 15, 'zoom', null, null), \
     ('0190a1b2-0006-7000-8000-000000000002', 'k2', 'video', 'abce', 20, 'video/mp4', null, 'px', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0005-7000-8000-000000000001', 12, 'token:0190a1b2-000a-7000-8000-000000000002', '0190a1b2-0008-7000-8000-000000000002', null, null, 1000, 2000)",
    "insert into credit_run values ('0190a1b2-0009-7000-8000-000000000000', '0190a1b2-0005-7000-8000-000000000001', 'p', '', '0190a1b2-0008-7000-8000-000000000001', 20, 21), ('0190a1b2-0009-7000-8000-000000000001', '0190a1b2-0005-7000-8000-000000000001', 'p', '', '0190a1b2-0008-7000-8000-000000000001', 21, null)",
    "insert into credit values \
     ('0190a1b2-0009-7000-8000-000000000000', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0004-7000-8000-000000000001', 1, 1000, 1, 0, '{}', '[{\"kind\":\"credited\",\"from\":\"1970-01-01T00:00:00.001Z\",\"until\":\"1970-01-01T00:00:00.002Z\",\"evidence\":[{\"id\":\"0190a1b2-0006-7000-8000-000000000001\",\"row\":2}]}]'), \
     ('0190a1b2-0009-7000-8000-000000000001', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0004-7000-8000-000000000001', 1, 500, 1, 0, '{}', '[{\"kind\":\"credited\",\"from\":\"1970-01-01T00:00:00.001Z\",\"until\":\"1970-01-01T00:00:00.002Z\",\"evidence\":[{\"id\":\"0190a1b2-0006-7000-8000-000000000001\",\"row\":2}]}]'), \
     ('0190a1b2-0009-7000-8000-000000000001', '0190a1b2-0002-7000-8000-000000000001', '0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0004-7000-8000-000000000002', 0, 0, 1, 0, '{}', '[{\"kind\":\"credited\",\"from\":\"1970-01-01T00:00:00.001Z\",\"until\":\"1970-01-01T00:00:00.002Z\",\"evidence\":[{\"id\":\"0190a1b2-0006-7000-8000-000000000001\",\"row\":2}]}]')",
    "insert into finding (id, key, rule, rule_version, severity, strength, status, subject_kind, subject_id, class_id, lesson_id, trainee_id, at, score, \
     money_fen, evidence, detail, first_seen_at, last_seen_at) values \
     ('0190a1b2-0007-7000-8000-000000000001', 'a', 'overlap-person', 1, 'high', 'strong', 'open', 'trainee', 'x', '0190a1b2-0002-7000-8000-000000000001', \
      '0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0004-7000-8000-000000000001', 1, 1.0, 750, '[]', '{}', 1, 1), \
     ('0190a1b2-0007-7000-8000-000000000002', 'b', 'overlap-person', 1, 'high', 'strong', 'dismissed', 'trainee', 'x', '0190a1b2-0002-7000-8000-000000000001', \
      '0190a1b2-0005-7000-8000-000000000001', '0190a1b2-0004-7000-8000-000000000002', 1, 1.0, 9000, '[]', '{}', 1, 1)",
    "insert into trail values ('y1', 30, 'zhao', 'seen', 'evidence', '0190a1b2-0006-7000-8000-000000000001', null)",
];

/// The log of the small world read, where no lake has its events.
#[cfg(test)]
pub(super) const READ: &[&str] = &[
    "insert into segment values ('s1', '0190a1b2-0006-7000-8000-000000000001', '', 1, 1, 1, 1, null, 1, null, null, 1, null)",
    "insert into segment_lesson values ('s1', '0190a1b2-0005-7000-8000-000000000001'), ('s1', '0190a1b2-0005-7000-8000-000000000002')",
];

/// The first leaf of the small world sealed, where no log runs beside it.
#[cfg(test)]
pub(super) const SEALED: &[&str] = &[
    "update leaf set log_index = 0 where id = '0190a1b2-0008-7000-8000-000000000001'",
    "insert into log_head values (1, 'keshi.example/log', 1, '', '', 0, 1, 12)",
    "insert into log_checkpoint values (1, 'root', 'note', 12)",
];

/// $1 evidence, $2 digest: bytes have no literal that both engines take.
#[cfg(test)]
pub(super) const SET_DIGEST: &str = "update evidence set digest = $2 where id = $1";

/// $1 digest.
#[cfg(test)]
pub(super) const SET_RUN_DIGEST: &str = "update credit_run set digest = $1";

/// $1 digest.
#[cfg(test)]
pub(super) const SET_CLASS_DIGEST: &str = "update class set content_digest = $1";

/// $1 sealed number.
#[cfg(test)]
pub(super) const SET_NUMBER: &str = "update trainee set id_number_sealed = $1";

/// $1 root.
#[cfg(test)]
pub(super) const SET_ROOT: &str = "update log_checkpoint set root = $1";

/// $1 body.
#[cfg(test)]
pub(super) const SET_BODY: &str = "update leaf set body = $1";

//! What the snapshots are made of, and their catalogue. The columns of a statement are those of its table in `tables.rs`, in order.

/// All classes; behind the table's own columns what the price of an hour depends on, and the account.
pub(crate) const CLASSES: &str = "select id, external_id, provider_id, platform_id, title, trade_code, trade_name, application, promise_due, \
     starts_on, ends_on, hours_total_milli, hours_online_milli, hours_theory_milli, hours_practice_milli, epidemic, created_at, \
     standard_qualified_fen, standard_skill_level_fen, standard_vocational_fen, standard_special_operation_fen, policy as class_policy, \
     bank_account_sealed from class order by id";

/// All lessons; behind the table's own columns what the price of an hour depends on.
pub(crate) const LESSONS: &str = "select l.id, l.class_id, c.provider_id, c.platform_id, l.external_id, l.title, l.kind, l.mode, l.starts_at, l.ends_at, \
     l.content_ms, l.hours_milli, l.meeting_ref, l.cancelled_at, l.created_at, l.teacher, c.hours_total_milli, c.epidemic, c.starts_on, \
     c.standard_qualified_fen, c.standard_skill_level_fen, c.standard_vocational_fen, c.standard_special_operation_fen, \
     c.policy as class_policy from lesson l join class c on c.id = l.class_id order by l.id";

/// Who is on which roster.
pub(crate) const ROSTER: &str = "select class_id, id, person_id, category, withdrawn_at, created_at, nullif(id_number_fault, ''), age_years, sex, nullif(id_region, '') \
     from trainee order by class_id, id";

/// Trainees and the human behind them; contacts only as keyed hashes.
pub(crate) const TRAINEES: &str = "select t.id, t.person_id, t.class_id, c.provider_id, t.phone_index, t.email_index, nullif(t.phone_fault, '') from trainee t join class c on c.id = t.class_id order by t.id";

/// Teachers, as lessons name them.
pub(crate) const TEACHERS: &str = "select c.provider_id, l.teacher, count(*) from lesson l join class c on c.id = l.class_id \
     where trim(l.teacher) <> '' group by c.provider_id, l.teacher order by c.provider_id, l.teacher";

/// All evidence.
pub(crate) const EVIDENCE: &str = "select id, kind, digest, size, media_type, platform_id, provider_id, class_id, lesson_id, trainee_id, claimed_from, \
     claimed_until, received_at, submitter, reader, accepted_rows, analysed_at, failed_at from evidence order by id";

/// Videos and pictures with each of their facts.
pub(crate) const MEDIA: &str = "select e.id, e.kind, e.class_id, e.lesson_id, e.trainee_id, e.digest, e.media_type, e.received_at, f.name, f.value \
     from evidence e left join fact f on f.evidence_id = e.id and f.name <> 'views' and f.name <> 'compared' where e.kind = 'video' or e.kind = 'screenshot' \
     order by e.id, f.name";

/// Videos and pictures on whose screen something was read, with all of it.
pub(crate) const SCREEN: &str = "select e.id, e.kind, e.class_id, e.lesson_id, e.trainee_id, f.value from evidence e \
     join fact f on f.evidence_id = e.id where f.name = 'screen' order by e.id";

/// Videos and pictures that show session codes, with those that they show.
pub(crate) const SESSION_CODES: &str =
    "select e.id, f.value from fact f join evidence e on e.id = f.evidence_id where f.name = 'codes' order by e.id";

/// Each video or picture whose bytes came before, with the first that had them; and what pictures and recordings have in common with earlier ones.
pub(crate) const MEDIA_MATCHES: &str = "select later.id as evidence, first.id as other, 'bytes' as kind, 'exact' as tier, cast(1 as double precision) as score, \
     cast(null as bigint) as distance, cast(null as bigint) as changed_milli, cast(null as text) as because, cast(null as bigint) as aligned_ms, \
     cast(null as text) as runs, cast(null as bigint) as at_ms, cast(null as bigint) as until_ms from evidence later join evidence first \
     on first.id = (select id from evidence same where same.digest = later.digest and (same.kind = 'video' or same.kind = 'screenshot') \
     order by same.received_at, same.id limit 1) \
     where (later.kind = 'video' or later.kind = 'screenshot') and first.id <> later.id \
     union all select evidence_id, other_id, kind, tier, score, distance, changed_milli, because, aligned_ms, runs, at_ms, until_ms from media_match order by 1, 2, 3";

/// The spans of the live credits.
pub(crate) const PRESENCE: &str = "select c.class_id, c.lesson_id, c.trainee_id, t.person_id, c.spans from credit c join credit_run r on r.id = c.run_id \
     join trainee t on t.id = c.trainee_id where r.replaced_at is null order by c.lesson_id, c.trainee_id";

/// The live credits; behind the table's own columns what the price of an hour depends on.
pub(crate) const CREDITS: &str = "select c.class_id, c.lesson_id, c.trainee_id, c.run_id, c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, \
     c.reasons, r.policy, r.at, k.hours_total_milli, k.epidemic, k.starts_on, \
     k.standard_qualified_fen, k.standard_skill_level_fen, k.standard_vocational_fen, k.standard_special_operation_fen, \
     k.policy as class_policy from credit c join credit_run r on r.id = c.run_id join class k on k.id = c.class_id where r.replaced_at is null order by c.lesson_id, c.trainee_id";

/// Providers.
pub(crate) const PROVIDERS: &str =
    "select id, external_id, name, kind, listed_from, listed_until, created_at, region from provider order by id";

/// Platforms.
pub(crate) const PLATFORMS: &str = "select id, name_zh, name_en, host, timezone, created_at from platform order by id";

/// Opening applications with what was decided; behind the table's own columns what deadlines depend on.
pub(crate) const APPLICATIONS: &str = "select c.id, c.provider_id, c.platform_id, c.application, c.promise_due, c.created_at, c.decision, c.decided_at, \
     c.policy, c.standard_qualified_fen, c.standard_skill_level_fen, c.standard_vocational_fen, c.standard_special_operation_fen, p.paid_on, \
     coalesce(c.filed_at, c.created_at) as filed_at, c.policy as class_policy, c.starts_on, c.epidemic \
     from class c left join prepayment p on p.class_id = c.id order by c.id";

/// Certificates, replaced ones too; numbers only as keyed hashes.
pub(crate) const CERTIFICATES: &str = "select c.id, c.class_id, c.trainee_id, t.person_id, c.kind, c.number_index, c.issued_on, c.evidence_id, c.at, \
     c.replaced_at from certificate c join trainee t on t.id = c.trainee_id order by c.id";

/// Papers of openings, decisions and claims.
pub(crate) const PAPERS: &str = "select class_id, kind, evidence_id, at from class_document order by class_id, at, id";

/// Claims, replaced ones too, with what was paid in advance, granted and paid; behind the table's own columns what deadlines depend on.
pub(crate) const CLAIMS: &str = "select c.id, c.class_id, k.provider_id, c.state, c.amount_fen, \
     (select g.amount_fen from claim_event g where g.claim_id = c.id and g.state = 'approved') as granted_fen, p.amount_fen as prepaid_fen, p.paid_on, \
     (select s.paid_on from claim_event s where s.claim_id = c.id and s.state = 'settled') as settled_on, c.gaps, c.filed_at, c.replaced_at, \
     k.decision, k.decided_at, k.policy as class_policy, k.starts_on, k.epidemic \
     from claim c join class k on k.id = c.class_id left join prepayment p on p.class_id = c.class_id order by c.id";

/// What the lists of other offices that are in force say: of people only those whom a roster names.
pub(crate) const LISTED: &str = "select l.kind, p.id as person, e.value, e.provider_id, e.from_on, e.until_on, l.evidence_id, e.row_number, l.source, l.as_of \
     from reference_list l join reference_entry e on e.list_id = l.id join person p on p.id_number_index = e.person_index \
     where l.live_at is not null and l.replaced_at is null \
     union all select l.kind, cast(null as text) as person, e.value, e.provider_id, e.from_on, e.until_on, l.evidence_id, e.row_number, l.source, l.as_of \
     from reference_list l join reference_entry e on e.list_id = l.id \
     where l.live_at is not null and l.replaced_at is null and e.person_index is null order by 1, 9, 8";

/// $1 table: its newest snapshot.
pub(crate) const LIVE: &str = "select digest, row_count, taken_at from snapshot where table_name = $1 and replaced_at is null";

/// $1 since: tables with a snapshot taken then or later.
pub(crate) const FRESH: &str = "select table_name from snapshot where replaced_at is null and taken_at >= $1";

/// $1 table, $2 digest, $3 taken at: what another took earlier is replaced.
pub(crate) const REPLACE: &str =
    "update snapshot set replaced_at = $3 where table_name = $1 and digest <> $2 and replaced_at is null and taken_at <= $3";

/// $1 table, $2 taken at: whether another took it later.
pub(crate) const NEWER: &str = "select 1 from snapshot where table_name = $1 and replaced_at is null and taken_at > $2";

/// $1 table, $2 digest, $3 rows, $4 taken at.
pub(crate) const KEEP: &str = "insert into snapshot (table_name, digest, row_count, taken_at) values ($1, $2, $3, $4) \
     on conflict (table_name, digest) do update set row_count = excluded.row_count, taken_at = excluded.taken_at, replaced_at = null";

/// $1 a time: snapshots replaced before it whose object nothing else names.
pub(crate) const LEFTOVER: &str = "select distinct digest from snapshot old where replaced_at < $1 \
     and not exists (select 1 from snapshot live where live.digest = old.digest and (live.replaced_at is null or live.replaced_at >= $1)) \
     and not exists (select 1 from segment where segment.digest = old.digest) \
     and not exists (select 1 from evidence where evidence.digest = old.digest) limit 100";

/// $1 digest, $2 a time.
pub(crate) const FORGET: &str = "delete from snapshot where digest = $1 and replaced_at < $2";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    CLASSES,
    LESSONS,
    ROSTER,
    TRAINEES,
    TEACHERS,
    EVIDENCE,
    MEDIA,
    SCREEN,
    SESSION_CODES,
    MEDIA_MATCHES,
    PRESENCE,
    CREDITS,
    PROVIDERS,
    PLATFORMS,
    APPLICATIONS,
    CERTIFICATES,
    PAPERS,
    CLAIMS,
    LISTED,
    LIVE,
    FRESH,
    REPLACE,
    NEWER,
    KEEP,
    LEFTOVER,
    FORGET,
];

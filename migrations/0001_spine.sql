-- Columns are bigint, text, bytea and double precision only: see docs/DECISIONS.md (one SQL text, two engines).
-- Times are microseconds since the epoch, UTC. Flags are 0 or 1. Money is integer fen. Ids are UUIDv7 as text, but platform ids.

-- Register: the plan ---------------------------------------------------------------------------------------------------------

create table platform (
    id text primary key,
    name_zh text not null,
    name_en text not null,
    host text not null,
    timezone text not null,
    profile text not null,
    created_at bigint not null
);

create table provider (
    id text primary key,
    external_id text not null unique,
    name text not null,
    kind text not null,
    listed_from text,
    listed_until text,
    created_at bigint not null
);

create table class (
    id text primary key,
    external_id text not null unique,
    provider_id text not null references provider (id),
    platform_id text not null references platform (id),
    title text not null,
    trade_code text not null,
    trade_name text not null,
    application text not null,
    promise_due text,
    starts_on text not null,
    ends_on text not null,
    hours_total_milli bigint not null,
    hours_online_milli bigint not null,
    hours_theory_milli bigint not null,
    hours_practice_milli bigint not null,
    standard_qualified_fen bigint,
    standard_skill_level_fen bigint,
    standard_vocational_fen bigint,
    standard_special_operation_fen bigint,
    epidemic bigint not null,
    bank_account_sealed bytea,
    -- SHA-256 over the application as sent, to tell a repetition from a contradiction.
    content_digest bytea not null,
    -- approve, return or refuse; null while pending.
    decision text,
    decision_reason text,
    decided_at bigint,
    decision_leaf_id text,
    created_at bigint not null
);
create index class_provider on class (provider_id);

-- A human, recognised across classes by the keyed hash of the ID number; the number itself is never here in the clear.
create table person (
    id text primary key,
    id_number_index bytea not null unique,
    created_at bigint not null
);

create table trainee (
    id text primary key,
    class_id text not null references class (id),
    person_id text not null references person (id),
    external_id text not null,
    name text not null,
    name_index bytea not null,
    category text not null,
    id_number_sealed bytea not null,
    phone_sealed bytea,
    phone_index bytea,
    email_sealed bytea,
    email_index bytea,
    platform_user text,
    withdrawn_at bigint,
    created_at bigint not null,
    unique (class_id, external_id)
);
create index trainee_person on trainee (person_id);

create table lesson (
    id text primary key,
    class_id text not null references class (id),
    external_id text not null,
    title text not null,
    kind text not null,
    mode text not null,
    starts_at bigint not null,
    ends_at bigint not null,
    content_ms bigint,
    hours_milli bigint not null,
    teacher text not null,
    meeting_ref text,
    cancelled_at bigint,
    created_at bigint not null,
    unique (class_id, external_id)
);
create index lesson_time on lesson (starts_at);

-- Who may ask ----------------------------------------------------------------------------------------------------------------

create table token (
    id text primary key,
    hash bytea not null unique,
    role text not null,
    platform_id text references platform (id),
    provider_id text references provider (id),
    name text not null,
    created_at bigint not null,
    revoked_at bigint
);

create table login (
    id text primary key,
    name text not null unique,
    password_hash text not null,
    role text not null,
    platform_id text references platform (id),
    provider_id text references provider (id),
    created_at bigint not null,
    disabled_at bigint
);

create table session (
    hash bytea primary key,
    login_id text not null references login (id),
    created_at bigint not null,
    expires_at bigint not null
);

-- Every change and every look at personal data: who did what to what.
create table trail (
    id text primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    subject_kind text not null,
    subject_id text not null,
    detail text
);
create index trail_subject on trail (subject_kind, subject_id);

-- Store: bytes as evidence ---------------------------------------------------------------------------------------------------

create table evidence (
    id text primary key,
    -- SHA-256 over digest, kind and place: the same bytes for the same place are one piece of evidence.
    place_key bytea not null unique,
    kind text not null,
    digest bytea not null,
    size bigint not null,
    media_type text not null,
    filename text,
    platform_id text references platform (id),
    provider_id text references provider (id),
    class_id text references class (id),
    lesson_id text references lesson (id),
    trainee_id text references trainee (id),
    claimed_from bigint,
    claimed_until bigint,
    timezone text,
    format text,
    received_at bigint not null,
    submitter text not null,
    leaf_id text not null unique,
    accepted_rows bigint,
    refused_rows text,
    -- What analysis said last; null before it ran.
    analysed_at bigint,
    failed_at bigint,
    reader text,
    assumptions text
);
create index evidence_digest on evidence (digest);
create index evidence_class on evidence (class_id, received_at);
create index evidence_lesson on evidence (lesson_id, kind);
create index evidence_trainee on evidence (trainee_id);
create index evidence_received on evidence (received_at, id);

-- Seal: the Merkle log -------------------------------------------------------------------------------------------------------

create table leaf (
    id text primary key,
    body bytea not null,
    hash bytea not null,
    staged_at bigint not null,
    log_index bigint unique
);
create index leaf_staged on leaf (id) where log_index is null;

-- One row: the only truth about which history is ours. Swapped by compare-and-swap on tree_size.
create table log_head (
    id bigint primary key,
    origin text not null,
    tree_size bigint not null,
    root bytea not null,
    -- The unfinished right edge of the tree: per level the hashes of its partial tile.
    edge bytea not null,
    -- Leaves up to here have their full tiles in the storage.
    tiled_size bigint not null,
    -- Leaves up to here are covered by a published checkpoint.
    published_size bigint not null,
    updated_at bigint not null
);

create table log_checkpoint (
    tree_size bigint primary key,
    root bytea not null,
    note text not null,
    published_at bigint not null
);

-- Jobs -----------------------------------------------------------------------------------------------------------------------

create table job (
    id text primary key,
    kind text not null,
    -- What it is about; at most one waiting job per kind and key.
    key text not null,
    state text not null,
    run_at bigint not null,
    attempts bigint not null,
    leased_until bigint,
    error text,
    created_at bigint not null
);
create unique index job_waiting on job (kind, key) where state = 'waiting';
create index job_due on job (run_at) where state = 'waiting';
create index job_leased on job (leased_until) where state = 'running';

-- Analyse: what evidence says ------------------------------------------------------------------------------------------------

create table fact (
    evidence_id text not null references evidence (id),
    name text not null,
    -- Version of the analysis that said it.
    version bigint not null,
    value text not null,
    at bigint not null,
    primary key (evidence_id, name)
);

create table thumbnail (
    evidence_id text primary key references evidence (id),
    media_type text not null,
    digest bytea not null
);

-- Lake: where events are -----------------------------------------------------------------------------------------------------

create table segment (
    id text primary key,
    evidence_id text not null references evidence (id),
    digest bytea not null,
    size bigint not null,
    row_count bigint not null,
    first_at bigint,
    last_at bigint,
    class_id text,
    created_at bigint not null,
    -- Set when a newer reading of the same evidence took its place.
    replaced_at bigint
);
create unique index segment_live on segment (evidence_id) where replaced_at is null;
create index segment_class on segment (class_id);

-- Which lessons a segment speaks of.
create table segment_lesson (
    segment_id text not null references segment (id),
    lesson_id text not null references lesson (id),
    primary key (segment_id, lesson_id)
);
create index segment_lesson_lesson on segment_lesson (lesson_id);

create table snapshot (
    table_name text not null,
    digest bytea not null,
    row_count bigint not null,
    taken_at bigint not null,
    -- Set when a newer one took its place; its object is discarded a while later.
    replaced_at bigint,
    primary key (table_name, digest)
);
create unique index snapshot_live on snapshot (table_name) where replaced_at is null;

-- Link: credited hours -------------------------------------------------------------------------------------------------------

create table credit_run (
    id text primary key,
    lesson_id text not null references lesson (id),
    policy text not null,
    -- SHA-256 over the canonical result of all trainees; equal results make no new run.
    digest bytea not null,
    leaf_id text not null,
    at bigint not null,
    replaced_at bigint
);
create unique index credit_run_live on credit_run (lesson_id) where replaced_at is null;

create table credit (
    run_id text not null references credit_run (id),
    class_id text not null references class (id),
    lesson_id text not null references lesson (id),
    trainee_id text not null references trainee (id),
    credited_ms bigint not null,
    hours_milli bigint not null,
    presence_ms bigint not null,
    corroborated_ms bigint not null,
    -- JSON: {reason: milliseconds}
    reasons text not null,
    -- JSON: spans that cover the lesson window
    spans text not null,
    primary key (run_id, trainee_id)
);
create index credit_class on credit (class_id);
create index credit_trainee on credit (trainee_id);

-- Detect: findings -----------------------------------------------------------------------------------------------------------

create table finding (
    id text primary key,
    -- What makes it the same finding in the next run.
    key text not null unique,
    rule text not null,
    rule_version bigint not null,
    severity text not null,
    strength text not null,
    status text not null,
    snoozed_until bigint,
    subject_kind text not null,
    subject_id text not null,
    provider_id text,
    class_id text,
    lesson_id text,
    trainee_id text,
    at bigint not null,
    score double precision not null,
    money_fen bigint not null,
    evidence text not null,
    detail text not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    -- Set when a later run no longer finds it.
    ceased_at bigint
);
create index finding_queue on finding (status, money_fen);
create index finding_class on finding (class_id);
create index finding_trainee on finding (trainee_id);

create table finding_event (
    id text primary key,
    finding_id text not null references finding (id),
    at bigint not null,
    actor text not null,
    status text not null,
    note text
);
create index finding_event_finding on finding_event (finding_id);

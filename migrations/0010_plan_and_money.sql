-- The notice's process: what governs a class, its papers, decisions, amendments, certificates, payments, claims and reports.

-- The policy fixed for a class when it was approved, `id@fingerprint`; null until then, and for classes approved before this step.
alter table class add column policy text;

-- Every policy that ever governed anything, as its file stood, so that a class is calculated by it for good.
create table policy_text (
    name text primary key,
    body text not null,
    digest bytea not null,
    first_used_at bigint not null
);

-- Papers of a class: evidence of the kind `document` (or any other), and what it is there for.
create table class_document (
    id text primary key,
    class_id text not null references class (id),
    -- licence, online_plan, full_plan, promise, decision, claim or other.
    kind text not null,
    evidence_id text not null references evidence (id),
    actor text not null,
    at bigint not null
);
create unique index class_document_once on class_document (class_id, kind, evidence_id);
create index class_document_evidence on class_document (evidence_id);

-- Every word on an opening application; the class row holds the newest one.
create table class_decision (
    id text primary key,
    class_id text not null references class (id),
    -- approve, return or refuse.
    decision text not null,
    reason text,
    standard_qualified_fen bigint,
    standard_skill_level_fen bigint,
    standard_vocational_fen bigint,
    standard_special_operation_fen bigint,
    policy text,
    -- What the checks said at that moment: JSON.
    remarks text not null,
    -- By when it was due, and whether the calendar knew that for certain (1) or not (0).
    due_on text not null,
    due_certain bigint not null,
    actor text not null,
    at bigint not null,
    leaf_id text not null,
    -- The written decision, kept as evidence.
    letter_evidence_id text references evidence (id)
);
create index class_decision_class on class_decision (class_id, at);

-- A change of an approved plan: never an overwrite without one.
create table amendment (
    id text primary key,
    class_id text not null references class (id),
    -- roster, timetable or plan.
    kind text not null,
    -- What changed, JSON without personal data: ids, fields, before and after.
    changes text not null,
    reason text,
    -- Credited hours of the class in thousandths before it, and after the lessons it touched were calculated again.
    hours_before_milli bigint not null,
    hours_after_milli bigint,
    digest bytea not null,
    leaf_id text not null unique,
    actor text not null,
    at bigint not null
);
create index amendment_class on amendment (class_id, at);

create table certificate (
    id text primary key,
    class_id text not null references class (id),
    trainee_id text not null references trainee (id),
    -- qualified, skill_level, vocational or special_operation.
    kind text not null,
    number_sealed bytea,
    -- Keyed hash of the number, to notice one number twice.
    number_index bytea,
    issued_on text not null,
    evidence_id text references evidence (id),
    actor text not null,
    at bigint not null,
    -- Set when a newer entry for the same trainee and kind took its place, or it was taken back.
    replaced_at bigint
);
create unique index certificate_live on certificate (trainee_id, kind) where replaced_at is null;
create index certificate_class on certificate (class_id);
create index certificate_number on certificate (number_index) where number_index is not null;

-- Money paid in advance, as the reviewer recorded it.
create table prepayment (
    id text primary key,
    class_id text not null unique references class (id),
    amount_fen bigint not null,
    paid_on text not null,
    reference text,
    actor text not null,
    at bigint not null,
    leaf_id text not null unique
);

create table claim (
    id text primary key,
    class_id text not null references class (id),
    -- What was claimed, as canonical JSON without personal data, and its SHA-256, which the leaf names.
    document text not null,
    digest bytea not null,
    amount_fen bigint not null,
    -- Gaps that the claimant accepted: JSON.
    gaps text not null,
    -- filed, returned, approved, refused or settled.
    state text not null,
    actor text not null,
    filed_at bigint not null,
    leaf_id text not null unique,
    -- Set when a later claim of the class took its place.
    replaced_at bigint
);
create unique index claim_live on claim (class_id) where replaced_at is null;

-- What became of a claim, step by step.
create table claim_event (
    id text primary key,
    claim_id text not null references claim (id),
    state text not null,
    reason text,
    -- What was granted, or paid.
    amount_fen bigint,
    actor text not null,
    at bigint not null,
    leaf_id text not null unique
);
create index claim_event_claim on claim_event (claim_id, at);

-- Weekly reports as they were filed; a later version of a week is a correction.
create table weekly_report (
    -- The Monday of the week reported on, 2020-03-02.
    week text not null,
    version bigint not null,
    document text not null,
    digest bytea not null,
    actor text not null,
    at bigint not null,
    leaf_id text not null unique,
    primary key (week, version)
);

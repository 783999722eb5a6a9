-- Cases: findings and evidence that an investigator put together. They are not derived: a rebuild leaves them alone, and fsck holds them against the log.
-- A case as its last step left it.
create table case_file (
    id text primary key,
    title text not null,
    -- `open` or `closed`.
    status text not null,
    -- How it was closed: `handed_over`, `proven`, `unfounded`, `unproven`.
    outcome text,
    opened_by text not null,
    opened_at bigint not null,
    changed_at bigint not null
);
create index case_file_opened on case_file (opened_at, id);

-- What was done with a case, one after the other; the log has a leaf with the digest of each document.
create table case_step (
    id text primary key,
    case_id text not null references case_file (id),
    -- From 1, without gaps.
    number bigint not null,
    -- `opened`, `added`, `removed`, `noted`, `closed`, `reopened`.
    step text not null,
    actor text not null,
    at bigint not null,
    -- Canonical JSON with the digest of the step before.
    document text not null,
    digest bytea not null,
    leaf_id text not null,
    unique (case_id, number)
);

-- What is in a case now, and the step that put it in.
create table case_item (
    case_id text not null references case_file (id),
    -- `finding`, `evidence`, `class`, `lesson`, `trainee`.
    kind text not null,
    subject_id text not null,
    step_id text not null references case_step (id),
    -- Fen at risk by a finding when it was put in.
    money_fen bigint not null,
    primary key (case_id, kind, subject_id)
);
create index case_item_subject on case_item (kind, subject_id);

-- The leaf of a person's decision on a finding; null for what runs saw, and for decisions from before this column.
alter table finding_event add column leaf_id text;

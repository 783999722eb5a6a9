-- Resumable uploads: what was announced, how much of it is there, what became of it. A row goes when it expires; evidence stays.
create table upload (
    id text primary key,
    -- Who began it: nobody else goes on with it, and it is kept in this name.
    submitter text not null,
    role text not null,
    platform_id text references platform (id),
    provider_id text references provider (id),
    -- What it is said to be: JSON as in the query of POST /v1/evidence.
    claim text not null,
    -- SHA-256 of the whole, where announced.
    digest bytea,
    size bigint not null,
    -- Bytes that are there; moved on by compare-and-swap together with the part.
    received bigint not null,
    created_at bigint not null,
    touched_at bigint not null,
    expires_at bigint not null,
    -- What became of it: at most one of the two.
    evidence_id text references evidence (id),
    refusal text
);
create index upload_submitter on upload (submitter, id);
create index upload_expires on upload (expires_at);

-- The parts that are there, each staged under its digest in the upload's scope of the storage.
create table upload_part (
    upload_id text not null references upload (id),
    first bigint not null,
    size bigint not null,
    digest bytea not null,
    primary key (upload_id, first)
);

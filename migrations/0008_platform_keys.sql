-- Keys that platforms sign with. A key is never changed and never taken away, so that what was signed with it can be checked for good.
create table platform_key (
    id text primary key,
    platform_id text not null references platform (id),
    -- What signatures call it (keyid). One key has one name, and comes back under none.
    name text not null unique,
    -- Ed25519, 32 bytes.
    public_key bytea not null unique,
    -- no, files or all: what of this platform's is refused unsigned while the key is live.
    required text not null,
    actor text not null,
    at bigint not null,
    leaf_id text not null unique
);
create index platform_key_platform on platform_key (platform_id, id);

-- From when on a key counts no more. Several are possible, each earlier than the one before; the earliest counts.
create table platform_key_revocation (
    id text primary key,
    key_id text not null references platform_key (id),
    revoked_from bigint not null,
    actor text not null,
    at bigint not null,
    leaf_id text not null unique
);
create index platform_key_revocation_key on platform_key_revocation (key_id, revoked_from);

-- Signatures of platforms over evidence: one for each key.
create table evidence_signature (
    id text primary key,
    evidence_id text not null references evidence (id),
    key_id text not null references platform_key (id),
    -- All that is needed to check it again, as canonical JSON, and its SHA-256, which the leaf names.
    document text not null,
    digest bytea not null,
    leaf_id text not null unique,
    at bigint not null
);
create unique index evidence_signature_once on evidence_signature (evidence_id, key_id);

-- What the request that began an upload was signed with: the document that will be kept with the evidence.
alter table upload add column signature text;

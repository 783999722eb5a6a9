-- People whom the logs of a class name and the roster does not know, or knows twice. Derived with the segment of the same evidence, and
-- made again by `keshi rebuild`. What the file writes of them is personal data: encrypted, and found by keyed hash.
create table unmatched (
    evidence_id text not null references evidence (id),
    -- Keyed hash of class, platform and what the platform writes: the account where there is one, else the name.
    identity bytea not null,
    class_id text not null references class (id),
    -- What the first of their rows says of the person, as JSON, encrypted.
    who_sealed bytea not null,
    -- unknown, several_people, shared or contradiction.
    doubt text not null,
    row_count bigint not null,
    first_row bigint not null,
    -- The most that the rows could be worth: from the first to the last sign in each lesson, within its window.
    span_ms bigint not null,
    primary key (evidence_id, identity)
);
create index unmatched_class on unmatched (class_id, identity);

-- What a person ruled of one of them, for the whole class. The newest counts, the earlier ones stay.
create table resolution (
    id text primary key,
    class_id text not null references class (id),
    identity bytea not null,
    who_sealed bytea not null,
    -- trainee, nobody or open: open takes back what was said before.
    says text not null,
    trainee_id text references trainee (id),
    reason_sealed bytea not null,
    reason_index bytea not null,
    -- SHA-256 of the document that the leaf seals.
    digest bytea not null,
    leaf_id text not null unique,
    actor text not null,
    at bigint not null,
    -- Set when a newer one took its place.
    replaced_at bigint
);
create unique index resolution_live on resolution (class_id, identity) where replaced_at is null;
create index resolution_class on resolution (class_id, id);

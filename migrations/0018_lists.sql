-- Lists that other offices keep and hand over: who draws a pension, whose networks and devices are known, which material everybody shows.

-- One file of a list, as of a day. A later one of the same kind from the same source takes its place, and the earlier one stays as history.
create table reference_list (
    id text primary key,
    kind text not null,
    source text not null,
    as_of text not null,
    evidence_id text not null references evidence (id),
    entries bigint not null,
    refused bigint not null,
    actor text not null,
    at bigint not null,
    leaf_id text,
    -- Null while its entries are being written: nothing reads them before.
    live_at bigint,
    replaced_at bigint
);
create unique index reference_list_live on reference_list (kind, source) where live_at is not null and replaced_at is null;

-- One row of the file. Of people only the keyed hash of the ID number.
create table reference_entry (
    list_id text not null references reference_list (id),
    row_number bigint not null,
    person_index bytea,
    value text,
    provider_id text references provider (id),
    from_on text,
    until_on text,
    primary key (list_id, row_number)
);
create index reference_entry_person on reference_entry (person_index, list_id) where person_index is not null;

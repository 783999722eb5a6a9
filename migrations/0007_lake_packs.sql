-- The lake at size. Tiny segments stay in their catalogue row; many segments of a class become one pack, an object that holds the rows of all.

-- A pack speaks for its segments from live_at to replaced_at. At most one a class is being written at a time.
create table pack (
    id text primary key,
    class_id text not null references class (id),
    -- Of its object. Noted before the object is kept, so that what a crash leaves is found and thrown away.
    digest bytea,
    size bigint,
    row_count bigint,
    first_at bigint,
    last_at bigint,
    created_at bigint not null,
    live_at bigint,
    -- Set when another pack took its place; its object is discarded a while later.
    replaced_at bigint
);
create unique index pack_written on pack (class_id) where live_at is null;
create index pack_live on pack (class_id) where live_at is not null and replaced_at is null;
create index pack_replaced on pack (replaced_at) where replaced_at is not null;

-- The segment's own bytes while they are inline, and 1 while the storage holds them. A packed segment has neither once its grace is over.
alter table segment add column bytes bytea;
alter table segment add column own_object bigint not null default 1;
-- The pack that holds its rows. A segment that was replaced after it was packed stays named here: its rows in the pack no longer count.
alter table segment add column pack_id text;

create index segment_loose on segment (class_id) where pack_id is null and replaced_at is null;
create index segment_pack on segment (pack_id) where pack_id is not null;
create index segment_replaced on segment (replaced_at) where replaced_at is not null;
create index segment_digest on segment (digest);

-- Evidence of live events that waits to be read, many pieces of a class at a time.
create table unread (
    class_id text not null references class (id),
    evidence_id text not null references evidence (id),
    primary key (class_id, evidence_id)
);

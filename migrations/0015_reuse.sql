-- Pictures and recordings used twice. All of it is derived: thrown away and found again at will.

-- What a recording looks and sounds like: fingerprints, in an object.
create table reel (
    evidence_id text primary key references evidence (id),
    digest bytea not null,
    at bigint not null
);
create index reel_at on reel (at);

-- What two pieces of evidence were found to have in common.

create table media_match (
    -- The one received later.
    evidence_id text not null references evidence (id),
    -- The one that had it first.
    other_id text not null references evidence (id),
    -- coded (the same coded data or pixels in other bytes), picture (laid over each other, what cameras saw is the same) or recording (the same was
    -- shown, said, or both, for a while).
    kind text not null,
    -- exact, strong or candidate.
    tier text not null,
    -- 0 to 1: how sure.
    score double precision not null,
    -- Bits by which the nearest windows differ, of 256; null for exact matches.
    distance bigint,
    -- Live blocks that are not the same, in thousandths; null for exact matches.
    changed_milli bigint,
    -- Where all that changed lies, in thousandths of the later picture: left, top, right, bottom; null where it is no rectangle.
    patch text,
    -- Why two recordings are taken for one: together (pictures and sound), sound, pictures (which both sounds speak against), silent (pictures, and no sound
    -- to ask); null for pictures.
    because text,
    -- How long the recordings share something, in milliseconds of the later; null for pictures.
    aligned_ms bigint,
    -- Stretches that they share, longest first, as JSON: [from, until, from in the other, until in the other], milliseconds; null for pictures.
    runs text,
    at bigint not null,
    primary key (evidence_id, other_id)
);
create index media_match_other on media_match (other_id);
-- What was said by an analysis since a moment, by name.
create index fact_name on fact (name, at);

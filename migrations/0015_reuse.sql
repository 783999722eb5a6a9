-- Pictures used twice: what two pieces of evidence were found to have in common. Derived: thrown away and found again at will.

create table media_match (
    -- The one received later.
    evidence_id text not null references evidence (id),
    -- The one that had it first.
    other_id text not null references evidence (id),
    -- coded (the same coded data or pixels in other bytes) or picture (laid over each other, what cameras saw is the same).
    kind text not null,
    -- exact, strong or candidate.
    tier text not null,
    -- 0 to 1.
    score double precision not null,
    -- Bits by which the nearest windows differ, of 256; null for exact matches.
    distance bigint,
    -- Live blocks that are not the same, in thousandths; null for exact matches.
    changed_milli bigint,
    -- Where all that changed lies, in thousandths of the later picture: left, top, right, bottom; null where it is no rectangle.
    patch text,
    at bigint not null,
    primary key (evidence_id, other_id)
);
create index media_match_other on media_match (other_id);
-- What was said by an analysis since a moment, by name.
create index fact_name on fact (name, at);

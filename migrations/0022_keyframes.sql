-- Keyframes of recordings, by the digest of what the encoder wrote. Derived: measured again at will.

-- A keyframe packet that two recordings share was coded once: one was made from the other, or both from a third, without coding it again.
create table keyframe (
    evidence_id text not null references evidence (id),
    -- When it is shown, in milliseconds from the beginning of the recording.
    at_ms bigint not null,
    -- When the next keyframe is shown, kept or not, or the recording ends.
    until_ms bigint not null,
    -- The first half of the SHA-256 of its coded picture, without length prefixes, parameter sets and comments. Once in a recording.
    digest bytea not null,
    -- One of so many keyframes of this recording is kept (1, 2, 4, …): those whose digests end in so many zero bits, so that two recordings keep the same.
    one_in bigint not null,
    primary key (evidence_id, at_ms)
);
create index keyframe_digest on keyframe (digest, evidence_id);
-- Whether a file is on a list, by its digest.
create index reference_entry_value on reference_entry (value) where value is not null;

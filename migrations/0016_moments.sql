-- Pictures of a recording in a row, a JPEG in an object; the fact `strip` says which moments they are.
create table strip (
    evidence_id text primary key references evidence (id),
    digest bytea not null
);

-- A picture that is a frame of a recording: a row of media_match of the kind `moment`, whose evidence is the picture, whichever came first.

-- When it is on show in the recording, in milliseconds from its beginning; null for other kinds.
alter table media_match add column at_ms bigint;
alter table media_match add column until_ms bigint;

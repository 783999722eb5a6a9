-- Events that were taken in one by one or a few at a time, by their reference (or by what they say, where they have none), so that one
-- that is sent again is answered with where it is. Bounded: rows older than live.repeat_days are forgotten.
create table live_event (
    -- 128 bits of a hash over who sends, class and reference, in base64.
    key text primary key,
    evidence_id text not null references evidence (id),
    -- Line or entry of the evidence, from 1.
    place bigint not null,
    -- 128 bits of a hash over what the event says, in base64.
    says text not null,
    at bigint not null
);
create index live_event_at on live_event (at);

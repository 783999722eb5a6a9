-- Webhooks: who asked to be told, of what, what there is to tell, and how far telling it is.
create table webhook (
    id text primary key,
    name text not null,
    -- Whose it is, and so of what it is told; both null for an operator's, which is told of everything.
    platform_id text references platform (id),
    provider_id text references provider (id),
    -- Names of events, separated by blanks; what counts are the rows of webhook_event.
    events text not null,
    -- Address and secret are encrypted: an address may hold a password of the receiver's.
    url_sealed bytea not null,
    secret_sealed bytea not null,
    -- The secret before this one, which signs as well for a while.
    old_secret_sealed bytea,
    old_secret_until bigint,
    created_by text not null,
    created_at bigint not null,
    -- Set when the receiver answered that it is gone.
    ended_at bigint
);

-- Which events are asked for by a webhook that has not ended: what every change looks at, so nothing else is in it.
create table webhook_event (
    event text not null,
    webhook_id text not null references webhook (id),
    primary key (event, webhook_id)
);
create index webhook_event_webhook on webhook_event (webhook_id);

-- What there is to tell: committed with the change it tells of, where anybody asked for such an event. Its id is the webhook-id.
create table webhook_message (
    id text primary key,
    event text not null,
    -- What changed; at most one message that is not written yet per event and key.
    key text not null,
    at bigint not null,
    due_at bigint not null,
    -- As it is sent; null until it is written, together with its deliveries.
    body text
);
create unique index webhook_message_unwritten on webhook_message (event, key) where body is null;
create index webhook_message_due on webhook_message (due_at) where body is null;
create index webhook_message_at on webhook_message (at) where body is not null;

create table webhook_delivery (
    webhook_id text not null references webhook (id),
    message_id text not null references webhook_message (id),
    -- waiting, delivered or given_up.
    state text not null,
    attempts bigint not null,
    -- From when on the time counts after which it is given up.
    since_at bigint not null,
    -- When it is tried next; moved ahead while it is tried, so that it is tried again if the server dies meanwhile.
    due_at bigint not null,
    -- The last attempt: when it ended, what the receiver answered, or why it did not.
    last_at bigint,
    status bigint,
    problem text,
    primary key (webhook_id, message_id)
);
create index webhook_delivery_due on webhook_delivery (webhook_id, due_at) where state = 'waiting';
create index webhook_delivery_given_up on webhook_delivery (webhook_id) where state = 'given_up';
create index webhook_delivery_settled on webhook_delivery (last_at) where state <> 'waiting';
create index webhook_delivery_message on webhook_delivery (message_id);

-- How often the hours of a lesson were calculated.
create index credit_run_lesson on credit_run (lesson_id);

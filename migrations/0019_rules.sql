-- The text of every rule that ever found something; the log has a leaf with its digest.
create table rule_text (
    digest bytea primary key,
    rule text not null,
    version bigint not null,
    text text not null,
    first_used_at bigint not null
);
create index rule_text_rule on rule_text (rule);

-- Which text of its rule saw the finding last; null for findings from before this column.
alter table finding add column rule_digest bytea;

-- Runs of the rules: why (`change`, or `all` for the one over all time), how many things had changed, and what came of it. One that never ended has no end.
create table detect_run (
    id text primary key,
    why text not null,
    changes bigint not null,
    begun_at bigint not null,
    ended_at bigint,
    rules bigint,
    broken bigint,
    found bigint,
    fresh bigint,
    ceased bigint
);
create index detect_run_begun on detect_run (begun_at);

-- Questions to the lake that somebody kept.
create table question (
    id text primary key,
    name text not null unique,
    text text not null,
    kept_by text not null,
    kept_at bigint not null
);

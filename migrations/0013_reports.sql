-- Reports and deadlines: where a provider is, what finds a week and what is still open, and the daily digest.

-- 行政区划代码 of six digits, or a name; null where nobody said.
alter table provider add column region text;

-- What a week is found by.
create index class_created on class (created_at);
create index class_decided on class (decided_at) where decided_at is not null;
create index class_ends on class (ends_on);
create index lesson_end on lesson (ends_at);
create index certificate_issued on certificate (issued_on) where replaced_at is null;
create index prepayment_paid on prepayment (paid_on);
create index claim_filed on claim (filed_at);
-- Sums over many runs without the spans, which are most of a row of credit.
create index credit_sum on credit (run_id, trainee_id, hours_milli, presence_ms);

-- What is still open.
create index class_undecided on class (created_at) where decision is null;
create index class_promised on class (promise_due) where application = 'promise_first';
create index claim_undecided on claim (filed_at) where state = 'filed' and replaced_at is null;

-- The daily digest of what is due and overdue: one for each day and audience, whichever server is first.
create table deadline_digest (
    -- In the policy's zone, 2020-03-03.
    day text not null,
    -- `all`, or the id of the provider whose own deadlines these are.
    audience text not null,
    -- Counts and ids of classes: JSON.
    document text not null,
    at bigint not null,
    -- waiting, sent, given_up; none where nobody is to get it by mail.
    mail text not null,
    attempts bigint not null,
    -- When it is tried next; moved ahead while it is tried.
    due_at bigint not null,
    last_at bigint,
    problem text,
    primary key (day, audience)
);
create index deadline_digest_due on deadline_digest (due_at) where mail = 'waiting';

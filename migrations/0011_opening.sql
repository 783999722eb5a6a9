-- When the newest content of an application was filed, where it was filed again after a return; null: when the class was.
alter table class add column filed_at bigint;

-- Earlier contents of applications that were returned and filed again, as they were decided on.
create table class_application (
    id text primary key,
    class_id text not null references class (id),
    -- What was filed, as JSON without the bank account; the SHA-256 of its canonical form is in the leaf of the decision on it.
    content text not null,
    filed_at bigint not null,
    replaced_at bigint not null,
    actor text not null
);
create index class_application_class on class_application (class_id, replaced_at);

-- Decisions whose written form is still to be made.
create index class_decision_unwritten on class_decision (at) where letter_evidence_id is null;

-- Names before and after an amendment, encrypted: they are in nothing that is sealed but as a keyed hash, as is the reason.
alter table amendment add column personal_sealed bytea;
alter table amendment add column personal_index bytea;
alter table amendment add column reason_index bytea;

-- Personal data: what is wrong with an ID number, so that rules see it without the number, and what people ask to be corrected.

-- The code of the fault, empty where there is none; null for trainees that were rostered before this step, until a server has looked.
alter table trainee add column id_number_fault text;
create index trainee_unchecked on trainee (id) where id_number_fault is null;

-- A person asks that something kept of them be corrected. The provider corrects the roster; what became of it is said here.
create table correction (
    id text primary key,
    class_id text not null references class (id),
    trainee_id text not null references trainee (id),
    -- name, id_number, phone, email, category, hours, certificate or other.
    field text not null,
    -- What is said to be right, and why: personal data, encrypted.
    reason_sealed bytea not null,
    -- open, corrected or declined.
    state text not null,
    -- Why it was closed as it was, without personal data.
    outcome text,
    actor text not null,
    at bigint not null,
    closed_by text,
    closed_at bigint
);
create index correction_trainee on correction (trainee_id, at);
create index correction_open on correction (class_id, at) where state = 'open';
-- What one person did: who looked how often in the last hour.
create index trail_actor on trail (actor, at);

-- Who is busy when: a teacher's lessons by time, whatever the class.
create index lesson_teacher on lesson (teacher, starts_at);

-- How much speaks against a class, a trainee, a provider or a device, by kind of fraud and in all (`all`); made again from the findings whenever they change.
create table score (
    subject_kind text not null,
    subject_id text not null,
    typology text not null,
    score double precision not null,
    -- Fen at risk, no hour twice; only in `all`.
    money_fen bigint not null,
    -- JSON: [{rule, findings, clear, weight, part}]
    parts text not null,
    at bigint not null,
    primary key (subject_kind, subject_id, typology)
);
create index score_rank on score (subject_kind, typology, score);

create index finding_subject on finding (subject_kind, subject_id);
create index finding_provider on finding (provider_id);

-- How many rules a run is to run, and who asked it to stop, and when.
alter table detect_run add column asked bigint;
alter table detect_run add column stop_asked_by text;
alter table detect_run add column stop_asked_at bigint;

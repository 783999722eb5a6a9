//! Statements on `finding` and `finding_event`.

/// $1 key.
pub(crate) const KNOWN: &str = "select id, status, ceased_at from finding where key = $1";

/// $1 id, $2 key, $3 rule, $4 version, $5 severity, $6 strength, $7 and $8 subject, $9 class, $10 lesson, $11 trainee, $12 at, $13 score,
/// $14 money, $15 evidence, $16 detail, $17 now, $18 digest of the rule. What a person said stays; a run that began earlier changes nothing.
pub(crate) const PUT: &str = "insert into finding (id, key, rule, rule_version, severity, strength, status, subject_kind, subject_id, provider_id, class_id, \
     lesson_id, trainee_id, at, score, money_fen, evidence, detail, first_seen_at, last_seen_at, rule_digest) \
     values ($1, $2, $3, $4, $5, $6, 'open', $7, $8, coalesce((select provider_id from class where id = $9), case when $7 = 'provider' then $8 end), $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18) \
     on conflict (key) do update set rule_version = excluded.rule_version, severity = excluded.severity, strength = excluded.strength, \
     at = excluded.at, score = excluded.score, money_fen = excluded.money_fen, evidence = excluded.evidence, detail = excluded.detail, \
     last_seen_at = excluded.last_seen_at, rule_digest = excluded.rule_digest, ceased_at = null where finding.last_seen_at <= excluded.last_seen_at returning id";

/// $1 rule, $2 since, $3 until, $4 now: those of the window that this run has not seen.
pub(crate) const CEASE: &str = "update finding set ceased_at = $4 where rule = $1 and at >= $2 and at < $3 and last_seen_at < $4 and ceased_at is null \
     returning id, status, subject_kind, subject_id, class_id";

/// The rules of all findings that hold.
pub(crate) const RULES_FOUND: &str = "select distinct rule from finding where ceased_at is null";

/// $1 rule, $2 now: those of a rule that is not in force.
pub(crate) const RETIRE: &str = "update finding set ceased_at = $2 where rule = $1 and ceased_at is null \
     returning id, status, subject_kind, subject_id, class_id";

/// $1 rule, $2 since, $3 until: all that a rule ever found there and that still holds or was judged.
pub(crate) const OF_RULE: &str = "select id, key, status, ceased_at, money_fen from finding where rule = $1 and at >= $2 and at < $3 \
     and (ceased_at is null or status = 'confirmed' or status = 'dismissed')";

/// $1 id, $2 finding, $3 at, $4 actor, $5 status, $6 note.
pub(crate) const ADD_EVENT: &str = "insert into finding_event (id, finding_id, at, actor, status, note) values ($1, $2, $3, $4, $5, $6)";

/// $1 finding.
pub(crate) const EVENTS: &str = "select at, actor, status, note from finding_event where finding_id = $1 order by at, id";

/// $1 entry, $2 its leaf.
pub(crate) const EVENT_SEALED: &str = "update finding_event set leaf_id = $2 where id = $1";

/// $1 finding: what people said of it.
pub(crate) const DECISIONS: &str =
    "select id, at, actor, status, note, leaf_id from finding_event where finding_id = $1 and actor <> 'keshi' order by at, id";

/// $1 digest: the text of a rule.
pub(crate) const RULE_TEXT: &str = "select text from rule_text where digest = $1";

/// $1 finding: the digest of the rule's text that saw it last.
pub(crate) const RULE_OF: &str = "select rule_digest from finding where id = $1";

/// The first and last moment of a class's lessons, or of a lesson, and the class. $1 class or lesson.
pub(crate) const WINDOW: &str = "select min(starts_at), max(ends_at), min(class_id) from lesson where class_id = $1 or id = $1";

/// Whether there is any lesson.
pub(crate) const ANY_LESSON: &str = "select 1 from lesson limit 1";

/// From when to when there are lessons.
pub(crate) const EXTENT: &str = "select min(starts_at), max(starts_at) from lesson";

/// $1 digest, $2 rule, $3 version, $4 text, $5 now: the first use counts.
pub(crate) const KEEP_RULE: &str =
    "insert into rule_text (digest, rule, version, text, first_used_at) values ($1, $2, $3, $4, $5) on conflict (digest) do nothing";

/// $1 id, $2 why, $3 how many things changed, $4 now, $5 rules to run.
pub(crate) const BEGIN_RUN: &str = "insert into detect_run (id, why, changes, begun_at, asked) values ($1, $2, $3, $4, $5)";

/// $1 run: whether somebody asked it to stop.
pub(crate) const STOP_ASKED: &str = "select 1 from detect_run where id = $1 and stop_asked_at is not null";

/// $1 run, $2 who, $3 now.
pub(crate) const ASK_TO_STOP: &str =
    "update detect_run set stop_asked_by = $2, stop_asked_at = $3 where id = $1 and ended_at is null and stop_asked_at is null";

/// $1 limit: the newest.
pub(crate) const RUNS: &str = "select id, why, changes, begun_at, ended_at, asked, rules, broken, found, fresh, ceased, stop_asked_at from detect_run \
     order by begun_at desc, id desc limit $1";

/// $1 id, $2 now at its end, $3 rules run, $4 of them broken, $5 found, $6 new, $7 ceased.
pub(crate) const NOTE_RUN: &str =
    "update detect_run set ended_at = $2, rules = $3, broken = $4, found = $5, fresh = $6, ceased = $7 where id = $1";

/// $1 a time.
pub(crate) const FORGET_RUNS: &str = "delete from detect_run where begun_at < $1";

/// $1 why, $2 a time.
pub(crate) const ALL_SINCE: &str = "select 1 from detect_run where why = $1 and begun_at >= $2 limit 1";

macro_rules! columns {
    () => {
        "select f.id, f.key, f.rule, f.rule_version, f.severity, f.strength, f.snoozed_until, f.subject_kind, f.subject_id, f.provider_id, \
         f.class_id, f.lesson_id, f.trainee_id, f.at, f.score, f.money_fen, f.evidence, f.detail, f.first_seen_at, f.last_seen_at, f.ceased_at, \
         c.external_id as class_external_id, l.external_id as lesson_external_id, t.external_id as trainee_external_id, \
         case when f.status = 'snoozed' and f.snoozed_until <= $1 then 'open' else f.status end as status from finding f \
         left join class c on c.id = f.class_id left join lesson l on l.id = f.lesson_id left join trainee t on t.id = f.trainee_id "
    };
}

// A finding that no longer holds and that nobody has judged is not in the queue; those of weak rules are there for who asks for the rule.
macro_rules! wanted {
    () => {
        "(f.ceased_at is null or f.status = 'confirmed' or f.status = 'dismissed') \
         and (f.rule = $2 or ($2 = '' and f.strength <> 'weak')) and ($3 = '' or f.severity = $3) and ($4 = '' or f.class_id = $4) and ($5 = '' or f.provider_id = $5) \
         and ($6 = '' or f.trainee_id = $6) and f.at >= $7 and f.at < $8 \
         and ($9 = '' or $9 = case when f.status = 'snoozed' and f.snoozed_until <= $1 then 'open' else f.status end) "
    };
}

/// $1 now, $2 id.
pub(crate) const ONE: &str = concat!(columns!(), "where f.id = $2");

/// $1 now, $2 rule, $3 severity, $4 class, $5 provider, $6 trainee, $7 from, $8 until, $9 status; behind $10 money, $11 at, $12 id; $13 limit.
pub(crate) const BY_MONEY: &str = concat!(
    columns!(),
    "where ",
    wanted!(),
    "and (f.money_fen < $10 or (f.money_fen = $10 and (f.at < $11 or (f.at = $11 and f.id < $12)))) \
     order by f.money_fen desc, f.at desc, f.id desc limit $13"
);

/// The same, newest first; $10 is not needed.
pub(crate) const BY_TIME: &str = concat!(
    columns!(),
    "where ",
    wanted!(),
    "and $10 >= 0 and (f.at < $11 or (f.at = $11 and f.id < $12)) order by f.at desc, f.id desc limit $13"
);

/// $1 to $9 as above: how many, their money, and that of those in no class.
pub(crate) const TOTAL: &str = concat!(
    "select count(*), cast(coalesce(sum(f.money_fen), 0) as bigint), \
     cast(coalesce(sum(case when f.class_id is null then f.money_fen else 0 end), 0) as bigint) from finding f where ",
    wanted!()
);

/// $1 id, $2 status, $3 snoozed until.
pub(crate) const SET_STATUS: &str = "update finding set status = $2, snoozed_until = $3 where id = $1 \
     returning rule, rule_version, class_id, lesson_id, subject_kind, subject_id";

/// By rule: what is open and its money, what was confirmed, what was dismissed. $1 now.
pub(crate) const COUNTS: &str = "select rule, \
     cast(sum(case when ceased_at is null and (status = 'open' or (status = 'snoozed' and snoozed_until <= $1)) then 1 else 0 end) as bigint) as open, \
     cast(sum(case when ceased_at is null and (status = 'open' or (status = 'snoozed' and snoozed_until <= $1)) then money_fen else 0 end) as bigint) as fen, \
     cast(sum(case when status = 'confirmed' then 1 else 0 end) as bigint) as confirmed, \
     cast(sum(case when status = 'dismissed' then 1 else 0 end) as bigint) as dismissed from finding group by rule";

/// When any rule last saw something or stopped seeing it.
pub(crate) const NEWEST_RUN: &str = "select max(last_seen_at) from finding";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    KNOWN,
    OF_RULE,
    COUNTS,
    PUT,
    CEASE,
    RULES_FOUND,
    RETIRE,
    ADD_EVENT,
    EVENTS,
    EVENT_SEALED,
    DECISIONS,
    RULE_TEXT,
    RULE_OF,
    WINDOW,
    EXTENT,
    ANY_LESSON,
    KEEP_RULE,
    BEGIN_RUN,
    NOTE_RUN,
    STOP_ASKED,
    ASK_TO_STOP,
    RUNS,
    FORGET_RUNS,
    ALL_SINCE,
    ONE,
    BY_MONEY,
    BY_TIME,
    TOTAL,
    SET_STATUS,
    NEWEST_RUN,
];

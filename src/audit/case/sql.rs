//! Statements on `case_file`, `case_step` and `case_item`, and on what an item says of itself.

/// $1 id, $2 title, $3 who, $4 now.
pub(crate) const OPEN: &str =
    "insert into case_file (id, title, status, opened_by, opened_at, changed_at) values ($1, $2, 'open', $3, $4, $4)";

/// $1 case, $2 now, $3 the status it must have: holds the case for this transaction.
pub(crate) const HOLD: &str = "update case_file set changed_at = $2 where id = $1 and status = $3 returning title";

/// $1 case.
pub(crate) const KNOWN: &str = "select status from case_file where id = $1";

/// $1 case, $2 status, $3 outcome or null.
pub(crate) const SET_STATUS: &str = "update case_file set status = $2, outcome = $3 where id = $1";

/// $1 case: its last step.
pub(crate) const LAST: &str = "select number, digest from case_step where case_id = $1 order by number desc limit 1";

/// $1 id, $2 case, $3 number, $4 step, $5 who, $6 now, $7 document, $8 digest, $9 leaf.
pub(crate) const STEP: &str = "insert into case_step (id, case_id, number, step, actor, at, document, digest, leaf_id) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// $1 case, $2 kind, $3 id, $4 step, $5 fen.
pub(crate) const PUT_ITEM: &str = "insert into case_item (case_id, kind, subject_id, step_id, money_fen) values ($1, $2, $3, $4, $5)";

/// $1 case, $2 kind, $3 id.
pub(crate) const HAS: &str = "select 1 from case_item where case_id = $1 and kind = $2 and subject_id = $3";

/// $1 case.
pub(crate) const COUNT_ITEMS: &str = "select count(*) from case_item where case_id = $1";

/// $1 case, $2 the step that put it in.
pub(crate) const TAKE_ITEM: &str = "delete from case_item where case_id = $1 and step_id = $2 returning kind, subject_id";

macro_rules! heads {
    ($rest:literal) => {
        concat!(
            "select c.id, c.title, c.status, c.outcome, c.opened_by, c.opened_at, c.changed_at, \
             (select count(*) from case_item i where i.case_id = c.id) as items from case_file c ",
            $rest
        )
    };
}

/// $1 case.
pub(crate) const ONE: &str = heads!("where c.id = $1");

/// $1 status or ''; behind $2 opened, $3 id; $4 limit: the newest first.
pub(crate) const LIST: &str = heads!(
    "where ($1 = '' or c.status = $1) and (c.opened_at < $2 or (c.opened_at = $2 and c.id < $3)) order by c.opened_at desc, c.id desc limit $4"
);

/// $1 limit: open ones, those that something was done with last first.
pub(crate) const OPEN_ONES: &str =
    "select id, title, status from case_file where status = 'open' order by changed_at desc, id desc limit $1";

/// $1 kind, $2 id: the cases it is in.
pub(crate) const OF: &str = "select c.id, c.title, c.status from case_item i join case_file c on c.id = i.case_id \
     where i.kind = $1 and i.subject_id = $2 order by c.opened_at desc, c.id desc";

/// $1 the case before: the next ones.
pub(crate) const AFTER: &str = "select id from case_file where id > $1 order by id limit 500";

/// $1 case.
pub(crate) const STEPS: &str = "select s.id, s.case_id, s.number, s.step, s.actor, s.at, s.document, s.digest, s.leaf_id, f.log_index \
     from case_step s left join leaf f on f.id = s.leaf_id where s.case_id = $1 order by s.number";

/// $1 case, $2 now: what is in it, and of findings what they say now.
pub(crate) const ITEMS: &str = "select i.kind, i.subject_id, i.step_id, i.money_fen, f.money_fen as now_fen, f.rule_version as now_version, f.ceased_at, \
     case when f.status = 'snoozed' and f.snoozed_until <= $2 then 'open' else f.status end as now_status \
     from case_item i join case_step s on s.id = i.step_id left join finding f on i.kind = 'finding' and f.id = i.subject_id \
     where i.case_id = $1 order by s.number";

/// $1 case: what its findings put at risk, as kept; what was dismissed counts no more, nor what ceased and nobody confirmed.
pub(crate) const STAKES: &str = "select i.money_fen, f.class_id, f.lesson_id, f.trainee_id, f.subject_kind, f.subject_id \
     from case_item i join finding f on f.id = i.subject_id where i.case_id = $1 and i.kind = 'finding' and f.status <> 'dismissed' \
     and (f.ceased_at is null or f.status = 'confirmed')";

/// $1 class.
pub(crate) const CLASS_SAID: &str =
    "select c.external_id, c.title, p.name as provider from class c join provider p on p.id = c.provider_id where c.id = $1";

/// $1 lesson.
pub(crate) const LESSON_SAID: &str = "select l.external_id, l.title, l.class_id, l.starts_at, l.ends_at, c.title as class_title from lesson l \
     join class c on c.id = l.class_id where l.id = $1";

/// $1 trainee.
pub(crate) const TRAINEE_SAID: &str =
    "select t.external_id, t.class_id, c.title as class_title from trainee t join class c on c.id = t.class_id where t.id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    OPEN,
    HOLD,
    KNOWN,
    SET_STATUS,
    LAST,
    STEP,
    PUT_ITEM,
    HAS,
    COUNT_ITEMS,
    TAKE_ITEM,
    ONE,
    LIST,
    OPEN_ONES,
    OF,
    AFTER,
    STEPS,
    ITEMS,
    STAKES,
    CLASS_SAID,
    LESSON_SAID,
    TRAINEE_SAID,
];

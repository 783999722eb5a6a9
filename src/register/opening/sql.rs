//! Statements on the tables `class_document`, `class_decision` and `class_application`, and on what a class was decided.

/// $1 id, $2 class, $3 kind, $4 evidence, $5 actor, $6 now.
pub(crate) const ADD_PAPER: &str = "insert into class_document (id, class_id, kind, evidence_id, actor, at) values ($1, $2, $3, $4, $5, $6) \
     on conflict (class_id, kind, evidence_id) do nothing";

macro_rules! paper_columns {
    ($rest:literal) => {
        concat!(
            "select d.id, d.class_id, d.kind, d.evidence_id, d.actor, d.at, e.filename, e.media_type, e.size, e.digest, x.log_index \
             from class_document d join evidence e on e.id = d.evidence_id left join leaf x on x.id = e.leaf_id where ",
            $rest
        )
    };
}

/// $1 class: the oldest first.
pub(crate) const PAPERS: &str = paper_columns!("d.class_id = $1 order by d.at, d.id");

/// $1 class, $2 kind, $3 evidence.
pub(crate) const PAPER: &str = paper_columns!("d.class_id = $1 and d.kind = $2 and d.evidence_id = $3");

/// $1 class, $2 decision, $3 reason, $4 now, $5 leaf, $6 to $9 standards, null for what stays. A returned application may be decided
/// again; approval and refusal stand.
pub(crate) const DECIDE: &str = "update class set decision = $2, decision_reason = $3, decided_at = $4, decision_leaf_id = $5, \
     standard_qualified_fen = coalesce($6, standard_qualified_fen), standard_skill_level_fen = coalesce($7, standard_skill_level_fen), \
     standard_vocational_fen = coalesce($8, standard_vocational_fen), \
     standard_special_operation_fen = coalesce($9, standard_special_operation_fen) \
     where id = $1 and (decision is null or decision = 'return')";

/// $1 id, $2 class, $3 decision, $4 reason, $5 to $8 standards, $9 policy, $10 remarks, $11 due on, $12 due certain, $13 actor, $14 now,
/// $15 leaf.
pub(crate) const ADD_DECISION: &str = "insert into class_decision (id, class_id, decision, reason, standard_qualified_fen, \
     standard_skill_level_fen, standard_vocational_fen, standard_special_operation_fen, policy, remarks, due_on, due_certain, actor, at, leaf_id) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

macro_rules! decision_columns {
    ($rest:literal) => {
        concat!(
            "select d.id, d.class_id, d.decision, d.reason, d.standard_qualified_fen, d.standard_skill_level_fen, d.standard_vocational_fen, \
             d.standard_special_operation_fen, d.policy, d.remarks, d.due_on, d.due_certain, d.actor, d.at, d.leaf_id, d.letter_evidence_id, \
             x.log_index, (select count(*) from class_decision b where b.class_id = d.class_id and b.id <= d.id) as place \
             from class_decision d left join leaf x on x.id = d.leaf_id where ",
            $rest
        )
    };
}

/// $1 class: the oldest first.
pub(crate) const DECISIONS: &str = decision_columns!("d.class_id = $1 order by d.at, d.id");

/// $1 id.
pub(crate) const DECISION: &str = decision_columns!("d.id = $1");

/// $1 decision, $2 evidence.
pub(crate) const WRITTEN: &str = "update class_decision set letter_evidence_id = $2 where id = $1 and letter_evidence_id is null";

/// $1 limit: decisions without their written form, the oldest first.
pub(crate) const UNWRITTEN: &str = "select id from class_decision where letter_evidence_id is null order by at, id limit $1";

/// $1 id, $2 class, $3 content, $4 filed at, $5 now, $6 actor.
pub(crate) const ADD_EARLIER: &str =
    "insert into class_application (id, class_id, content, filed_at, replaced_at, actor) values ($1, $2, $3, $4, $5, $6)";

/// $1 class: the oldest first.
pub(crate) const EARLIER: &str =
    "select id, content, filed_at, replaced_at, actor from class_application where class_id = $1 order by replaced_at, id";

/// $1 class, $2 platform … $22 now: what was returned is filed again, and waits for a decision.
pub(crate) const FILE_AGAIN: &str = "update class set platform_id = $2, title = $3, trade_code = $4, trade_name = $5, application = $6, \
     promise_due = $7, starts_on = $8, ends_on = $9, hours_total_milli = $10, hours_online_milli = $11, hours_theory_milli = $12, \
     hours_practice_milli = $13, standard_qualified_fen = $14, standard_skill_level_fen = $15, standard_vocational_fen = $16, \
     standard_special_operation_fen = $17, epidemic = $18, bank_account_sealed = $19, content_digest = $20, filed_at = $21, \
     decision = null, decision_reason = null, decided_at = null, decision_leaf_id = null \
     where id = $1 and provider_id = $22 and decision = 'return'";

/// $1 class: ages are of its first day, and are read again.
pub(crate) const AGES_AGAIN: &str = "update trainee set id_region = null where class_id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    ADD_PAPER,
    PAPERS,
    PAPER,
    DECIDE,
    ADD_DECISION,
    DECISIONS,
    DECISION,
    WRITTEN,
    UNWRITTEN,
    ADD_EARLIER,
    EARLIER,
    FILE_AGAIN,
    AGES_AGAIN,
];

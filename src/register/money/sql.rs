//! Statements on the tables `prepayment`, `claim` and `claim_event`.

/// $1 id, $2 class, $3 amount, $4 paid on, $5 reference, $6 actor, $7 now, $8 leaf, $9 salt.
pub(crate) const ADD_PREPAYMENT: &str = "insert into prepayment (id, class_id, amount_fen, paid_on, reference, actor, at, leaf_id, salt) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (class_id) do nothing";

/// $1 class.
pub(crate) const PREPAYMENT_OF_CLASS: &str =
    "select id, class_id, amount_fen, paid_on, reference, actor, at, leaf_id, salt from prepayment where class_id = $1";

/// $1 the prepayment before: the next ones.
pub(crate) const PREPAYMENTS_AFTER: &str =
    "select id, class_id, amount_fen, paid_on, reference, actor, at, leaf_id, salt from prepayment where id > $1 order by id limit 500";

/// $1 class, $2 now: a claim that was returned makes room.
pub(crate) const REPLACE_RETURNED: &str =
    "update claim set replaced_at = $2 where class_id = $1 and state = 'returned' and replaced_at is null";

/// $1 id, $2 class, $3 document, $4 digest, $5 amount, $6 gaps, $7 state, $8 actor, $9 now, $10 leaf.
pub(crate) const ADD_CLAIM: &str = "insert into claim (id, class_id, document, digest, amount_fen, gaps, state, actor, filed_at, leaf_id) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// $1 claim, $2 state, $3 the state it was seen in.
pub(crate) const MOVE_CLAIM: &str = "update claim set state = $2 where id = $1 and state = $3 and replaced_at is null";

/// $1 id, $2 claim, $3 state, $4 reason, $5 amount, $6 actor, $7 now, $8 leaf, $9 paid on, $10 reference, $11 salt.
pub(crate) const ADD_EVENT: &str = "insert into claim_event (id, claim_id, state, reason, amount_fen, actor, at, leaf_id, paid_on, reference, \
     salt) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// $1 class.
pub(crate) const LIVE_CLAIM: &str = "select id, class_id, document, digest, amount_fen, gaps, state, actor, filed_at, leaf_id, replaced_at \
     from claim where class_id = $1 and replaced_at is null";

/// $1 the claim before: the next ones, replaced or not.
pub(crate) const CLAIMS_AFTER: &str = "select id, class_id, document, digest, amount_fen, gaps, state, actor, filed_at, leaf_id, replaced_at \
     from claim where id > $1 order by id limit 50";

/// $1 claim.
pub(crate) const EVENTS: &str = "select id, claim_id, state, reason, amount_fen, actor, at, leaf_id, paid_on, reference, salt \
     from claim_event where claim_id = $1 order by at, id";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    ADD_PREPAYMENT,
    PREPAYMENT_OF_CLASS,
    PREPAYMENTS_AFTER,
    REPLACE_RETURNED,
    ADD_CLAIM,
    MOVE_CLAIM,
    ADD_EVENT,
    LIVE_CLAIM,
    CLAIMS_AFTER,
    EVENTS,
];

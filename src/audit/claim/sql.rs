//! What a claim reads beside the plan, the certificates and the credits.

/// $1 class: account, and whether a full plan was filed.
pub(crate) const TERMS: &str = "select bank_account_sealed, cast((select count(*) from class_document d where d.class_id = class.id \
     and d.kind = 'full_plan') as bigint) as full_plans from class where id = $1";

/// $1 class: all its evidence, by id.
pub(crate) const EVIDENCE: &str = "select id, lesson_id, digest from evidence where class_id = $1 order by id";

/// $1 class: the live runs of its lessons.
pub(crate) const RUNS: &str = "select r.id, r.lesson_id, r.digest from credit_run r join lesson l on l.id = r.lesson_id \
     where l.class_id = $1 and r.replaced_at is null";

/// $1 class: findings that stand, the money at risk in them, and the same with no hour twice.
pub(crate) const FINDINGS: &str = "select cast(count(*) as bigint) as findings, cast(coalesce(sum(money_fen), 0) as bigint) as at_risk_fen, \
     (select s.money_fen from score s where s.subject_kind = 'class' and s.subject_id = $1 and s.typology = 'all') as once_fen \
     from finding where class_id = $1 and status in ('open', 'snoozed', 'confirmed') and ceased_at is null and strength <> 'weak'";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[TERMS, EVIDENCE, RUNS, FINDINGS];

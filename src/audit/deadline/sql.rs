//! Statements that find what is still open. Each begins at an index over open things and leaves out what was done since.

macro_rules! of_class {
    ($subject:literal, $since:literal, $rest:literal) => {
        concat!(
            "select ",
            $subject,
            " as subject, ",
            $since,
            " as since, c.id, c.external_id, c.title, c.provider_id, p.external_id as provider_external_id, p.name as provider_name, \
             c.starts_on, c.policy from ",
            $rest,
            " and ($1 = '' or c.provider_id = $1) and ($2 = '' or c.platform_id = $2)"
        )
    };
}

/// $1 provider, $2 platform (empty: any). Filed and not decided.
pub(crate) const DECISIONS: &str = of_class!(
    "c.id",
    "cast(coalesce(c.filed_at, c.created_at) as text)",
    "class c join provider p on p.id = c.provider_id where c.decision is null"
);

/// $1 provider, $2 platform. Approved in the epidemic, not prepaid and not claimed.
pub(crate) const PREPAYMENTS: &str = of_class!(
    "c.id",
    "cast(c.decided_at as text)",
    "class c join provider p on p.id = c.provider_id where c.decision = 'approve' and c.epidemic = 1 and c.decided_at is not null \
     and not exists (select 1 from prepayment m where m.class_id = c.id) and not exists (select 1 from claim m where m.class_id = c.id)"
);

/// $1 provider, $2 platform. Promised, not refused, and not there.
pub(crate) const FULL_PLANS: &str = of_class!(
    "c.id",
    "c.promise_due",
    "class c join provider p on p.id = c.provider_id where c.application = 'promise_first' and c.promise_due is not null \
     and (c.decision is null or c.decision <> 'refuse') \
     and not exists (select 1 from class_document d where d.class_id = c.id and d.kind = 'full_plan')"
);

/// $1 provider, $2 platform. Filed and not decided.
pub(crate) const CLAIM_DECISIONS: &str = of_class!(
    "m.id",
    "cast(m.filed_at as text)",
    "claim m join class c on c.id = m.class_id join provider p on p.id = c.provider_id where m.state = 'filed' and m.replaced_at is null"
);

/// $1 provider, $2 platform, $3 today. Ended, without any certificate, and not claimed.
pub(crate) const CERTIFICATES: &str = of_class!(
    "c.id",
    "c.ends_on",
    "class c join provider p on p.id = c.provider_id where c.decision = 'approve' and c.ends_on < $3 \
     and not exists (select 1 from certificate z where z.class_id = c.id and z.replaced_at is null) \
     and not exists (select 1 from claim m where m.class_id = c.id and m.replaced_at is null)"
);

/// $1 provider, $2 platform, $3 today. Ended and not claimed, or the claim was returned.
pub(crate) const CLAIMS: &str = of_class!(
    "c.id",
    "c.ends_on",
    "class c join provider p on p.id = c.provider_id where c.decision = 'approve' and c.ends_on < $3 \
     and not exists (select 1 from claim m where m.class_id = c.id and m.replaced_at is null and m.state <> 'returned')"
);

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[DECISIONS, PREPAYMENTS, FULL_PLANS, CLAIM_DECISIONS, CERTIFICATES, CLAIMS];

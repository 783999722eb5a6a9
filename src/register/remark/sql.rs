//! What the checks read beside the plan itself.

/// $1 class: trainees whose person is on the roster of another class that runs in the same days and was not refused.
pub(crate) const ALSO_ELSEWHERE: &str = "select distinct t.id from trainee t join class c on c.id = t.class_id \
     join trainee o on o.person_id = t.person_id and o.class_id <> t.class_id join class k on k.id = o.class_id \
     where t.class_id = $1 and t.withdrawn_at is null and o.withdrawn_at is null \
     and k.starts_on <= c.ends_on and k.ends_on >= c.starts_on and (k.decision is null or k.decision <> 'refuse')";

/// $1 class: kinds of its papers.
pub(crate) const PAPERS: &str = "select distinct kind from class_document where class_id = $1";

/// $1 class: its lessons, held at a time, whose teacher is in a lesson of another class of the provider then.
pub(crate) const TEACHER_BUSY: &str = "select l.id, k.external_id as class_external_id, o.external_id as lesson_external_id from lesson l \
     join class c on c.id = l.class_id join class k on k.provider_id = c.provider_id and k.id <> c.id \
     join lesson o on o.class_id = k.id \
     where l.class_id = $1 and l.cancelled_at is null and o.cancelled_at is null and l.mode <> 'recorded' and o.mode <> 'recorded' \
     and k.starts_on <= c.ends_on and k.ends_on >= c.starts_on and (k.decision is null or k.decision <> 'refuse') \
     and o.teacher = l.teacher and l.teacher <> '' and o.starts_at < l.ends_at and o.ends_at > l.starts_at \
     order by l.starts_at, l.id, o.id limit 1000";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[ALSO_ELSEWHERE, PAPERS, TEACHER_BUSY];

//! What comparing policies reads: which classes are open, and what governs them.

/// $1 the class before: the next ones that were not refused and whose claim is not settled.
pub(crate) const OPEN_AFTER: &str = "select c.id from class c where c.id > $1 and (c.decision is null or c.decision <> 'refuse') \
     and not exists (select 1 from claim k where k.class_id = c.id and k.replaced_at is null and k.state = 'settled') order by c.id limit 500";

/// $1 class, $2 now: hours of its online lessons that are over, and the people on its roster.
pub(crate) const HELD: &str = "select \
     (select cast(coalesce(sum(l.hours_milli), 0) as bigint) from lesson l \
        where l.class_id = $1 and l.cancelled_at is null and l.mode <> 'in_person' and l.ends_at <= $2) as held_milli, \
     (select count(*) from trainee t where t.class_id = $1 and t.withdrawn_at is null) as trainees";

/// The policies that were fixed for classes, and for how many each.
pub(crate) const GOVERN: &str = "select t.name, count(c.id) as classes from policy_text t left join class c on c.policy = t.name \
     group by t.name order by t.name";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[OPEN_AFTER, HELD, GOVERN];

//! What a bundle reads of the catalogue and the plan.

/// $1 class.
pub(crate) const CLASS: &str = "select c.id, c.external_id, c.title, c.trade_code, c.trade_name, c.starts_on, c.ends_on, p.external_id as provider_external_id, \
     p.name as provider, c.platform_id from class c join provider p on p.id = c.provider_id where c.id = $1";

/// $1 class.
pub(crate) const LESSONS_OF_CLASS: &str = "select id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, cancelled_at from lesson \
     where class_id = $1 order by starts_at, id";

/// $1 lesson.
pub(crate) const LESSON: &str =
    "select id, class_id, external_id, title, kind, mode, starts_at, ends_at, hours_milli, cancelled_at from lesson where id = $1";

/// $1 class.
pub(crate) const TRAINEES_OF_CLASS: &str = "select id, class_id, external_id, name from trainee where class_id = $1 order by id";

/// $1 trainee.
pub(crate) const TRAINEE: &str = "select id, class_id, external_id, name from trainee where id = $1";

/// $1 class: its evidence, and that of its lessons and trainees.
pub(crate) const EVIDENCE_OF_CLASS: &str = "select id from evidence where class_id = $1 \
     union select e.id from evidence e join lesson l on l.id = e.lesson_id where l.class_id = $1 \
     union select e.id from evidence e join trainee t on t.id = e.trainee_id where t.class_id = $1";

/// $1 lesson: its evidence, and logs of its class that speak of it.
pub(crate) const EVIDENCE_OF_LESSON: &str = "select id from evidence where lesson_id = $1 \
     union select s.evidence_id from segment s join segment_lesson l on l.segment_id = s.id where l.lesson_id = $1 and s.replaced_at is null";

/// $1 lesson, $2 trainee: the lesson's evidence that is not about another trainee.
pub(crate) const EVIDENCE_OF_HOUR: &str = "select id from evidence where lesson_id = $1 and (trainee_id is null or trainee_id = $2)";

/// $1 trainee.
pub(crate) const EVIDENCE_OF_TRAINEE: &str = "select id from evidence where trainee_id = $1";

/// $1 lesson.
pub(crate) const RUNS_OF_LESSON: &str =
    "select id, lesson_id, policy, digest, leaf_id, at from credit_run where lesson_id = $1 and replaced_at is null";

/// $1 trainee.
pub(crate) const RUNS_OF_TRAINEE: &str = "select r.id, r.lesson_id, r.policy, r.digest, r.leaf_id, r.at from credit_run r join credit c on c.run_id = r.id \
     where c.trainee_id = $1 and r.replaced_at is null order by r.id";

/// $1 class.
pub(crate) const RUNS_OF_CLASS: &str = "select r.id, r.lesson_id, r.policy, r.digest, r.leaf_id, r.at from credit_run r join lesson l on l.id = r.lesson_id \
     where l.class_id = $1 and r.replaced_at is null order by r.id";

/// $1 finding: where it says to look.
pub(crate) const POINTERS: &str = "select evidence from finding where id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    CLASS,
    LESSONS_OF_CLASS,
    LESSON,
    TRAINEES_OF_CLASS,
    TRAINEE,
    EVIDENCE_OF_CLASS,
    EVIDENCE_OF_LESSON,
    EVIDENCE_OF_HOUR,
    EVIDENCE_OF_TRAINEE,
    RUNS_OF_LESSON,
    RUNS_OF_TRAINEE,
    RUNS_OF_CLASS,
    POINTERS,
];

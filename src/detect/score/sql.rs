//! Statements on `score`, and on the findings that scores are made of.

/// $1 finding: whom it is about.
pub(crate) const ABOUT: &str = "select subject_kind, subject_id, class_id from finding where id = $1";

/// $1 class: what stands against it.
pub(crate) const STANDING: &str = "select rule, strength, lesson_id, trainee_id, score, money_fen from finding \
     where class_id = $1 and ceased_at is null and status <> 'dismissed'";

/// $1 provider: by rule, what stands against its classes (in how many, how clear each, in all) and against itself.
pub(crate) const OF_PROVIDER: &str = "select rule, strength, cast(sum(findings) as bigint) as findings, \
     sum(case when own = 0 then clear else 0.0 end) as classes, max(case when own = 1 then clear else 0.0 end) as own from ( \
     select rule, strength, case when class_id is null then 1 else 0 end as own, class_id, count(*) as findings, max(score) as clear from finding \
     where provider_id = $1 and ceased_at is null and status <> 'dismissed' group by rule, strength, class_id) each_class group by rule, strength";

/// $1 provider, $2 now: its classes that have had a lesson.
pub(crate) const CLASSES_HELD: &str = "select count(*) from class c where c.provider_id = $1 \
     and exists (select 1 from lesson l where l.class_id = c.id and l.starts_at <= $2 and l.cancelled_at is null)";

/// $1 class or '', $2 provider or '': fen at risk.
pub(crate) const AT_RISK: &str = "select cast(coalesce(sum(s.money_fen), 0) as bigint) from score s join class c on c.id = s.subject_id \
     where s.subject_kind = 'class' and s.typology = 'all' and ($1 = '' or s.subject_id = $1) and ($2 = '' or c.provider_id = $2)";

/// $1 subject kind, $2 subject: what stands against it in all classes.
pub(crate) const OF_SUBJECT: &str = "select rule, strength, count(*) as findings, max(score) as clear, \
     cast(coalesce(sum(money_fen), 0) as bigint) as fen from finding \
     where subject_kind = $1 and subject_id = $2 and ceased_at is null and status <> 'dismissed' group by rule, strength";

/// $1 class.
pub(crate) const PROVIDER_OF: &str = "select provider_id from class where id = $1";

/// $1 class: its trainees that have a score.
pub(crate) const SCORED_TRAINEES: &str = "select distinct s.subject_id from trainee t join score s on s.subject_kind = 'trainee' and s.subject_id = t.id \
     where t.class_id = $1";

/// $1 kind, $2 subject.
pub(crate) const FORGET: &str = "delete from score where subject_kind = $1 and subject_id = $2";

/// $1 kind, $2 subject, $3 typology, $4 score, $5 fen, $6 parts, $7 now.
pub(crate) const KEEP: &str =
    "insert into score (subject_kind, subject_id, typology, score, money_fen, parts, at) values ($1, $2, $3, $4, $5, $6, $7)";

macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "select s.subject_kind, s.subject_id, s.typology, s.score, s.money_fen, s.parts, s.at, \
             coalesce(c.title, p.name, t.external_id) as name, coalesce(c.external_id, p.external_id) as external_id from score s \
             left join class c on s.subject_kind = 'class' and c.id = s.subject_id \
             left join provider p on s.subject_kind = 'provider' and p.id = s.subject_id \
             left join trainee t on s.subject_kind = 'trainee' and t.id = s.subject_id ",
            $rest
        )
    };
}

/// $1 kind, $2 typology; behind $3 score, $4 subject; $5 limit: highest first.
pub(crate) const RANKED: &str = listed!(
    "where s.subject_kind = $1 and s.typology = $2 and (s.score < $3 or (s.score = $3 and s.subject_id > $4)) \
     order by s.score desc, s.subject_id limit $5"
);

/// $1 kind, $2 subject: its scores, highest first, that in all before the others.
pub(crate) const ONE: &str = listed!(
    "where s.subject_kind = $1 and s.subject_id = $2 order by case when s.typology = 'all' then 0 else 1 end, s.score desc, s.typology"
);

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[ABOUT, STANDING, OF_PROVIDER, CLASSES_HELD, AT_RISK, OF_SUBJECT, PROVIDER_OF, SCORED_TRAINEES, FORGET, KEEP, RANKED, ONE];

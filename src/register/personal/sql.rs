//! Statements on personal data: what is wrong with numbers, who looked, what is asked to be corrected.

/// $1 limit: trainees whose numbers no server has looked at, and the first day of their class.
pub(crate) const UNREAD: &str = "select t.id, t.id_number_sealed, t.phone_sealed, c.starts_on from trainee t join class c on c.id = t.class_id \
     where t.id_region is null order by t.id limit $1";

/// $1 id, $2 code of the fault, empty for none, $3 age, $4 sex, $5 region, $6 fault of the phone, $7 the first day that the age is of. A roster that
/// came meanwhile stands, and an age of another day is left to the next look.
pub(crate) const READ: &str = "update trainee set id_number_fault = $2, age_years = $3, sex = $4, id_region = $5, phone_fault = $6 \
     where id = $1 and id_region is null and exists (select 1 from class c where c.id = trainee.class_id and c.starts_on = $7)";

/// $1 class.
pub(crate) const ACCOUNT: &str = "select bank_account_sealed from class where id = $1";

/// $1 actor, $2 since: how often personal data was shown to them.
pub(crate) const LOOKS_OF: &str = "select count(*) as n from trail where actor = $1 and at > $2 \
     and (action = 'personal.seen' or action = 'account.seen' or action = 'person.accessed')";

/// $1 subject kind, $2 subject id, $3 before this line (empty for the newest), $4 limit.
pub(crate) const TRAIL_PAGE: &str = "select id, at, actor, action, subject_kind, subject_id, detail from trail \
     where subject_kind = $1 and subject_id = $2 and (id < $3 or $3 = '') order by id desc limit $4";

/// $1 trainee, $2 its class, $3 limit: what was done with the trainee and with the roster it is on.
pub(crate) const TRAIL_OF_TRAINEE: &str = "select id, at, actor, action, subject_kind, subject_id, detail from trail \
     where (subject_kind = 'trainee' and subject_id = $1) or (subject_kind = 'class' and subject_id = $2 \
     and (action = 'names.seen' or action = 'roster.replaced')) order by id desc limit $3";

/// $1 index of the ID number.
pub(crate) const PERSON: &str = "select id from person where id_number_index = $1";

/// $1 person, $2 provider (empty for any).
pub(crate) const TRAINEES_OF_PERSON: &str = "select t.id, t.withdrawn_at, t.created_at from trainee t join class c on c.id = t.class_id \
     where t.person_id = $1 and (c.provider_id = $2 or $2 = '') order by t.created_at, t.id";

/// $1 id, $2 class, $3 trainee, $4 field, $5 reason, $6 actor, $7 now.
pub(crate) const ADD_CORRECTION: &str = "insert into correction (id, class_id, trainee_id, field, reason_sealed, state, actor, at) \
     values ($1, $2, $3, $4, $5, 'open', $6, $7)";

macro_rules! corrections {
    ($rest:literal) => {
        concat!(
            "select k.id, k.class_id, k.trainee_id, k.field, k.reason_sealed, k.state, k.outcome, k.actor, k.at, k.closed_by, k.closed_at, \
             t.external_id, t.name, c.title from correction k join trainee t on t.id = k.trainee_id join class c on c.id = k.class_id where ",
            $rest
        )
    };
}

/// $1 id.
pub(crate) const CORRECTION: &str = corrections!("k.id = $1");

/// $1 trainee.
pub(crate) const CORRECTIONS_OF: &str = corrections!("k.trainee_id = $1 order by k.id desc limit 100");

/// $1 provider (empty for all), $2 state (empty for any), $3 before this one (empty for the newest), $4 limit.
pub(crate) const CORRECTIONS: &str =
    corrections!("(c.provider_id = $1 or $1 = '') and (k.state = $2 or $2 = '') and (k.id < $3 or $3 = '') order by k.id desc limit $4");

/// $1 id, $2 state, $3 outcome, $4 actor, $5 now. What is closed stays so.
pub(crate) const CLOSE_CORRECTION: &str =
    "update correction set state = $2, outcome = $3, closed_by = $4, closed_at = $5 where id = $1 and state = 'open'";

/// $1 trainee.
pub(crate) const CERTIFICATES_OF: &str = "select kind, number_sealed, issued_on, evidence_id, at, replaced_at from certificate \
     where trainee_id = $1 order by at, id";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    UNREAD,
    READ,
    ACCOUNT,
    LOOKS_OF,
    TRAIL_PAGE,
    TRAIL_OF_TRAINEE,
    PERSON,
    TRAINEES_OF_PERSON,
    ADD_CORRECTION,
    CORRECTION,
    CORRECTIONS_OF,
    CORRECTIONS,
    CLOSE_CORRECTION,
    CERTIFICATES_OF,
];

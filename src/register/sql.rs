//! Statements on the plan: platform, provider, class, person, trainee, lesson, and the trail.

/// $1 id, $2 name_zh, $3 name_en, $4 host, $5 timezone, $6 profile, $7 now.
pub(crate) const PUT_PLATFORM: &str = "insert into platform (id, name_zh, name_en, host, timezone, profile, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (id) do update set name_zh = excluded.name_zh, name_en = excluded.name_en, host = excluded.host, \
     timezone = excluded.timezone, profile = excluded.profile";

/// All platforms.
pub(crate) const PLATFORMS: &str = "select id, name_zh, name_en, host, timezone, profile from platform order by created_at, id";

/// $1 id.
pub(crate) const PLATFORM: &str = "select id, name_zh, name_en, host, timezone, profile from platform where id = $1";

/// $1 id, $2 external_id, $3 name, $4 kind, $5 listed_from, $6 listed_until, $7 now, $8 region.
pub(crate) const ADD_PROVIDER: &str = "insert into provider (id, external_id, name, kind, listed_from, listed_until, created_at, region) \
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (external_id) do nothing";

/// $1 id or external id.
pub(crate) const PROVIDER: &str =
    "select id, external_id, name, kind, listed_from, listed_until, region, created_at from provider where id = $1 or external_id = $2";

/// All providers.
pub(crate) const PROVIDERS: &str =
    "select id, external_id, name, kind, listed_from, listed_until, region, created_at from provider order by id";

/// $1 id … $23 now.
pub(crate) const ADD_CLASS: &str = "insert into class (id, external_id, provider_id, platform_id, title, trade_code, trade_name, \
     application, promise_due, starts_on, ends_on, hours_total_milli, hours_online_milli, hours_theory_milli, hours_practice_milli, \
     standard_qualified_fen, standard_skill_level_fen, standard_vocational_fen, standard_special_operation_fen, epidemic, \
     bank_account_sealed, content_digest, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
     on conflict (external_id) do nothing";

macro_rules! class_columns {
    ($rest:literal) => {
        concat!(
            "select class.id, class.external_id, class.provider_id, provider.external_id as provider_external_id, \
             provider.name as provider_name, class.platform_id, class.title, class.trade_code, class.trade_name, class.application, \
             class.promise_due, class.starts_on, class.ends_on, class.hours_total_milli, class.hours_online_milli, \
             class.hours_theory_milli, class.hours_practice_milli, class.standard_qualified_fen, class.standard_skill_level_fen, \
             class.standard_vocational_fen, class.standard_special_operation_fen, class.epidemic, class.content_digest, class.decision, class.decision_reason, class.decided_at, class.policy, \
             class.created_at, class.filed_at, (select claim.state from claim where claim.class_id = class.id and claim.replaced_at is null) as claim_state \
             from class join provider on provider.id = class.provider_id ",
            $rest
        )
    };
}

/// $1 id, $2 external id.
pub(crate) const CLASS: &str = class_columns!("where class.id = $1 or class.external_id = $2");

/// $1 provider or null for all, $2 platform or null for all, $3 after this id, $4 limit.
pub(crate) const CLASSES: &str = class_columns!(
    "where (class.provider_id = $1 or $1 is null) and (class.platform_id = $2 or $2 is null) and class.id > $3 order by class.id limit $4"
);

/// $1 name.
pub(crate) const POLICY_TEXT: &str = "select body from policy_text where name = $1";

/// All that govern classes.
pub(crate) const POLICY_NAMES: &str = "select name from policy_text order by name";

/// $1 name, $2 text, $3 digest, $4 now.
pub(crate) const KEEP_POLICY_TEXT: &str =
    "insert into policy_text (name, body, digest, first_used_at) values ($1, $2, $3, $4) on conflict (name) do nothing";

/// $1 class, $2 name of its policy. What was fixed stays.
pub(crate) const FIX_POLICY: &str = "update class set policy = $2 where id = $1 and policy is null";

/// $1 id, $2 index, $3 now.
pub(crate) const ADD_PERSON: &str =
    "insert into person (id, id_number_index, created_at) values ($1, $2, $3) on conflict (id_number_index) do nothing";

/// $1 index.
pub(crate) const PERSON: &str = "select id from person where id_number_index = $1";

/// $1 id … $13 now, $14 fault of the ID number, $15 age, $16 sex, $17 region, $18 fault of the phone. Rostered again, a withdrawn trainee is back.
pub(crate) const PUT_TRAINEE: &str = "insert into trainee (id, class_id, person_id, external_id, name, category, \
     id_number_sealed, phone_sealed, phone_index, email_sealed, email_index, platform_user, created_at, id_number_fault, age_years, sex, id_region, phone_fault) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
     on conflict (class_id, external_id) do update set person_id = excluded.person_id, name = excluded.name, \
     category = excluded.category, id_number_sealed = excluded.id_number_sealed, id_number_fault = excluded.id_number_fault, \
     age_years = excluded.age_years, sex = excluded.sex, id_region = excluded.id_region, phone_fault = excluded.phone_fault, \
     phone_sealed = excluded.phone_sealed, phone_index = excluded.phone_index, email_sealed = excluded.email_sealed, \
     email_index = excluded.email_index, platform_user = excluded.platform_user, withdrawn_at = null";

/// $1 class, $2 now, $3 id.
pub(crate) const WITHDRAW_TRAINEE: &str = "update trainee set withdrawn_at = $2 where class_id = $1 and id = $3 and withdrawn_at is null";

/// $1 class.
pub(crate) const ROSTER: &str = "select id, class_id, person_id, external_id, name, category, id_number_sealed, phone_sealed, \
     email_sealed, platform_user, id_number_fault from trainee where class_id = $1 and withdrawn_at is null order by external_id";

/// $1 id.
pub(crate) const TRAINEE: &str = "select id, class_id, person_id, external_id, name, category, id_number_sealed, phone_sealed, \
     email_sealed, platform_user, id_number_fault from trainee where id = $1";

/// $1 class, $2 id or external id, $3 the same.
pub(crate) const TRAINEE_OF_CLASS: &str = "select id, class_id, person_id, external_id, name, category, id_number_sealed, phone_sealed, \
     email_sealed, platform_user, id_number_fault from trainee where class_id = $1 and (id = $2 or external_id = $3)";

/// $1 id, $2 class, … $13 now, $14 quiz percent. Timetabled again, a cancelled lesson is back.
pub(crate) const PUT_LESSON: &str = "insert into lesson (id, class_id, external_id, title, kind, mode, starts_at, ends_at, content_ms, \
     hours_milli, teacher, meeting_ref, created_at, quiz_percent) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
     on conflict (class_id, external_id) do update set title = excluded.title, kind = excluded.kind, mode = excluded.mode, \
     starts_at = excluded.starts_at, ends_at = excluded.ends_at, content_ms = excluded.content_ms, hours_milli = excluded.hours_milli, \
     teacher = excluded.teacher, meeting_ref = excluded.meeting_ref, quiz_percent = excluded.quiz_percent, cancelled_at = null";

/// $1 class, $2 now, $3 id.
pub(crate) const CANCEL_LESSON: &str = "update lesson set cancelled_at = $2 where class_id = $1 and id = $3 and cancelled_at is null";

macro_rules! lesson_columns {
    ($rest:literal) => {
        concat!(
            "select id, class_id, external_id, title, kind, mode, starts_at, ends_at, content_ms, hours_milli, teacher, meeting_ref, \
             quiz_percent from lesson where ",
            $rest
        )
    };
}

/// $1 class.
pub(crate) const LESSONS: &str = lesson_columns!("class_id = $1 and cancelled_at is null order by starts_at, id");

/// $1 id.
pub(crate) const LESSON: &str = lesson_columns!("id = $1");

/// $1 class, $2 id, $3 external id.
pub(crate) const LESSON_OF_CLASS: &str = lesson_columns!("class_id = $1 and (id = $2 or external_id = $3)");

/// $1 class, $2 from, $3 until.
pub(crate) const LESSONS_BETWEEN: &str =
    lesson_columns!("class_id = $1 and cancelled_at is null and starts_at < $3 and ends_at > $2 order by starts_at, id");

/// $1 id, $2 at, $3 actor, $4 action, $5 subject kind, $6 subject id, $7 detail.
pub(crate) const NOTE: &str =
    "insert into trail (id, at, actor, action, subject_kind, subject_id, detail) values ($1, $2, $3, $4, $5, $6, $7)";

/// $1 subject kind, $2 subject id, $3 limit.
pub(crate) const TRAIL: &str = "select at, actor, action, detail from trail where subject_kind = $1 and subject_id = $2 \
     order by id desc limit $3";

/// $1 subject kind, $2 subject id, $3 actor, $4 action.
pub(crate) const LAST_LOOK: &str = "select at from trail where subject_kind = $1 and subject_id = $2 and actor = $3 and action = $4 \
     order by id desc limit 1";

/// $1 class, $2 identity, $3 now.
pub(crate) const REPLACE_RESOLUTION: &str =
    "update resolution set replaced_at = $3 where class_id = $1 and identity = $2 and replaced_at is null";

/// $1 id, $2 class, $3 identity, $4 who, $5 says, $6 trainee, $7 reason, $8 its index, $9 digest, $10 leaf, $11 actor, $12 at.
pub(crate) const ADD_RESOLUTION: &str = "insert into resolution (id, class_id, identity, who_sealed, says, trainee_id, reason_sealed, \
     reason_index, digest, leaf_id, actor, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

macro_rules! resolution_columns {
    ($rest:literal) => {
        concat!(
            "select id, class_id, identity, who_sealed, says, trainee_id, reason_sealed, reason_index, digest, leaf_id, actor, at, \
             replaced_at \
             from resolution where ",
            $rest
        )
    };
}

/// $1 class: what counts of each identity.
pub(crate) const LIVE_RESOLUTIONS: &str =
    "select id, identity, says, trainee_id from resolution where class_id = $1 and replaced_at is null";

/// $1 id.
pub(crate) const RESOLUTION: &str = resolution_columns!("id = $1");

/// $1 class, $2 identity: what counts of it.
pub(crate) const LIVE_RESOLUTION: &str = resolution_columns!("class_id = $1 and identity = $2 and replaced_at is null");

/// $1 class, $2 before this id (empty for the newest), $3 limit. The newest first.
pub(crate) const RESOLUTIONS: &str = resolution_columns!("class_id = $1 and (id < $2 or $2 = '') order by id desc limit $3");

/// $1 id, $2 platform, $3 name, $4 public key, $5 required, $6 actor, $7 now, $8 leaf.
pub(crate) const ADD_PLATFORM_KEY: &str = "insert into platform_key (id, platform_id, name, public_key, required, actor, at, leaf_id) \
     values ($1, $2, $3, $4, $5, $6, $7, $8)";

/// $1 name.
pub(crate) const PLATFORM_KEY_NAMED: &str =
    "select id, platform_id, name, public_key, required, actor, at, leaf_id from platform_key where name = $1";

/// $1 id.
pub(crate) const PLATFORM_KEY: &str =
    "select id, platform_id, name, public_key, required, actor, at, leaf_id from platform_key where id = $1";

/// $1 platform (null for all).
pub(crate) const PLATFORM_KEYS: &str = "select id, platform_id, name, public_key, required, actor, at, leaf_id from platform_key \
     where platform_id = $1 or $1 is null order by id";

/// $1 id, $2 key, $3 from, $4 actor, $5 now, $6 leaf.
pub(crate) const ADD_REVOCATION: &str =
    "insert into platform_key_revocation (id, key_id, revoked_from, actor, at, leaf_id) values ($1, $2, $3, $4, $5, $6)";

/// $1 key: its revocations, the one that counts last.
pub(crate) const REVOCATIONS: &str = "select id, key_id, revoked_from, actor, at, leaf_id from platform_key_revocation \
     where key_id = $1 order by revoked_from desc, id desc";

/// $1 platform, $2 now: what its live keys require.
pub(crate) const KEYS_REQUIRE: &str = "select required from platform_key where platform_id = $1 and required <> 'no' \
     and not exists (select 1 from platform_key_revocation r where r.key_id = platform_key.id and r.revoked_from <= $2)";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    PUT_PLATFORM,
    PLATFORMS,
    PLATFORM,
    ADD_PROVIDER,
    PROVIDER,
    PROVIDERS,
    ADD_CLASS,
    CLASS,
    CLASSES,
    POLICY_TEXT,
    POLICY_NAMES,
    KEEP_POLICY_TEXT,
    FIX_POLICY,
    ADD_PERSON,
    PERSON,
    PUT_TRAINEE,
    WITHDRAW_TRAINEE,
    ROSTER,
    TRAINEE,
    TRAINEE_OF_CLASS,
    PUT_LESSON,
    CANCEL_LESSON,
    LESSONS,
    LESSON,
    LESSON_OF_CLASS,
    LESSONS_BETWEEN,
    NOTE,
    TRAIL,
    LAST_LOOK,
    REPLACE_RESOLUTION,
    ADD_RESOLUTION,
    LIVE_RESOLUTIONS,
    RESOLUTION,
    LIVE_RESOLUTION,
    RESOLUTIONS,
    ADD_PLATFORM_KEY,
    PLATFORM_KEY_NAMED,
    PLATFORM_KEY,
    PLATFORM_KEYS,
    ADD_REVOCATION,
    REVOCATIONS,
    KEYS_REQUIRE,
];

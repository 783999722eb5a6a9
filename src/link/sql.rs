//! Statements on the tables `credit_run` and `credit`, and what credit reads of the plan and the evidence.

/// $1 lesson.
pub(crate) const LESSON: &str = "select l.class_id, l.mode, l.starts_at, l.ends_at, l.hours_milli, l.content_ms, l.quiz_percent, l.cancelled_at, c.policy \
     from lesson l join class c on c.id = l.class_id where l.id = $1";

/// $1 class: its lessons, in the order in which they keep their time, and how many trainees are credited the same time in each.
pub(crate) const CREDITED_ALIKE: &str = "select l.id, l.mode, l.starts_at, l.ends_at, l.hours_milli, c.credited_ms, count(*) as trainees, \
     cast(coalesce(sum(c.hours_milli), 0) as bigint) as credited_milli from lesson l \
     left join credit_run r on r.lesson_id = l.id and r.replaced_at is null left join credit c on c.run_id = r.id \
     where l.class_id = $1 and l.cancelled_at is null \
     group by l.id, l.mode, l.starts_at, l.ends_at, l.hours_milli, c.credited_ms order by l.starts_at, l.id";

/// $1 class: its lessons, and the policy their live hours follow.
pub(crate) const POLICIES_OF_CLASS: &str = "select l.id, l.starts_at, r.policy from lesson l \
     left join credit_run r on r.lesson_id = l.id and r.replaced_at is null where l.class_id = $1 order by l.starts_at, l.id";

/// $1 class, $2 start of the lesson: who was on the roster then or later.
pub(crate) const ROSTER: &str =
    "select id, person_id from trainee where class_id = $1 and (withdrawn_at is null or withdrawn_at > $2) order by id";

/// $1 lesson: its logs, and logs of the class that speak of it.
pub(crate) const LOGS: &str = "select id from evidence where lesson_id = $1 and kind = 'attendance' and analysed_at is not null and failed_at is null \
     union select s.evidence_id from segment s join segment_lesson sl on sl.segment_id = s.id where sl.lesson_id = $1 and s.replaced_at is null \
     order by 1";

/// Pictures and videos with what tells when they belong.
macro_rules! media {
    ($more:literal, $rest:literal) => {
        concat!(
            "select e.id, e.kind, e.trainee_id, e.lesson_id, e.claimed_from, e.claimed_until, e.filename, ",
            $more,
            "d.value as duration, x.value as exif, s.value as screen, k.value as codes, g.value as code_digits, m.value as created from evidence e \
             left join fact d on d.evidence_id = e.id and d.name = 'duration_ms' left join fact x on x.evidence_id = e.id and x.name = 'exif' \
             left join fact s on s.evidence_id = e.id and s.name = 'screen' left join fact k on k.evidence_id = e.id and k.name = 'codes' \
             left join fact g on g.evidence_id = e.id and g.name = 'code_digits' left join fact m on m.evidence_id = e.id and m.name = 'created_at' ",
            $rest
        )
    };
}

/// $1 lesson, $2 class, $3 and $4 the lesson's window: pictures and videos of the lesson, and those of the class that claim its time.
pub(crate) const MEDIA: &str = media!(
    "",
    "where e.kind in ('video', 'screenshot') and e.analysed_at is not null and e.failed_at is null \
     and (e.lesson_id = $1 or (e.lesson_id is null and e.class_id = $2 and e.claimed_from < $4 and e.claimed_until > $3)) order by e.id"
);

/// $1 evidence: a picture or a video with its lesson and what governs its class.
pub(crate) const MEDIUM: &str = media!(
    "e.received_at, l.starts_at, l.ends_at, p.policy, ",
    "left join lesson l on l.id = e.lesson_id left join class p on p.id = e.class_id \
     where e.id = $1 and e.kind in ('video', 'screenshot') and e.analysed_at is not null and e.failed_at is null"
);

/// $1 class, $2 lesson, $3 its start, $4 the start of its first day: what the same persons are credited, on those days, in lessons
/// that go before it.
pub(crate) const PRIOR: &str = "select me.id as trainee_id, l.id as lesson_id, c.spans from trainee me \
     join trainee other on other.person_id = me.person_id join credit c on c.trainee_id = other.id \
     join credit_run r on r.id = c.run_id join lesson l on l.id = c.lesson_id \
     where me.class_id = $1 and r.replaced_at is null and l.cancelled_at is null and c.credited_ms > 0 \
     and l.ends_at > $4 and (l.starts_at < $3 or (l.starts_at = $3 and l.id < $2)) order by me.id, l.id, other.id";

/// $1 class, $2 lesson, $3 and $4 a stretch of whole days: the other lessons of the same persons in it.
pub(crate) const NEIGHBOURS: &str = "select distinct me.id as trainee_id, l.id as lesson_id, l.starts_at, l.ends_at from trainee me \
     join trainee other on other.person_id = me.person_id join lesson l on l.class_id = other.class_id \
     where me.class_id = $1 and l.id <> $2 and l.cancelled_at is null and l.starts_at < $4 and l.ends_at > $3";

/// $1 lesson.
pub(crate) const LIVE_RUN: &str = "select id, policy, digest from credit_run where lesson_id = $1 and replaced_at is null";

/// $1 run.
pub(crate) const CREDITS_OF_RUN: &str = "select trainee_id, credited_ms, hours_milli, presence_ms, corroborated_ms, reasons, spans from credit \
     where run_id = $1 order by trainee_id";

/// $1 lesson, $2 now.
pub(crate) const REPLACE_RUN: &str = "update credit_run set replaced_at = $2 where lesson_id = $1 and replaced_at is null";

/// $1 id, $2 lesson, $3 policy, $4 digest, $5 leaf, $6 now.
pub(crate) const INSERT_RUN: &str = "insert into credit_run (id, lesson_id, policy, digest, leaf_id, at) values ($1, $2, $3, $4, $5, $6)";

/// $1 run, $2 class, $3 lesson, $4 trainee, $5 credited, $6 hours, $7 presence, $8 corroborated, $9 reasons, $10 spans.
pub(crate) const INSERT_CREDIT: &str = "insert into credit \
     (run_id, class_id, lesson_id, trainee_id, credited_ms, hours_milli, presence_ms, corroborated_ms, reasons, spans) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// $1 run, $2 class, $3 lesson, then 25 times trainee, credited, hours, presence, corroborated, reasons, spans: a class has hundreds, and a
/// statement each would keep the database's one writer from everybody else.
pub(crate) const INSERT_CREDITS: &str = "insert into credit \
     (run_id, class_id, lesson_id, trainee_id, credited_ms, hours_milli, presence_ms, corroborated_ms, reasons, spans) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10), ($1, $2, $3, $11, $12, $13, $14, $15, $16, $17), \
     ($1, $2, $3, $18, $19, $20, $21, $22, $23, $24), ($1, $2, $3, $25, $26, $27, $28, $29, $30, $31), \
     ($1, $2, $3, $32, $33, $34, $35, $36, $37, $38), ($1, $2, $3, $39, $40, $41, $42, $43, $44, $45), \
     ($1, $2, $3, $46, $47, $48, $49, $50, $51, $52), ($1, $2, $3, $53, $54, $55, $56, $57, $58, $59), \
     ($1, $2, $3, $60, $61, $62, $63, $64, $65, $66), ($1, $2, $3, $67, $68, $69, $70, $71, $72, $73), \
     ($1, $2, $3, $74, $75, $76, $77, $78, $79, $80), ($1, $2, $3, $81, $82, $83, $84, $85, $86, $87), \
     ($1, $2, $3, $88, $89, $90, $91, $92, $93, $94), ($1, $2, $3, $95, $96, $97, $98, $99, $100, $101), \
     ($1, $2, $3, $102, $103, $104, $105, $106, $107, $108), ($1, $2, $3, $109, $110, $111, $112, $113, $114, $115), \
     ($1, $2, $3, $116, $117, $118, $119, $120, $121, $122), ($1, $2, $3, $123, $124, $125, $126, $127, $128, $129), \
     ($1, $2, $3, $130, $131, $132, $133, $134, $135, $136), ($1, $2, $3, $137, $138, $139, $140, $141, $142, $143), \
     ($1, $2, $3, $144, $145, $146, $147, $148, $149, $150), ($1, $2, $3, $151, $152, $153, $154, $155, $156, $157), \
     ($1, $2, $3, $158, $159, $160, $161, $162, $163, $164), ($1, $2, $3, $165, $166, $167, $168, $169, $170, $171), \
     ($1, $2, $3, $172, $173, $174, $175, $176, $177, $178)";

/// $1 run.
pub(crate) const RUN: &str = "select lesson_id, policy, digest from credit_run where id = $1";

/// $1 lesson: its runs, the newest first.
pub(crate) const RUNS_OF_LESSON: &str =
    "select id, policy, digest, leaf_id, at, replaced_at from credit_run where lesson_id = $1 order by at desc, id desc";

/// All live runs, in the order in which lessons keep their time.
pub(crate) const LIVE_RUNS: &str = "select r.id, r.lesson_id, r.digest from credit_run r join lesson l on l.id = r.lesson_id \
     where r.replaced_at is null order by l.starts_at, l.id";

/// $1 the run before: the next runs of all, replaced or not, with their leaves.
pub(crate) const RUNS_AFTER: &str = "select r.id, r.lesson_id, r.policy, r.digest, f.body from credit_run r left join leaf f on f.id = r.leaf_id \
     where r.id > $1 order by r.id limit 200";

/// $1 class.
pub(crate) const CREDITS_OF_CLASS: &str = "select c.trainee_id, t.external_id as trainee_external_id, c.lesson_id, l.external_id as lesson_external_id, \
     c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, c.reasons \
     from credit c join credit_run r on r.id = c.run_id join trainee t on t.id = c.trainee_id join lesson l on l.id = c.lesson_id \
     where c.class_id = $1 and r.replaced_at is null order by t.external_id, t.id, l.starts_at, l.id";

/// $1 lesson.
pub(crate) const TRACES_OF_LESSON: &str = "select c.run_id, r.policy, r.leaf_id, r.at, c.class_id, c.lesson_id, l.external_id as lesson_external_id, \
     c.trainee_id, t.external_id as trainee_external_id, c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, c.reasons, c.spans \
     from credit c join credit_run r on r.id = c.run_id join trainee t on t.id = c.trainee_id join lesson l on l.id = c.lesson_id \
     where r.lesson_id = $1 and r.replaced_at is null order by t.external_id, t.id";

/// $1 lesson, $2 trainee.
pub(crate) const TRACE_OF_LESSON: &str = "select c.run_id, r.policy, r.leaf_id, r.at, c.class_id, c.lesson_id, l.external_id as lesson_external_id, \
     c.trainee_id, t.external_id as trainee_external_id, c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, c.reasons, c.spans \
     from credit c join credit_run r on r.id = c.run_id join trainee t on t.id = c.trainee_id join lesson l on l.id = c.lesson_id \
     where r.lesson_id = $1 and r.replaced_at is null and c.trainee_id = $2";

/// $1 trainee.
pub(crate) const TRACES_OF_TRAINEE: &str = "select c.run_id, r.policy, r.leaf_id, r.at, c.class_id, c.lesson_id, l.external_id as lesson_external_id, \
     c.trainee_id, t.external_id as trainee_external_id, c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, c.reasons, c.spans \
     from credit c join credit_run r on r.id = c.run_id join trainee t on t.id = c.trainee_id join lesson l on l.id = c.lesson_id \
     where c.trainee_id = $1 and r.replaced_at is null order by l.starts_at, l.id";

/// $1 run: a run as it was, replaced or not.
pub(crate) const TRACES_OF_RUN: &str = "select c.run_id, r.policy, r.leaf_id, r.at, c.class_id, c.lesson_id, l.external_id as lesson_external_id, \
     c.trainee_id, t.external_id as trainee_external_id, c.credited_ms, c.hours_milli, c.presence_ms, c.corroborated_ms, c.reasons, c.spans \
     from credit c join credit_run r on r.id = c.run_id join trainee t on t.id = c.trainee_id join lesson l on l.id = c.lesson_id \
     where c.run_id = $1 order by t.external_id, t.id";

/// $1 class.
pub(crate) const CREDITED_HOURS: &str = "select cast(coalesce(sum(c.hours_milli), 0) as bigint) as hours from credit c \
     join credit_run r on r.id = c.run_id where c.class_id = $1 and r.replaced_at is null";

/// $1 class, $2 and $3 the jobs that read by class: whatever is still to be read or calculated of it, and has not been given up.
pub(crate) const BUSY: &str = "select 1 as busy from job j where j.state <> 'dead' and ((j.key = $1 and j.kind in ($2, $3)) \
     or j.key in (select id from lesson where class_id = $1) \
     or j.key in (select id from evidence where class_id = $1 and kind = 'attendance')) limit 1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    LESSON,
    CREDITED_ALIKE,
    POLICIES_OF_CLASS,
    ROSTER,
    LOGS,
    MEDIA,
    MEDIUM,
    PRIOR,
    NEIGHBOURS,
    LIVE_RUN,
    CREDITS_OF_RUN,
    REPLACE_RUN,
    INSERT_RUN,
    INSERT_CREDIT,
    INSERT_CREDITS,
    RUN,
    RUNS_OF_LESSON,
    LIVE_RUNS,
    RUNS_AFTER,
    CREDITS_OF_CLASS,
    TRACES_OF_LESSON,
    TRACE_OF_LESSON,
    TRACES_OF_TRAINEE,
    TRACES_OF_RUN,
    CREDITED_HOURS,
    BUSY,
];

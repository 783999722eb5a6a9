//! Statements of the reports. They join what the stages keep; only `weekly_report` is written here.
//!
//! Each counts one thing of a week, grouped by provider, platform and trade, and finds the week by an index.

macro_rules! by_place {
    ($figures:literal, $from:literal) => {
        concat!(
            "select c.provider_id, c.platform_id, c.trade_code, c.trade_name, ",
            $figures,
            " from ",
            $from,
            " group by c.provider_id, c.platform_id, c.trade_code, c.trade_name"
        )
    };
    ($figures:literal, $from:literal, by category) => {
        concat!(
            "select c.provider_id, c.platform_id, c.trade_code, c.trade_name, t.category, ",
            $figures,
            " from ",
            $from,
            " group by c.provider_id, c.platform_id, c.trade_code, c.trade_name, t.category"
        )
    };
}

/// $1 and $2 the week's moments.
pub(crate) const OPENED: &str = by_place!("count(*) as classes", "class c where c.created_at >= $1 and c.created_at < $2");

/// $1 and $2 the week's moments.
pub(crate) const APPROVED: &str =
    by_place!("count(*) as classes", "class c where c.decided_at >= $1 and c.decided_at < $2 and c.decision = 'approve'");

/// $1 Monday, $2 Sunday.
pub(crate) const RUNNING: &str = by_place!(
    "count(*) as classes, cast(sum(case when c.ends_on <= $2 then 1 else 0 end) as bigint) as finished",
    "class c where c.ends_on >= $1 and c.starts_on <= $2 and c.decision = 'approve'"
);

/// $1 and $2 the week's moments.
pub(crate) const HELD: &str = by_place!(
    "cast(sum(l.hours_milli) as bigint) as planned, cast(sum(case when exists (select 1 from credit_run r join credit k on k.run_id = r.id \
     where r.lesson_id = l.id and r.replaced_at is null and k.presence_ms > 0) then l.hours_milli else 0 end) as bigint) as held",
    "lesson l join class c on c.id = l.class_id where l.ends_at >= $1 and l.ends_at < $2 and l.cancelled_at is null \
     and l.mode <> 'in_person' and c.decision = 'approve'"
);

/// $1 and $2 the week's moments.
pub(crate) const PLANNED: &str = by_place!(
    "cast(sum(p.hours) as bigint) as hours",
    "(select l.class_id, cast(sum(l.hours_milli) as bigint) as hours from lesson l where l.ends_at >= $1 and l.ends_at < $2 \
     and l.cancelled_at is null and l.mode <> 'in_person' group by l.class_id) p join class c on c.id = p.class_id \
     join trainee t on t.class_id = p.class_id and t.withdrawn_at is null where c.decision = 'approve'",
    by category
);

/// $1 and $2 the week's moments. Summed by trainee first: there are many credits of each, and one look at who they are is enough.
pub(crate) const CREDITED: &str = by_place!(
    "cast(sum(x.hours) as bigint) as hours",
    "(select k.trainee_id, cast(sum(k.hours_milli) as bigint) as hours from lesson l join credit_run r on r.lesson_id = l.id \
     and r.replaced_at is null join credit k on k.run_id = r.id where l.ends_at >= $1 and l.ends_at < $2 and l.cancelled_at is null \
     and l.mode <> 'in_person' group by k.trainee_id) x join trainee t on t.id = x.trainee_id join class c on c.id = t.class_id \
     where c.decision = 'approve'",
    by category
);

/// $1 and $2 the week's moments.
pub(crate) const EVIDENCE: &str =
    by_place!("count(*) as pieces", "evidence e join class c on c.id = e.class_id where e.received_at >= $1 and e.received_at < $2");

/// $1 Monday, $2 Sunday.
pub(crate) const CERTIFICATES: &str = by_place!(
    "count(*) as certificates",
    "certificate z join class c on c.id = z.class_id join trainee t on t.id = z.trainee_id \
     where z.issued_on >= $1 and z.issued_on <= $2 and z.replaced_at is null",
    by category
);

/// $1 Monday, $2 Sunday.
pub(crate) const PREPAID: &str = by_place!(
    "count(*) as payments, cast(sum(m.amount_fen) as bigint) as fen",
    "prepayment m join class c on c.id = m.class_id where m.paid_on >= $1 and m.paid_on <= $2"
);

/// $1 and $2 the week's moments.
pub(crate) const CLAIMED: &str = by_place!(
    "count(*) as claims, cast(sum(m.amount_fen) as bigint) as fen",
    "claim m join class c on c.id = m.class_id where m.filed_at >= $1 and m.filed_at < $2 and m.replaced_at is null"
);

/// People of the classes that run in the week, $1 Monday, $2 Sunday, $3 its first moment; who was withdrawn in it was there.
macro_rules! people {
    ($keys:literal, $group:literal) => {
        concat!(
            "select ",
            $keys,
            " count(distinct t.person_id) as people from class c join trainee t on t.class_id = c.id join provider p on p.id = c.provider_id \
             where c.ends_on >= $1 and c.starts_on <= $2 and c.decision = 'approve' and (t.withdrawn_at is null or t.withdrawn_at >= $3)",
            $group
        )
    };
}

/// Everywhere.
pub(crate) const PEOPLE: &str = people!("", "");

/// By region.
pub(crate) const PEOPLE_BY_REGION: &str = people!("p.region,", " group by p.region");

/// By provider.
pub(crate) const PEOPLE_BY_PROVIDER: &str = people!("c.provider_id,", " group by c.provider_id");

/// By platform.
pub(crate) const PEOPLE_BY_PLATFORM: &str = people!("c.platform_id,", " group by c.platform_id");

/// By category.
pub(crate) const PEOPLE_BY_CATEGORY: &str = people!("t.category,", " group by t.category");

/// By trade.
pub(crate) const PEOPLE_BY_TRADE: &str = people!("c.trade_code, c.trade_name,", " group by c.trade_code, c.trade_name");

/// By provider, platform and trade.
pub(crate) const PEOPLE_BY_PLACE: &str = people!(
    "c.provider_id, c.platform_id, c.trade_code, c.trade_name,",
    " group by c.provider_id, c.platform_id, c.trade_code, c.trade_name"
);

/// Who the providers are.
pub(crate) const PROVIDERS: &str = "select id, external_id, name, region from provider";

/// $1 Monday: what was filed of a week, the newest version first.
pub(crate) const VERSIONS: &str = "select w.version, w.document, w.digest, w.actor, w.at, f.log_index from weekly_report w \
     left join leaf f on f.id = w.leaf_id where w.week = $1 order by w.version desc";

/// $1 and $2 week and version of the last one before: the next reports that were filed.
pub(crate) const FILED_AFTER: &str = "select week, version, document, digest, actor, at, leaf_id from weekly_report \
     where week > $1 or (week = $1 and version > $2) order by week, version limit 100";

/// $1 Monday, $2 version, $3 document, $4 digest, $5 actor, $6 now, $7 leaf. Nothing where another was faster.
pub(crate) const FILE: &str = "insert into weekly_report (week, version, document, digest, actor, at, leaf_id) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (week, version) do nothing";

/// $1 and $2 days: which Mondays' weeks between them were filed.
pub(crate) const FILED: &str = "select distinct week from weekly_report where week >= $1 and week <= $2";

/// $1 Monday, $2 Sunday: whether anybody was in training in a week.
pub(crate) const ANYTHING: &str = "select 1 from class c where c.ends_on >= $1 and c.starts_on <= $2 and c.decision = 'approve' limit 1";

/// $1 the class before (empty for the first): classes in order, for an export of all.
pub(crate) const CLASSES_AFTER: &str = "select id from class where id > $1 order by id limit 100";

/// $1 class: its lessons.
pub(crate) const LESSONS: &str = "select l.id, l.external_id, l.title, l.kind, l.mode, l.starts_at, l.ends_at, l.hours_milli \
     from lesson l where l.class_id = $1 and l.cancelled_at is null order by l.starts_at, l.id";

/// $1 class, $2 lesson: its trainees, and what each is credited; who was withdrawn and has credit stands there too.
pub(crate) const HOURS: &str = "select t.id, t.external_id, t.name, t.category, k.hours_milli, k.credited_ms, k.spans \
     from trainee t left join credit_run r on r.lesson_id = $2 and r.replaced_at is null \
     left join credit k on k.run_id = r.id and k.trainee_id = t.id \
     where t.class_id = $1 and (t.withdrawn_at is null or k.credited_ms > 0) order by t.external_id, t.id";

/// $1 lesson: what was handed over for it.
pub(crate) const OF_LESSON: &str = "select e.id, e.kind, e.digest, e.trainee_id, e.received_at, f.log_index \
     from evidence e left join leaf f on f.id = e.leaf_id where e.lesson_id = $1 order by e.received_at, e.id";

/// $1 evidence.
pub(crate) const ONE: &str = "select e.id, e.kind, e.digest, e.trainee_id, e.received_at, f.log_index \
     from evidence e left join leaf f on f.id = e.leaf_id where e.id = $1";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    OPENED,
    APPROVED,
    RUNNING,
    HELD,
    PLANNED,
    CREDITED,
    EVIDENCE,
    CERTIFICATES,
    PREPAID,
    CLAIMED,
    PEOPLE,
    PEOPLE_BY_REGION,
    PEOPLE_BY_PROVIDER,
    PEOPLE_BY_PLATFORM,
    PEOPLE_BY_CATEGORY,
    PEOPLE_BY_TRADE,
    PEOPLE_BY_PLACE,
    PROVIDERS,
    VERSIONS,
    FILED_AFTER,
    FILE,
    FILED,
    ANYTHING,
    CLASSES_AFTER,
    LESSONS,
    HOURS,
    OF_LESSON,
    ONE,
];

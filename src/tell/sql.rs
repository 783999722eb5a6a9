//! Statements on webhooks, their messages and deliveries, and what messages tell.

macro_rules! webhook {
    ($rest:literal) => {
        concat!(
            "select w.id, w.name, w.platform_id, w.provider_id, w.events, w.url_sealed, w.old_secret_until, w.created_by, w.created_at, \
             w.ended_at, (select count(*) from webhook_delivery d where d.webhook_id = w.id and d.state = 'waiting') as waiting, \
             (select count(*) from webhook_delivery d where d.webhook_id = w.id and d.state = 'given_up') as given_up from webhook w ",
            $rest
        )
    };
}

/// $1 id, $2 platform, $3 provider (empty for none; an operator sees all).
pub(crate) const GET: &str =
    webhook!("where w.id = $1 and (($2 = '' and $3 = '') or (coalesce(w.platform_id, '') = $2 and coalesce(w.provider_id, '') = $3))");

/// $1 the webhook before, $2 platform, $3 provider (empty for none; an operator sees all), $4 limit. Oldest first.
pub(crate) const LIST: &str = webhook!(
    "where w.id > $1 and (($2 = '' and $3 = '') or (coalesce(w.platform_id, '') = $2 and coalesce(w.provider_id, '') = $3)) order by w.id limit $4"
);

/// $1 platform, $2 provider (empty for none): how many webhooks are theirs.
pub(crate) const COUNT: &str = "select count(*) from webhook where coalesce(platform_id, '') = $1 and coalesce(provider_id, '') = $2";

/// $1 id, $2 name, $3 platform, $4 provider, $5 events, $6 url, $7 secret, $8 actor, $9 now.
pub(crate) const ADD: &str = "insert into webhook (id, name, platform_id, provider_id, events, url_sealed, secret_sealed, created_by, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// $1 id, $2 name, $3 events, $4 url, $5 ended_at.
pub(crate) const CHANGE: &str = "update webhook set name = $2, events = $3, url_sealed = $4, ended_at = $5 where id = $1";

/// $1 id, $2 new secret, $3 until when the old one signs as well.
pub(crate) const ROTATE: &str =
    "update webhook set old_secret_sealed = secret_sealed, secret_sealed = $2, old_secret_until = $3 where id = $1";

/// $1 id, $2 now: the receiver is gone. Nothing when it has ended.
pub(crate) const END: &str = "update webhook set ended_at = $2 where id = $1 and ended_at is null";

/// $1 id.
pub(crate) const REMOVE: &str = "delete from webhook where id = $1";

/// $1 event, $2 webhook.
pub(crate) const ASK: &str = "insert into webhook_event (event, webhook_id) values ($1, $2)";

/// $1 webhook.
pub(crate) const ASK_NOTHING: &str = "delete from webhook_event where webhook_id = $1";

/// $1 webhook, $2 now, $3 why.
pub(crate) const GIVE_UP_ALL: &str = "update webhook_delivery set state = 'given_up', last_at = $2, problem = $3 \
     where webhook_id = $1 and state = 'waiting'";

/// $1 webhook.
pub(crate) const REMOVE_DELIVERIES: &str = "delete from webhook_delivery where webhook_id = $1";

/// $1 now, $2 limit: what is to be written.
pub(crate) const UNWRITTEN: &str = "select id from webhook_message where body is null and due_at <= $1 order by due_at limit $2";

/// $1 id. Nothing when another server has written it. Waits for a change that is announced by the same message and not committed yet.
pub(crate) const TAKE_UNWRITTEN: &str =
    "update webhook_message set due_at = due_at where id = $1 and body is null returning event, key, at";

/// $1 id, $2 from when on it is looked at again.
pub(crate) const POSTPONE: &str = "update webhook_message set due_at = $2 where id = $1";

/// $1 id, $2 body.
pub(crate) const WRITE: &str = "update webhook_message set body = $2 where id = $1";

/// $1 id, $2 event, $3 key, $4 now, $5 body: a message that was never announced.
pub(crate) const ADD_WRITTEN: &str = "insert into webhook_message (id, event, key, at, due_at, body) values ($1, $2, $3, $4, $4, $5)";

/// $1 id.
pub(crate) const DROP_MESSAGE: &str = "delete from webhook_message where id = $1";

/// $1 message, $2 event, $3 platform and $4 provider that it is of, $5 now: to all who asked for such events and may see this one.
pub(crate) const ADDRESS: &str = "insert into webhook_delivery (webhook_id, message_id, state, attempts, since_at, due_at) \
     select w.id, $1, 'waiting', 0, $5, $5 from webhook_event e join webhook w on w.id = e.webhook_id \
     where e.event = $2 and (w.platform_id is null or w.platform_id = $3) and (w.provider_id is null or w.provider_id = $4)";

/// $1 message, $2 event, $3 provider (empty for operators), $4 now: to those alone whose it is.
pub(crate) const ADDRESS_OWN: &str = "insert into webhook_delivery (webhook_id, message_id, state, attempts, since_at, due_at) \
     select w.id, $1, 'waiting', 0, $4, $4 from webhook_event e join webhook w on w.id = e.webhook_id \
     where e.event = $2 and w.platform_id is null and coalesce(w.provider_id, '') = $3";

/// $1 webhook, $2 message, $3 now.
pub(crate) const ADDRESS_ONE: &str = "insert into webhook_delivery (webhook_id, message_id, state, attempts, since_at, due_at) \
     values ($1, $2, 'waiting', 0, $3, $3)";

/// $1 evidence: what is told of it, and how far the log is.
pub(crate) const EVIDENCE: &str = "select e.kind, e.digest, e.size, e.media_type, e.platform_id, e.provider_id, e.class_id, \
     c.external_id as class_external_id, e.lesson_id, l.external_id as lesson_external_id, e.trainee_id, e.received_at, e.analysed_at, \
     e.failed_at, a.value as accepted, r.value as refused, f.log_index, h.origin, h.published_size \
     from evidence e join leaf f on f.id = e.leaf_id cross join log_head h left join class c on c.id = e.class_id \
     left join lesson l on l.id = e.lesson_id left join fact a on a.evidence_id = e.id and a.name = 'log_accepted' \
     left join fact r on r.evidence_id = e.id and r.name = 'log_refused' where e.id = $1";

/// $1 lesson: what is told of its run that counts, and how far the log is.
pub(crate) const RUN: &str = "select r.id, r.policy, r.digest, r.at, l.class_id, c.external_id as class_external_id, \
     l.external_id as lesson_external_id, c.platform_id, c.provider_id, f.log_index, h.origin, h.published_size, \
     (select count(*) from credit_run n where n.lesson_id = $1) as runs, \
     (select count(*) from credit p where p.run_id = r.id and p.credited_ms > 0) as trainees, \
     (select cast(coalesce(sum(p.credited_ms), 0) as bigint) from credit p where p.run_id = r.id) as credited_ms, \
     (select cast(coalesce(sum(p.hours_milli), 0) as bigint) from credit p where p.run_id = r.id) as hours_milli \
     from credit_run r join lesson l on l.id = r.lesson_id join class c on c.id = l.class_id join leaf f on f.id = r.leaf_id \
     cross join log_head h where r.lesson_id = $1 and r.replaced_at is null";

/// $1 now: webhooks that something waits for.
pub(crate) const WAITED_FOR: &str = "select w.id from webhook w where w.ended_at is null and exists \
     (select 1 from webhook_delivery d where d.webhook_id = w.id and d.state = 'waiting' and d.due_at <= $1)";

/// $1 webhook, $2 now, $3 lease end, $4 how many. Two servers never get the same.
pub(crate) const LEASE: &str = "update webhook_delivery set due_at = $3 where webhook_id = $1 and state = 'waiting' and due_at <= $2 \
     and message_id in (select message_id from webhook_delivery where webhook_id = $1 and state = 'waiting' and due_at <= $2 \
     order by due_at, message_id limit $4) returning message_id, attempts, since_at";

/// $1 webhook, $2 message: what an attempt needs.
pub(crate) const TO_SEND: &str = "select w.url_sealed, w.secret_sealed, w.old_secret_sealed, w.old_secret_until, m.body \
     from webhook w join webhook_message m on m.id = $2 where w.id = $1 and w.ended_at is null and m.body is not null";

/// $1 webhook, $2 message, $3 state, $4 due_at, $5 now, $6 status, $7 problem: an attempt ended. One that was settled meanwhile stays so.
pub(crate) const TRIED: &str = "update webhook_delivery set state = $3, attempts = attempts + 1, due_at = $4, last_at = $5, status = $6, problem = $7 \
     where webhook_id = $1 and message_id = $2 and state = 'waiting'";

/// $1 webhook, $2 state (null for any), $3 before this message (empty for the newest), $4 limit. Newest first.
pub(crate) const DELIVERIES: &str = "select d.message_id, m.event, m.key, m.at, d.state, d.attempts, d.due_at, d.last_at, d.status, d.problem \
     from webhook_delivery d join webhook_message m on m.id = d.message_id where d.webhook_id = $1 and (d.state = $2 or $2 is null) \
     and (d.message_id < $3 or $3 = '') order by d.message_id desc limit $4";

/// $1 webhook, $2 message.
pub(crate) const DELIVERY: &str = "select d.message_id, m.event, m.key, m.at, d.state, d.attempts, d.due_at, d.last_at, d.status, d.problem \
     from webhook_delivery d join webhook_message m on m.id = d.message_id where d.webhook_id = $1 and d.message_id = $2";

/// $1 webhook, $2 message, $3 now.
pub(crate) const AGAIN: &str = "update webhook_delivery set state = 'waiting', since_at = $3, due_at = $3, attempts = 0 \
     where webhook_id = $1 and message_id = $2";

/// $1 since before, $2 now: what nobody had time to try until it was too late.
pub(crate) const GIVE_UP_OLD: &str = "update webhook_delivery set state = 'given_up', last_at = $2, problem = coalesce(problem, 'too_late') \
     where state = 'waiting' and since_at < $1 and due_at <= $2";

/// $1 now.
pub(crate) const FORGET_OLD_SECRETS: &str =
    "update webhook set old_secret_sealed = null, old_secret_until = null where old_secret_until <= $1";

/// $1 settled before, $2 most.
pub(crate) const FORGET: &str = "delete from webhook_delivery where state <> 'waiting' and message_id in (select message_id from webhook_delivery \
     where state <> 'waiting' and last_at < $1 order by last_at limit $2) and last_at < $1";

/// $1 announced before, $2 most: written messages that are for nobody.
pub(crate) const FORGET_MESSAGES: &str = "delete from webhook_message where id in (select m.id from webhook_message m where m.body is not null \
     and m.at < $1 and not exists (select 1 from webhook_delivery d where d.message_id = m.id) limit $2)";

/// $1 day, $2 audience: a digest as it was made.
pub(crate) const DIGEST: &str = "select document from deadline_digest where day = $1 and audience = $2";

/// $1 day, $2 audience, $3 document, $4 now, $5 waiting or none. Nothing where another server was first.
pub(crate) const ADD_DIGEST: &str = "insert into deadline_digest (day, audience, document, at, mail, attempts, due_at) \
     values ($1, $2, $3, $4, $5, 0, $4) on conflict (day, audience) do nothing";

/// $1 day: the last digest of everything before it.
pub(crate) const LAST_DIGEST: &str = "select day, mail from deadline_digest where audience = 'all' and day < $1 order by day desc limit 1";

/// $1 day, $2 now: mails of earlier days that nobody took.
pub(crate) const GIVE_UP_DIGESTS: &str = "update deadline_digest set mail = 'given_up', last_at = $2 where mail = 'waiting' and day < $1";

/// $1 now: whether a mail is due.
pub(crate) const ANY_MAIL: &str = "select 1 from deadline_digest where mail = 'waiting' and due_at <= $1 limit 1";

/// $1 now, $2 lease end. Two servers never get the same.
pub(crate) const LEASE_DIGEST: &str = "update deadline_digest set due_at = $2 where mail = 'waiting' and due_at <= $1 \
     and (day, audience) in (select day, audience from deadline_digest where mail = 'waiting' and due_at <= $1 \
     order by day, audience limit 1) returning day, audience, document, attempts";

/// $1 day, $2 audience, $3 what became of it, $4 when it is tried next, $5 now, $6 problem.
pub(crate) const SETTLE_DIGEST: &str = "update deadline_digest set mail = $3, due_at = $4, last_at = $5, problem = $6, attempts = attempts + 1 \
     where day = $1 and audience = $2 and mail = 'waiting'";

/// $1 id: a provider as the settings name it.
pub(crate) const AUDIENCE: &str = "select external_id from provider where id = $1";

/// $1 day: digests so old that nobody asks for them.
pub(crate) const FORGET_DIGESTS: &str = "delete from deadline_digest where day < $1 and mail <> 'waiting'";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[
    GET,
    LIST,
    COUNT,
    ADD,
    CHANGE,
    ROTATE,
    END,
    REMOVE,
    ASK,
    ASK_NOTHING,
    GIVE_UP_ALL,
    REMOVE_DELIVERIES,
    UNWRITTEN,
    TAKE_UNWRITTEN,
    POSTPONE,
    WRITE,
    ADD_WRITTEN,
    DROP_MESSAGE,
    ADDRESS,
    ADDRESS_OWN,
    ADDRESS_ONE,
    EVIDENCE,
    RUN,
    WAITED_FOR,
    LEASE,
    TO_SEND,
    TRIED,
    DELIVERIES,
    DELIVERY,
    AGAIN,
    GIVE_UP_OLD,
    FORGET_OLD_SECRETS,
    FORGET,
    FORGET_MESSAGES,
    DIGEST,
    ADD_DIGEST,
    LAST_DIGEST,
    GIVE_UP_DIGESTS,
    ANY_MAIL,
    LEASE_DIGEST,
    SETTLE_DIGEST,
    AUDIENCE,
    FORGET_DIGESTS,
];

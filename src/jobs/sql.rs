//! Statements on the table `job`, and the one that keeps what there is to tell.

/// $1 id, $2 kind, $3 key, $4 run_at. A job that waits already is locked, and so not taken, until the change that asks for it is committed:
/// who took it before would not see the change, and nobody would ask again.
pub(crate) const ENQUEUE: &str = "insert into job (id, kind, key, state, run_at, attempts, created_at) values ($1, $2, $3, 'waiting', $4, 0, $4) \
     on conflict (kind, key) where state = 'waiting' do update set run_at = job.run_at";

/// $1 now, $2 a kind that is not to be done now, or nothing.
pub(crate) const ANY_DUE: &str = "select 1 from job where state = 'waiting' and run_at <= $1 and kind <> $2 limit 1";

/// $1 now, $2 lease end, $3 a kind that is not to be done now, or nothing; $4 the kind of which one is done
/// at a time, and which waits until nothing else is to be done, unless it was due by $5.
/// A job whose twin still runs waits for it.
pub(crate) const CLAIM_SQLITE: &str = "update job set state = 'running', attempts = attempts + 1, leased_until = $2 \
     where id = (select id from job as due where state = 'waiting' and run_at <= $1 and kind <> $3 \
     and not exists (select 1 from job as twin where twin.state = 'running' and twin.kind = due.kind and twin.key = due.key) \
     and (kind <> $4 or (not exists (select 1 from job as same where same.kind = $4 and same.state = 'running') and (run_at <= $5 \
     or not exists (select 1 from job as other where other.kind <> $4 and (other.state = 'running' \
     or (other.state = 'waiting' and other.run_at <= $1)))))) \
     order by run_at, id limit 1) \
     returning id, kind, key, state, run_at, attempts, error, created_at";

/// The same where several servers ask at once.
pub(crate) const CLAIM_POSTGRES: &str = "update job set state = 'running', attempts = attempts + 1, leased_until = $2 \
     where id = (select id from job as due where state = 'waiting' and run_at <= $1 and kind <> $3 \
     and not exists (select 1 from job as twin where twin.state = 'running' and twin.kind = due.kind and twin.key = due.key) \
     and (kind <> $4 or (not exists (select 1 from job as same where same.kind = $4 and same.state = 'running') and (run_at <= $5 \
     or not exists (select 1 from job as other where other.kind <> $4 and (other.state = 'running' \
     or (other.state = 'waiting' and other.run_at <= $1)))))) \
     order by run_at, id limit 1 for update skip locked) \
     returning id, kind, key, state, run_at, attempts, error, created_at";

/// $1 now, $2 lease end, $3 kind, $4 how many: more of the same kind, for the worker that has one of them.
pub(crate) const CLAIM_MORE_SQLITE: &str = "update job set state = 'running', attempts = attempts + 1, leased_until = $2 \
     where id in (select id from job as due where state = 'waiting' and run_at <= $1 and kind = $3 \
     and not exists (select 1 from job as twin where twin.state = 'running' and twin.kind = due.kind and twin.key = due.key) \
     order by run_at, id limit $4) \
     returning id, kind, key, state, run_at, attempts, error, created_at";

/// The same where several servers ask at once.
pub(crate) const CLAIM_MORE_POSTGRES: &str = "update job set state = 'running', attempts = attempts + 1, leased_until = $2 \
     where id in (select id from job as due where state = 'waiting' and run_at <= $1 and kind = $3 \
     and not exists (select 1 from job as twin where twin.state = 'running' and twin.kind = due.kind and twin.key = due.key) \
     order by run_at, id limit $4 for update skip locked) \
     returning id, kind, key, state, run_at, attempts, error, created_at";

/// $1 id, $2 lease end.
pub(crate) const RENEW: &str = "update job set leased_until = $2 where id = $1 and state = 'running'";

/// $1 id.
pub(crate) const REMOVE: &str = "delete from job where id = $1";

/// $1 id, $2 run_at, $3 error. Changes nothing when the same job is waiting already.
pub(crate) const PUT_BACK: &str = "update job set state = 'waiting', run_at = $2, error = $3, leased_until = null where id = $1 \
     and not exists (select 1 from job as twin where twin.state = 'waiting' and twin.kind = job.kind and twin.key = job.key)";

/// $1 id, $2 error.
pub(crate) const BURY: &str = "update job set state = 'dead', error = $2, leased_until = null where id = $1";

/// $1 id, $2 run_at.
pub(crate) const REVIVE: &str = "update job set state = 'waiting', run_at = $2, attempts = 0 where id = $1 and state = 'dead' \
     and not exists (select 1 from job as twin where twin.state = 'waiting' and twin.kind = job.kind and twin.key = job.key)";

/// $1 now.
pub(crate) const LOST: &str = "select id, kind, key, state, run_at, attempts, error, created_at from job \
     where state = 'running' and leased_until < $1 order by id limit 1000";

/// $1 and $2 states, $3 limit.
pub(crate) const LIST: &str = "select id, kind, key, state, run_at, attempts, error, created_at from job \
     where state = $1 or state = $2 order by run_at, id limit $3";

/// $1 id, $2 event, $3 key, $4 now, $5 due. One look at an index where nobody asked for the event. A message that is not written yet tells
/// of this change, too; its row is locked until this change is committed, so that it is not written before.
pub(crate) const ANNOUNCE: &str = "insert into webhook_message (id, event, key, at, due_at) \
     select $1, $2, $3, $4, $5 where exists (select 1 from webhook_event where event = $2) \
     on conflict (event, key) where body is null do update set at = excluded.at";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[ENQUEUE, ANY_DUE, CLAIM_SQLITE, CLAIM_MORE_SQLITE, RENEW, REMOVE, PUT_BACK, BURY, REVIVE, LOST, LIST, ANNOUNCE];

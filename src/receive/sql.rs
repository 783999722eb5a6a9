//! Statements on who may ask: token, login, session.

/// $1 id, $2 hash, $3 role, $4 platform, $5 provider, $6 name, $7 now.
pub(crate) const ADD_TOKEN: &str =
    "insert into token (id, hash, role, platform_id, provider_id, name, created_at) values ($1, $2, $3, $4, $5, $6, $7)";

/// $1 hash.
pub(crate) const TOKEN: &str = "select id, role, platform_id, provider_id, name from token where hash = $1 and revoked_at is null";

/// $1 hash, $2 now.
pub(crate) const REVOKE_TOKEN: &str = "update token set revoked_at = $2 where hash = $1 and revoked_at is null";

/// $1 id, $2 name, $3 password hash, $4 role, $5 platform, $6 provider, $7 now. A known name gets the new password and role.
pub(crate) const PUT_LOGIN: &str = "insert into login (id, name, password_hash, role, platform_id, provider_id, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do update set password_hash = excluded.password_hash, \
     role = excluded.role, platform_id = excluded.platform_id, provider_id = excluded.provider_id, disabled_at = null";

/// $1 name.
pub(crate) const LOGIN: &str = "select id, password_hash from login where name = $1 and disabled_at is null";

/// $1 hash, $2 login, $3 now, $4 expiry.
pub(crate) const ADD_SESSION: &str = "insert into session (hash, login_id, created_at, expires_at) values ($1, $2, $3, $4)";

/// $1 hash, $2 now.
pub(crate) const SESSION: &str = "select login.id, login.role, login.platform_id, login.provider_id, login.name from session \
     join login on login.id = session.login_id where session.hash = $1 and session.expires_at > $2 and login.disabled_at is null";

/// $1 hash.
pub(crate) const END_SESSION: &str = "delete from session where hash = $1";

/// $1 now.
pub(crate) const END_OLD_SESSIONS: &str = "delete from session where expires_at <= $1";

/// $1 login name.
pub(crate) const END_SESSIONS_OF: &str = "delete from session where login_id in (select id from login where name = $1)";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[ADD_TOKEN, TOKEN, REVOKE_TOKEN, PUT_LOGIN, LOGIN, ADD_SESSION, SESSION, END_SESSION, END_OLD_SESSIONS, END_SESSIONS_OF];

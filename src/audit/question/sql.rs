//! Statements on the table `question`.

/// All, by name.
pub(crate) const LIST: &str = "select id, name, text, kept_by, kept_at from question order by name";

/// $1 id, $2 name, $3 text, $4 who, $5 now.
pub(crate) const KEEP: &str = "insert into question (id, name, text, kept_by, kept_at) values ($1, $2, $3, $4, $5) \
     on conflict (name) do update set text = excluded.text, kept_by = excluded.kept_by, kept_at = excluded.kept_at";

/// How many there are.
pub(crate) const COUNT: &str = "select count(*) from question";

/// $1 id.
pub(crate) const REMOVE: &str = "delete from question where id = $1 returning name";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[LIST, KEEP, COUNT, REMOVE];

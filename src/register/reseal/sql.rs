//! Every column that holds something encrypted, and the statements that go over it: the one catalogue of them.

/// A column of encrypted values.
#[derive(Debug)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// What it is called; it ends in `_sealed`.
    pub name: &'static str,
    /// $1 number of a key as one byte (empty: none), $2 and $3 key and value behind which to go on, $4 how many: values of all other keys.
    pub(super) page: &'static str,
    /// $1 new value, $2 key, $3 old value. What changed meanwhile stays as it is.
    pub(super) swap: &'static str,
    /// How many values each key has sealed.
    pub(super) count: &'static str,
}

macro_rules! catalogue {
    ($(($table:literal, $key:literal, $column:literal)),* $(,)?) => {
        /// All of them: table, the column its rows are found by, the sealed column.
        pub(crate) const COLUMNS: &[Column] = &[$(Column {
            table: $table,
            name: $column,
            page: concat!(
                "select ", $key, " as place, ", $column, " as sealed from ", $table, " where substr(", $column, ", 1, 1) <> $1 and ", $key,
                " >= $2 and (", $key, " > $2 or ", $column, " > $3) order by ", $key, ", ", $column, " limit $4"
            ),
            swap: concat!("update ", $table, " set ", $column, " = $1 where ", $key, " = $2 and ", $column, " = $3"),
            count: concat!(
                "select substr(", $column, ", 1, 1) as sealed_by, count(*) as n from ", $table, " where ", $column,
                " is not null group by substr(", $column, ", 1, 1)"
            ),
        }),*];

        /// Every statement that both engines must prepare.
        #[cfg(test)]
        pub(crate) const ALL: &[&str] = &{
            let mut all = [""; COLUMNS.len() * 3];
            let mut place = 0;
            while place < COLUMNS.len() {
                all[place * 3] = COLUMNS[place].page;
                all[place * 3 + 1] = COLUMNS[place].swap;
                all[place * 3 + 2] = COLUMNS[place].count;
                place += 1;
            }
            all
        };
    };
}

catalogue![
    ("class", "id", "bank_account_sealed"),
    ("amendment", "id", "personal_sealed"),
    ("trainee", "id", "id_number_sealed"),
    ("trainee", "id", "phone_sealed"),
    ("trainee", "id", "email_sealed"),
    ("unmatched", "evidence_id", "who_sealed"),
    ("resolution", "id", "who_sealed"),
    ("resolution", "id", "reason_sealed"),
    ("webhook", "id", "url_sealed"),
    ("webhook", "id", "secret_sealed"),
    ("webhook", "id", "old_secret_sealed"),
    ("certificate", "id", "number_sealed"),
    ("correction", "id", "reason_sealed"),
];

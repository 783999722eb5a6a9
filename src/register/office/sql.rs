//! Statements on the tables `reference_list` and `reference_entry`.

/// $1 id, $2 kind, $3 source, $4 as of, $5 evidence, $6 entries, $7 refused, $8 actor, $9 now.
pub(crate) const BEGIN: &str = "insert into reference_list (id, kind, source, as_of, evidence_id, entries, refused, actor, at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// $1 list, $2 row, $3 person, $4 value, $5 provider, $6 from, $7 until.
pub(crate) const ADD_ENTRY: &str = "insert into reference_entry (list_id, row_number, person_index, value, provider_id, from_on, until_on) \
     values ($1, $2, $3, $4, $5, $6, $7)";

/// $1 list, then 25 times row, person, value, provider, from, until: a list has a hundred thousand.
pub(crate) const ADD_ENTRIES: &str = "insert into reference_entry (list_id, row_number, person_index, value, provider_id, from_on, until_on) values \
     ($1, $2, $3, $4, $5, $6, $7), ($1, $8, $9, $10, $11, $12, $13), ($1, $14, $15, $16, $17, $18, $19), \
     ($1, $20, $21, $22, $23, $24, $25), ($1, $26, $27, $28, $29, $30, $31), ($1, $32, $33, $34, $35, $36, $37), \
     ($1, $38, $39, $40, $41, $42, $43), ($1, $44, $45, $46, $47, $48, $49), ($1, $50, $51, $52, $53, $54, $55), \
     ($1, $56, $57, $58, $59, $60, $61), ($1, $62, $63, $64, $65, $66, $67), ($1, $68, $69, $70, $71, $72, $73), \
     ($1, $74, $75, $76, $77, $78, $79), ($1, $80, $81, $82, $83, $84, $85), ($1, $86, $87, $88, $89, $90, $91), \
     ($1, $92, $93, $94, $95, $96, $97), ($1, $98, $99, $100, $101, $102, $103), ($1, $104, $105, $106, $107, $108, $109), \
     ($1, $110, $111, $112, $113, $114, $115), ($1, $116, $117, $118, $119, $120, $121), \
     ($1, $122, $123, $124, $125, $126, $127), ($1, $128, $129, $130, $131, $132, $133), \
     ($1, $134, $135, $136, $137, $138, $139), ($1, $140, $141, $142, $143, $144, $145), \
     ($1, $146, $147, $148, $149, $150, $151)";

/// $1 kind, $2 source, $3 now: what counted makes room.
pub(crate) const REPLACE: &str = "update reference_list set replaced_at = $3 where kind = $1 and source = $2 and live_at is not null and replaced_at is null returning id";

/// $1 list, $2 now, $3 leaf.
pub(crate) const GO_LIVE: &str = "update reference_list set live_at = $2, leaf_id = $3 where id = $1";

/// $1 kind, $2 source, $3 a time: entries of files that were begun before it and never finished.
pub(crate) const DROP_HALF_ENTRIES: &str = "delete from reference_entry where list_id in \
     (select id from reference_list where kind = $1 and source = $2 and live_at is null and at < $3)";

/// $1 kind, $2 source, $3 a time: those files.
pub(crate) const DROP_HALF: &str = "delete from reference_list where kind = $1 and source = $2 and live_at is null and at < $3";

macro_rules! lists {
    ($rest:literal) => {
        concat!(
            "select l.id, l.kind, l.source, l.as_of, l.evidence_id, l.entries, l.refused, l.actor, l.at, l.leaf_id, l.replaced_at \
             from reference_list l where l.live_at is not null ",
            $rest
        )
    };
}

/// $1 kind, $2 source.
pub(crate) const LIVE: &str = lists!("and l.kind = $1 and l.source = $2 and l.replaced_at is null");

/// $1 id.
pub(crate) const LIST: &str = lists!("and l.id = $1");

/// $1 1 for those that were replaced too.
pub(crate) const LISTS: &str = lists!("and (l.replaced_at is null or $1 = 1) order by l.kind, l.source, l.at, l.id");

/// $1 list: people on rosters that are on it.
pub(crate) const PEOPLE: &str = "select count(*) as n from person p \
     where exists (select 1 from reference_entry e where e.person_index = p.id_number_index and e.list_id = $1)";

/// $1 list, $2 the list before it (empty for none): classes in which somebody is on either, or whose provider is.
pub(crate) const TOUCHED: &str = "select t.class_id from reference_entry e join person p on p.id_number_index = e.person_index \
     join trainee t on t.person_id = p.id where e.list_id = $1 or e.list_id = $2 \
     union select c.id from reference_entry e join class c on c.provider_id = e.provider_id where e.list_id = $1 or e.list_id = $2";

/// $1 list: its entries, by row; for tests.
#[cfg(test)]
pub(crate) const ENTRIES: &str = "select row_number, person_index, value, provider_id, from_on, until_on from reference_entry \
     where list_id = $1 order by row_number";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] =
    &[BEGIN, ADD_ENTRY, ADD_ENTRIES, REPLACE, GO_LIVE, DROP_HALF_ENTRIES, DROP_HALF, LIVE, LIST, LISTS, PEOPLE, TOUCHED, ENTRIES];

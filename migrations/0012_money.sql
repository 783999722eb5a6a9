-- What seals certificates, and what a settlement says besides its amount.

-- Certificates entered at once share a leaf, which seals the digest of a document made of these rows.
alter table certificate add column batch_id text;
alter table certificate add column leaf_id text;
-- Keyed hash of the entry's id and number: the sealed document names it in the number's place. Never made again, whatever becomes of keys.
alter table certificate add column number_commitment bytea;
create index certificate_batch on certificate (batch_id);

-- A settlement: when it was paid and under which reference.
alter table claim_event add column paid_on text;
alter table claim_event add column reference text;
-- Random bytes under which the leaf commits to reason and reference, which may speak of people.
alter table claim_event add column salt bytea;
alter table prepayment add column salt bytea;

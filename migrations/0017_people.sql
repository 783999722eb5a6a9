-- What rules may know of a trainee without the ID number and the phone number: read from them when the roster is entered.

-- Whole years on the first day of the class; null where the number is at fault. The birth date itself is never kept.
alter table trainee add column age_years bigint;
-- f or m; null where the number is at fault.
alter table trainee add column sex text;
-- The province, the two digits of GB/T 2260; empty where the number is at fault, null until a server has looked.
alter table trainee add column id_region text;
-- The code of what is wrong with the phone number; empty where nothing is or there is none, null until a server has looked.
alter table trainee add column phone_fault text;
create index trainee_unread on trainee (id) where id_region is null;

-- Words of the rules under the names they have there, and what a machine of two processors may use for one query.
create schema words;
create domain words.double as double precision;
create function words.to_char(timestamptz, text) returns text language sql immutable parallel safe
    as $$ select pg_catalog.to_char($1 at time zone 'UTC', 'YYYY-MM-DD') $$;
set search_path = words, public, pg_catalog;
set time zone 'UTC';
set work_mem = '256MB';
set maintenance_work_mem = '512MB';
set max_parallel_workers_per_gather = 2;

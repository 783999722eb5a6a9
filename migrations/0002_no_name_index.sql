-- Names are matched in memory against the roster of one class; nothing ever looked one up by its keyed hash.
alter table trainee drop column name_index;

-- A recorded lesson may demand a passed test: the least share of right answers, in percent.
alter table lesson add column quiz_percent bigint;

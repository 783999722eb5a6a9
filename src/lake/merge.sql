select * from attendance order by lesson nulls first, trainee nulls first, at, evidence, row

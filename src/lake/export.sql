select * from TABLE

"""The rules of asked.json in DuckDB over the Parquet files of a folder: rules.py FOLDER ASKED"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb

folder, asked = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
moment = lambda micros: epoch + timedelta(microseconds=micros)  # noqa: E731
database = duckdb.connect(config={"threads": 2, "memory_limit": "8GB", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
database.execute("set TimeZone = 'UTC'")
database.execute("set enable_progress_bar = false")  # it would stand in the answer
database.execute(
    """
    create macro to_char(moment, pattern) as strftime(moment, pattern);
    create macro to_timestamp_seconds(seconds) as to_timestamp(seconds);
    create macro character_length(words) as length(words);
    """
)
for table in sorted(path for path in folder.iterdir() if path.is_dir()):
    database.execute(f"create view {table.name} as select * from read_parquet('{table}/*.parquet')")
broken, seconds, found = [], {}, {}
for rule in asked["rules"]:
    begun, count = time.monotonic(), 0
    for since, until, ends in rule["pieces"]:
        moments = {"since": moment(since), "until": moment(until), "ends": moment(ends), "now": moment(asked["now"])}
        values = {name: value for name, value in (rule["values"] | moments).items() if f"${name}" in rule["sql"]}
        try:
            count += len(database.execute(rule["sql"], values).fetchall())
        except duckdb.Error as error:
            broken.append(f"{rule['rule']}: {error}")
            break
    seconds[rule["rule"]] = time.monotonic() - begun
    found[rule["rule"]] = count
print(json.dumps({"seconds": seconds, "broken": broken, "found": found}))

"""Runs rules in DuckDB over the tables of their cases: rules.py asked.json > answers.json"""

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb

# Words of the lake's engine that DuckDB has under other names.
MACROS = """
create macro to_char(moment, pattern) as strftime(moment, pattern);
create macro to_timestamp_seconds(seconds) as to_timestamp(seconds);
create macro character_length(words) as length(words);
"""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def value(plain):
    return EPOCH + timedelta(microseconds=plain["at"]) if isinstance(plain, dict) else plain


def told(cell):
    return cell.astimezone(timezone.utc).isoformat() if isinstance(cell, datetime) else cell


def answer(case):
    database = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": 1})
    database.execute("set TimeZone = 'UTC'")
    database.execute(MACROS)
    for file in sorted(Path(case["folder"]).glob("*.parquet")):
        database.execute(f"create view {file.stem} as select * from read_parquet('{file}')")
    values = {name: value(plain) for name, plain in case["values"].items()}
    asked = lambda sql: {name: value for name, value in values.items() if f"${name}" in sql}  # noqa: E731
    try:
        values["ends"] = database.execute(case["ends"], asked(case["ends"])).fetchone()[0] or values["until"]
        cursor = database.execute(case["sql"], asked(case["sql"]))
        names = [column[0] for column in cursor.description]
        return [{name: told(cell) for name, cell in zip(names, row)} for row in cursor.fetchall()]
    except duckdb.Error as error:
        return str(error)


json.dump([answer(case) for case in json.loads(Path(sys.argv[1]).read_text())], sys.stdout)

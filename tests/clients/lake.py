"""Opens an export of the lake with DuckDB and answers questions over it: lake.py FOLDER < questions.json > answers.json"""

import json
import sys
from pathlib import Path

import duckdb

folder = Path(sys.argv[1])
database = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
tables = sorted(path.name for path in folder.iterdir() if path.is_dir())
schema = json.loads((folder / "schema.json").read_text())
assert tables == sorted(schema), (tables, sorted(schema))
for table in tables:
    database.execute(f"create view {table} as select * from read_parquet('{folder}/{table}/*.parquet')")
    found = [(name, kind) for name, kind, *_ in database.execute(f"describe {table}").fetchall()]
    words = {"bigint": "BIGINT", "double": "DOUBLE", "text": "VARCHAR", "timestamp": "TIMESTAMP WITH TIME ZONE"}
    said = [(column["name"], words[column["type"]]) for column in schema[table]["columns"]]
    assert found == said, (table, found, said)
    assert all(column["en"] and column["zh"] for column in schema[table]["columns"])
answers = []
for question in json.load(sys.stdin):
    cursor = database.execute(question)
    names = [column[0] for column in cursor.description]
    answers.append([dict(zip(names, row)) for row in cursor.fetchall()])
json.dump(answers, sys.stdout)

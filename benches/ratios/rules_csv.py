"""The tables of a folder of Parquet files as CSV beside them, and what PostgreSQL calls their columns: rules_csv.py FOLDER"""

import json
import sys
from pathlib import Path

import duckdb

TYPES = {"VARCHAR": "text", "BIGINT": "bigint", "DOUBLE": "double precision", "TIMESTAMP WITH TIME ZONE": "timestamptz"}
folder = Path(sys.argv[1])
database = duckdb.connect(config={"threads": 2, "memory_limit": "4GB", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
database.execute("set TimeZone = 'UTC'")
database.execute("set enable_progress_bar = false")  # it would stand in the answer
tables = {}
for table in sorted(path for path in folder.iterdir() if path.is_dir()):
    rows = f"read_parquet('{table}/*.parquet')"
    described = database.execute(f"describe select * from {rows}").fetchall()
    tables[table.name] = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind, *_ in described)
    database.execute(f"copy (select * from {rows}) to '{folder / table.name}.csv' (format csv, header)")
print(json.dumps(tables))

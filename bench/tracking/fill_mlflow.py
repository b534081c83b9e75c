"""Writes RUNS runs into the SQLite database of a MLflow server that has started once: fill_mlflow.py FILE RUNS."""

import sqlite3
import sys

file, runs = sys.argv[1], int(sys.argv[2])
metrics = ["acc", "loss", "val_acc", "val_loss", "f1"]
pairs = {
    "params": {"lr": "i % 7 / 1000.0", "batch": "i % 8 * 32", "optimizer": "'o' || (i % 3)", "model": "'m' || (i % 50)", "seed": "i"},
    "tags": {"team": "'team' || (i % 20)", "mlflow.user": "'user'", "mlflow.runName": "'run-' || i", "mlflow.source.name": "'train.py'"},
}

db = sqlite3.connect(file)
db.execute("pragma synchronous = off")
db.execute("create temp table n as with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select i from n", (runs,))
db.execute("""
    insert into runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
        deleted_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
    select printf('%032x', i), 'run-' || i, 'LOCAL', '', '', 'user', 'FINISHED', 1700000000000 + i * 1000,
        1700000000500 + i * 1000, null, '', 'active', 'mlflow-artifacts:/0/' || printf('%032x', i) || '/artifacts', 0 from n""")
for number, key in enumerate(metrics, 1):
    db.execute("""
        insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid)
        select ?, ((i * 7919 + ? * 104729) % 1000003) / 1000003.0, 1700000000000, 9, 0, printf('%032x', i) from n""", (key, number))
for table, values in pairs.items():
    for key, value in values.items():
        db.execute(f"insert into {table} (key, value, run_uuid) select ?, cast({value} as text), printf('%032x', i) from n", (key,))
db.commit()
db.execute("analyze")

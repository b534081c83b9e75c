"""Answers each line `train` with the seconds that training LightGBM on January takes, and `auc` with a JSON object."""

import json
import sys
import time

import duckdb
import lightgbm
from sklearn.metrics import roc_auc_score

path, threads = sys.argv[1], int(sys.argv[2])
rows = duckdb.sql(f"select * replace (nullif(origin_late_share, 'nan'::double) as origin_late_share) from '{path}'").df()
for name in ("origin", "destination"):
    rows[name] = rows[name].astype("category")
features = [name for name in rows.columns if name not in ("month", "late")]
january = rows[rows.month == 1]
model = lightgbm.LGBMClassifier(n_estimators=100, num_leaves=63, learning_rate=0.1, n_jobs=threads, verbose=-1)


def train():
    begin = time.perf_counter()
    model.fit(january[features], january.late)
    return time.perf_counter() - begin


def auc():
    months = {month: rows[rows.month == month] for month in range(2, 7)}
    return {
        month: roc_auc_score(part.late, model.predict_proba(part[features])[:, 1]) for month, part in months.items()
    }


print(json.dumps(lightgbm.__version__), flush=True)
for line in sys.stdin:
    print(json.dumps({"train": train, "auc": auc}[line.strip()]()), flush=True)

"""Learns from a table which flights are late, with LightGBM or scikit-learn."""

import argparse
import json
import os
import pathlib
import time

import joblib
import pandas as pd


def learner_of(name: str, trees: int, learning_rate: float):
    if name == "lightgbm":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(n_estimators=trees, learning_rate=learning_rate, random_state=1, n_jobs=2, verbose=-1)
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))


def metric(name: str, value: float, **labels: str) -> None:
    """One line of JSON for each; without Evenkeel there is no such file, and nothing is written."""
    if path := os.environ.get("EVENKEEL_METRICS"):
        with open(path, "a") as file:
            file.write(json.dumps({"name": name, "value": value, "labels": labels}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("--learner", choices=["lightgbm", "sklearn"], required=True)
    parser.add_argument("--trees", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    asked = parser.parse_args()

    table = pd.read_csv(asked.table)
    started = time.perf_counter()
    model = learner_of(asked.learner, asked.trees, asked.learning_rate)
    model.fit(table.drop(columns="late").to_numpy("float32"), table["late"].to_numpy())
    took = time.perf_counter() - started
    joblib.dump({"learner": asked.learner, "model": model, "features": [*table.columns[:-1]]}, asked.model)
    metric("training_seconds", took, learner=asked.learner)
    metric("training_rows", len(table), learner=asked.learner)
    print(f"{asked.learner} learned from {len(table):,} flights in {took:.1f} s")


if __name__ == "__main__":
    main()

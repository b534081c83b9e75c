"""Judges models by flights that none of them has seen, and keeps the best one."""

import argparse
import json
import os
import pathlib
import shutil

import joblib
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score


def metric(name: str, value: float, **labels: str) -> None:
    if path := os.environ.get("EVENKEEL_METRICS"):
        with open(path, "a") as file:
            file.write(json.dumps({"name": name, "value": value, "labels": labels}) + "\n")


def append(variable: str, text: str) -> None:
    """To a file that Evenkeel names; by hand there is none."""
    if path := os.environ.get(variable):
        with open(path, "a") as file:
            file.write(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, help="a folder")
    parser.add_argument("--best", type=pathlib.Path, required=True)
    asked = parser.parse_args()

    table = pd.read_csv(asked.table)
    rows, late = table.drop(columns="late").to_numpy("float32"), table["late"].to_numpy()
    judged = []
    for path in sorted(asked.models.iterdir()):
        found = joblib.load(path)
        scores = found["model"].predict_proba(rows)[:, 1]
        measures = {
            "auc": roc_auc_score(late, scores),
            "log_loss": log_loss(late, scores),
            "brier": brier_score_loss(late, scores),
        }
        for name, value in measures.items():
            metric(name, value, learner=found["learner"])
        judged.append((measures, found["learner"], path))

    best, learner, path = max(judged, key=lambda one: one[0]["auc"])
    shutil.copyfile(path, asked.best)
    append("EVENKEEL_OUTPUT", f"learner={learner}\nauc={best['auc']:.6f}\n")
    lines = [f"| {name} | {m['auc']:.4f} | {m['log_loss']:.4f} | {m['brier']:.4f} |" for m, name, _ in judged]
    card = [
        f"# Late flights: {learner}",
        f"Judged by {len(table):,} flights after those it learned from, {late.mean():.1%} of them late.",
        "\n".join(["| learner | AUC | log loss | Brier |", "|---|---|---|---|", *lines]),
    ]
    append("EVENKEEL_SUMMARY", "\n\n".join(card) + "\n")
    print("\n\n".join(card))


if __name__ == "__main__":
    main()

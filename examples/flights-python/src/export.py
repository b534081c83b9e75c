"""Writes a model as ONNX, and proves that it still says the same."""

import argparse
import os
import pathlib

import joblib
import numpy as np
import onnxruntime
import pandas as pd

TOLERANCE = 1e-5


def to_onnx(learner: str, model, columns: int):
    if learner == "lightgbm":
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

        return convert_lightgbm(model, initial_types=[("features", FloatTensorType([None, columns]))], zipmap=False)
    from skl2onnx import to_onnx as convert
    from skl2onnx.common.data_types import FloatTensorType

    types = [("features", FloatTensorType([None, columns]))]
    return convert(model, initial_types=types, options={id(model): {"zipmap": False}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("--onnx", type=pathlib.Path, required=True)
    asked = parser.parse_args()

    found = joblib.load(asked.model)
    rows = pd.read_csv(asked.table, nrows=1000).drop(columns="late").to_numpy("float32")
    content = to_onnx(found["learner"], found["model"], rows.shape[1]).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # onnxmltools names a wrong shape for the labels
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    theirs = session.run(None, {"features": rows})[1][:, 1]
    difference = float(np.abs(theirs - found["model"].predict_proba(rows)[:, 1]).max())
    if difference > TOLERANCE:
        raise SystemExit(f"The ONNX model differs by {difference:.6f} from the one it was made of.")
    asked.onnx.write_bytes(content)
    text = f"{found['learner']} as ONNX: {len(content):,} bytes; differs by at most {difference:.1e} on {len(rows):,} flights."
    if path := os.environ.get("EVENKEEL_SUMMARY"):
        pathlib.Path(path).write_text(f"{text}\n\nColumns of `features`: {', '.join(found['features'])}.\n")
    print(text)


if __name__ == "__main__":
    main()

"""Autologging of LightGBM: metrics of every iteration, importances, the model."""

import lightgbm
import mlflow
import mlflow.lightgbm
import numpy

mlflow.lightgbm.autolog()
rng = numpy.random.default_rng(0)
x, y = rng.normal(size=(400, 4)), rng.integers(0, 2, 400)
with mlflow.start_run() as run:
    train, held = lightgbm.Dataset(x[:300], y[:300]), lightgbm.Dataset(x[300:], y[300:])
    lightgbm.train({"objective": "binary", "verbose": -1}, train, 10, valid_sets=[held], valid_names=["held"])
client = mlflow.MlflowClient()
found = client.get_run(run.info.run_id)
assert found.data.params["objective"] == "binary" and "held-binary_logloss" in found.data.metrics, found.data
assert len(client.get_metric_history(run.info.run_id, "held-binary_logloss")) == 10
assert "feature_importance_split.json" in [file.path for file in client.list_artifacts(run.info.run_id)]
print("ok")

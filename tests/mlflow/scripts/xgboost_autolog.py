"""Autologging of XGBoost: metrics of every iteration, importances, the model."""

import xgboost
import mlflow
import mlflow.xgboost
import numpy

mlflow.xgboost.autolog()
rng = numpy.random.default_rng(0)
x, y = rng.normal(size=(400, 4)), rng.integers(0, 2, 400)
with mlflow.start_run() as run:
    train, held = xgboost.DMatrix(x[:300], y[:300]), xgboost.DMatrix(x[300:], y[300:])
    xgboost.train({"objective": "binary:logistic"}, train, 10, evals=[(held, "held")], verbose_eval=False)
client = mlflow.MlflowClient()
found = client.get_run(run.info.run_id)
assert found.data.params["objective"] == "binary:logistic" and "held-logloss" in found.data.metrics, found.data
assert len(client.get_metric_history(run.info.run_id, "held-logloss")) == 10
assert "feature_importance_weight.json" in [file.path for file in client.list_artifacts(run.info.run_id)]
print("ok")

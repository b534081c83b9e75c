"""Runs in runs, a model that another experiment measures, versions with a gap, and a copy of one."""

import mlflow
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression

client = MlflowClient()
mlflow.set_experiment("outer")
with mlflow.start_run(run_name="sweep"):
    for number in range(3):
        with mlflow.start_run(run_name=f"try {number}", nested=True):
            mlflow.log_param("number", number)
            mlflow.log_metric("loss", float("nan") if number == 0 else float("inf"))
    info = mlflow.sklearn.log_model(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), name="line")

mlflow.set_experiment("measuring")
with mlflow.start_run(run_name="measure"):
    mlflow.log_metric("mae", 0.25, step=2, model_id=info.model_id)

client.create_registered_model("line", description="A line.", tags={"team": "lines"})
for _ in range(3):
    client.create_model_version("line", f"models:/{info.model_id}", model_id=info.model_id)
client.delete_model_version("line", "2")
client.transition_model_version_stage("line", "1", "Staging")
client.set_registered_model_alias("line", "best", "3")
client.copy_model_version("models:/line/3", "a-copy")

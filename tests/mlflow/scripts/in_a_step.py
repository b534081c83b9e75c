"""A step of a pipeline that logs as any script does: nothing in it knows of Evenkeel."""

import mlflow

mlflow.set_experiment("delays")
with mlflow.start_run() as run:
    mlflow.log_param("rate", 0.1)
    mlflow.log_metric("auc", 0.73)
    mlflow.log_text("hello", "notes.txt")
    with mlflow.start_run(nested=True, run_name="fold 1"):
        mlflow.log_metric("auc", 0.72)
print("logged into", run.info.run_id)

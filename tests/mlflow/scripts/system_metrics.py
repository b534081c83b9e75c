"""Metrics of the machine, which the client samples beside the training and logs in batches."""

import time

import mlflow

mlflow.enable_system_metrics_logging()
mlflow.set_system_metrics_sampling_interval(1)
mlflow.set_system_metrics_samples_before_logging(1)
with mlflow.start_run() as run:
    time.sleep(4)
metrics = mlflow.MlflowClient().get_run(run.info.run_id).data.metrics
assert "system/cpu_utilization_percentage" in metrics, metrics
assert "system/system_memory_usage_megabytes" in metrics, metrics
print("ok")

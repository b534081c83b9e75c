"""What scripts and notebooks do with runs: nested ones, metrics, artifacts, data sets, search, deletion."""

import math
import os
import tempfile
import time

import mlflow
import mlflow.data
import pandas
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

client = MlflowClient()
experiment_id = mlflow.create_experiment("tracking", tags={"team": "flights"})
try:
    mlflow.create_experiment("tracking")
    raise AssertionError("a name was given twice")
except MlflowException as error:
    assert error.error_code == "RESOURCE_ALREADY_EXISTS", error.error_code
assert mlflow.get_experiment_by_name("no such experiment") is None
assert mlflow.set_experiment("tracking").experiment_id == experiment_id
client.set_experiment_tag(experiment_id, "stage", "trial")
assert mlflow.get_experiment(experiment_id).tags == {"team": "flights", "stage": "trial"}

with mlflow.start_run(run_name="parent", tags={"color": "blue"}, description="the first") as parent:
    mlflow.log_params({"rate": 0.1, "layers": [1, 2], "unit": "ft/min"})
    mlflow.log_param("rate", 0.1)
    try:
        mlflow.log_param("rate", 0.2)
        raise AssertionError("a param was changed")
    except MlflowException as error:
        assert "Changing param values is not allowed" in str(error), error
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"nan": math.nan, "much": math.inf, "train/f1 score": 0.5}, step=3)
    mlflow.set_tags({"team": "a"})
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_dict({"a": 1}, "config.json")
    mlflow.log_text("", "empty.txt")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a b.bin", "50%.bin", "ü.bin"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(os.urandom(3000))
        mlflow.log_artifacts(folder, "raw")
        with open(os.path.join(folder, "ü.bin"), "rb") as file:
            sent = file.read()
    mlflow.log_table({"x": [1, 2]}, "table.json")
    data = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0]}), source="s3://nowhere/x.csv", name="xs")
    mlflow.log_input(data, context="training", tags={"split": "first"})
    with mlflow.start_run(nested=True, run_name="child") as child:
        mlflow.log_metric("loss", 0.01)

run = client.get_run(parent.info.run_id)
assert run.data.params == {"rate": "0.1", "layers": "[1, 2]", "unit": "ft/min"}, run.data.params
assert run.data.metrics["loss"] == 0.2 and math.isnan(run.data.metrics["nan"]), run.data.metrics
assert run.data.metrics["much"] > 1e308 and run.data.metrics["train/f1 score"] == 0.5
assert run.data.tags["mlflow.note.content"] == "the first" and run.data.tags["mlflow.runName"] == "parent"
assert run.inputs.dataset_inputs[0].dataset.name == "xs"
assert {tag.key: tag.value for tag in run.inputs.dataset_inputs[0].tags}["mlflow.data.context"] == "training"
assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
assert [point.value for point in client.get_metric_history(run.info.run_id, "loss")] == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]

assert sorted(file.path for file in client.list_artifacts(run.info.run_id)) == [
    "config.json", "empty.txt", "notes", "raw", "table.json",
]
assert sorted(file.path for file in client.list_artifacts(run.info.run_id, "raw")) == [
    "raw/50%.bin", "raw/a b.bin", "raw/ü.bin",
]
assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt") == "hello"
with open(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="raw/ü.bin"), "rb") as file:
    assert file.read() == sent
assert os.path.getsize(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/empty.txt")) == 0
assert mlflow.load_table("table.json", run_ids=[run.info.run_id])["x"].tolist() == [1, 2]

now = int(time.time() * 1000)
other = client.create_run(experiment_id, run_name="by client")
points = [Metric(f"m{i % 10}", float(i), now + i, i) for i in range(1000)]
for _ in range(2):
    client.log_batch(other.info.run_id, metrics=points)
client.log_batch(
    other.info.run_id,
    params=[Param(f"p{i}", str(i)) for i in range(100)],
    tags=[RunTag(f"t{i}", str(i)) for i in range(100)],
)
assert len(client.get_metric_history(other.info.run_id, "m3")) == 100
client.set_terminated(other.info.run_id, "FAILED")
found = client.search_runs([experiment_id], "attributes.status = 'FAILED' and params.p7 = '7' and metrics.m3 > 900")
assert [one.info.run_id for one in found] == [other.info.run_id], found
found = client.search_runs([experiment_id], "metrics.loss < 0.5", order_by=["metrics.loss ASC"])
assert [one.info.run_name for one in found] == ["child", "parent"], found
found = client.search_runs([experiment_id], "metrics.`train/f1 score` = 0.5 and tags.team LIKE 'a%'")
assert [one.info.run_name for one in found] == ["parent"], found
found = client.search_runs([experiment_id], "dataset.name = 'xs' and dataset.context = 'training'")
assert [one.info.run_name for one in found] == ["parent"], found
pages, token = [], None
while True:
    page = client.search_runs([experiment_id], max_results=1, page_token=token)
    pages += [one.info.run_name for one in page]
    token = page.token
    if not token:
        break
assert sorted(pages) == ["by client", "child", "parent"], pages
table = mlflow.search_runs(experiment_names=["tracking"], order_by=["attributes.start_time DESC"])
assert len(table) == 3 and "metrics.loss" in table.columns and "params.rate" in table.columns

client.delete_run(other.info.run_id)
assert len(client.search_runs([experiment_id])) == 2
assert [one.info.run_name for one in client.search_runs([experiment_id], run_view_type=ViewType.DELETED_ONLY)] == ["by client"]
client.restore_run(other.info.run_id)
assert client.get_run(other.info.run_id).info.lifecycle_stage == "active"
client.update_run(other.info.run_id, name="renamed")
assert client.get_run(other.info.run_id).data.tags["mlflow.runName"] == "renamed"
client.set_tag(other.info.run_id, "a", "b")
client.delete_tag(other.info.run_id, "a")
assert "a" not in client.get_run(other.info.run_id).data.tags

names = [one.name for one in client.search_experiments(filter_string="name LIKE 'track%'", order_by=["name ASC"])]
assert names == ["tracking"], names
assert [one.name for one in client.search_experiments(filter_string="tags.team = 'flights'")] == ["tracking"]
client.delete_experiment(experiment_id)
assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
client.restore_experiment(experiment_id)
assert len(client.search_runs([experiment_id])) == 3
print("ok")

"""All that MLflow's own client reads from a server, as one JSON: what moves must say the same before and after."""

import hashlib
import json
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType

client = MlflowClient()


def files_of(run):
    # Of a run without files, the client cannot even ask.
    if not client.list_artifacts(run.info.run_id):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="", dst_path=folder))
        found = [path for path in root.rglob("*") if path.is_file()]
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def run_of(run):
    info, history = run.info, {}
    for key in run.data.metrics:
        points = client.get_metric_history(info.run_id, key)
        history[key] = sorted([point.step, point.timestamp, repr(point.value)] for point in points)
    inputs = [[one.dataset.to_dictionary(), sorted([tag.key, tag.value] for tag in one.tags)] for one in run.inputs.dataset_inputs]
    outputs = [[one.model_id, one.step] for one in (run.outputs.model_outputs if run.outputs else [])]
    return {
        "info": [info.run_name, info.user_id, info.status, info.start_time, info.end_time, info.lifecycle_stage],
        "params": run.data.params,
        "tags": run.data.tags,
        "history": history,
        "inputs": sorted(inputs, key=str),
        "outputs": sorted(outputs),
        "files": files_of(run),
    }


def model_of(model):
    metrics = [[m.key, m.value, m.step, m.dataset_name, m.dataset_digest, m.run_id] for m in model.metrics or []]
    what = [model.name, model.model_type, model.source_run_id, str(model.status)]
    return {"what": what, "creation_timestamp": model.creation_timestamp, "params": model.params, "tags": model.tags, "metrics": sorted(metrics, key=str)}


def version_of(version):
    # Whose aliases a search leaves out; the model has them.
    kept = ["run_id", "current_stage", "tags", "creation_timestamp", "last_updated_timestamp"]
    return {"description": version.description or "", **{name: getattr(version, name) for name in kept}}


experiments = {}
for experiment in client.search_experiments(view_type=ViewType.ALL):
    ids = [experiment.experiment_id]
    experiments[experiment.name] = {
        "tags": experiment.tags,
        "lifecycle": experiment.lifecycle_stage,
        "runs": {run.info.run_id: run_of(run) for run in client.search_runs(ids, run_view_type=ViewType.ALL)},
        "models": {model.model_id: model_of(model) for model in client.search_logged_models(ids)},
    }

models = {}
for model in client.search_registered_models():
    versions = client.search_model_versions(f"name = '{model.name}'")
    models[model.name] = {
        "what": [model.description or "", model.tags, model.aliases],
        "creation_timestamp": model.creation_timestamp,
        "versions": {str(one.version): version_of(one) for one in versions},
    }
    for alias in model.aliases:
        mlflow.pyfunc.load_model(f"models:/{model.name}@{alias}")

prompts = {}
for prompt in mlflow.genai.search_prompts():
    found = (mlflow.genai.load_prompt(f"prompts:/{prompt.name}/{n}", allow_missing=True) for n in range(1, 10))
    prompts[prompt.name] = [[one.version, one.template, one.tags, sorted(one.aliases)] for one in found if one]

print(json.dumps({"experiments": experiments, "models": models, "prompts": prompts}, default=sorted))

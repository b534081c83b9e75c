"""A training as a data scientist writes it: autologging, a registered model, an alias, and the model loaded back."""

import mlflow
import mlflow.sklearn
import numpy
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

mlflow.set_experiment("iris")
mlflow.sklearn.autolog()
x, y = load_iris(return_X_y=True, as_frame=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0)

with mlflow.start_run(run_name="forest") as run:
    forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(x_train, y_train)
    score = forest.score(x_test, y_test)

client = MlflowClient()
found = client.get_run(run.info.run_id)
assert found.info.status == "FINISHED" and found.info.run_name == "forest", found.info
assert found.data.params["n_estimators"] == "10", found.data.params
assert found.data.metrics["training_accuracy_score"] > 0.9, found.data.metrics
assert found.data.tags["estimator_name"] == "RandomForestClassifier", found.data.tags
assert "estimator.html" in [file.path for file in client.list_artifacts(run.info.run_id)]
assert found.inputs.dataset_inputs, "autologging logs the training data as an input"
if hasattr(found, "outputs") and found.outputs is not None and hasattr(mlflow, "get_logged_model"):
    model_id = found.outputs.model_outputs[0].model_id
    assert mlflow.get_logged_model(model_id).status == "READY"

mlflow.sklearn.autolog(disable=True)
with mlflow.start_run() as run:
    line = LogisticRegression(max_iter=500).fit(x_train, y_train)
    signature = infer_signature(x_train, line.predict(x_train))
    arguments = {"signature": signature, "input_example": x_train[:2], "registered_model_name": "iris-line"}
    logged = mlflow.sklearn.log_model(line, "model", **arguments)

version = client.get_model_version("iris-line", "1")
assert version.status == "READY" and version.run_id == run.info.run_id, version
client.set_registered_model_alias("iris-line", "champion", 1)
assert client.get_model_version_by_alias("iris-line", "champion").version == "1"
for uri in (logged.model_uri, "models:/iris-line/1", "models:/iris-line@champion"):
    loaded = mlflow.pyfunc.load_model(uri)
    assert numpy.array_equal(loaded.predict(x_test), line.predict(x_test)), uri
assert mlflow.sklearn.load_model("models:/iris-line@champion").max_iter == 500

second = mlflow.register_model(logged.model_uri, "iris-line", tags={"by": "hand"})
assert str(second.version) == "2" and client.get_model_version("iris-line", "2").tags == {"by": "hand"}

mlflow.sklearn.autolog(max_tuning_runs=3)
with mlflow.start_run() as parent:
    GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0, 10.0]}, cv=3).fit(x_train, y_train)
children = mlflow.search_runs(
    experiment_names=["iris"], filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
)
assert len(children) == 3 and set(children["params.C"]) == {"0.1", "1.0", "10.0"}, children
print("ok")

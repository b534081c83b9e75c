"""The model registry through its client, stages included, which are deprecated and still used."""

import warnings

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

warnings.simplefilter("ignore")
client = MlflowClient()
model = client.create_registered_model("flüge 1", tags={"team": "a"}, description="late or not")
assert model.name == "flüge 1" and model.description == "late or not"
try:
    client.create_registered_model("flüge 1")
    raise AssertionError("a name was given twice")
except MlflowException as error:
    assert error.error_code == "RESOURCE_ALREADY_EXISTS", error.error_code

with mlflow.start_run() as run:
    mlflow.log_text("weights", "model/weights.txt")
source = f"{run.info.artifact_uri}/model"
versions = [client.create_model_version("flüge 1", source, run.info.run_id, tags={"n": str(n)}) for n in range(3)]
assert [str(version.version) for version in versions] == ["1", "2", "3"]
assert client.get_model_version_download_uri("flüge 1", "2") == source
client.update_model_version("flüge 1", "2", description="the second")
client.set_model_version_tag("flüge 1", "2", "checked", "yes")
client.set_registered_model_tag("flüge 1", "risk", "low")
second = client.get_model_version("flüge 1", "2")
assert second.description == "the second" and second.tags == {"n": "1", "checked": "yes"}, second
client.delete_model_version_tag("flüge 1", "2", "checked")
client.delete_registered_model_tag("flüge 1", "risk")
assert client.get_registered_model("flüge 1").tags == {"team": "a"}

client.set_registered_model_alias("flüge 1", "champion", "2")
client.set_registered_model_alias("flüge 1", "champion", "3")
assert client.get_model_version_by_alias("flüge 1", "champion").version == "3"
assert client.get_registered_model("flüge 1").aliases == {"champion": "3"}
client.delete_registered_model_alias("flüge 1", "champion")
try:
    client.get_model_version_by_alias("flüge 1", "champion")
    raise AssertionError("a deleted alias was found")
except MlflowException as error:
    assert error.error_code == "INVALID_PARAMETER_VALUE", error.error_code

client.transition_model_version_stage("flüge 1", "1", "Staging")
client.transition_model_version_stage("flüge 1", "2", "staging", archive_existing_versions=True)
assert client.get_model_version("flüge 1", "1").current_stage == "Archived"
assert [one.version for one in client.get_latest_versions("flüge 1", ["Staging"])] == ["2"]

found = client.search_model_versions("name = 'flüge 1' and tags.n = '2'")
assert [one.version for one in found] == ["3"], found
found = client.search_model_versions(f"run_id = '{run.info.run_id}'", order_by=["version_number ASC"])
assert [one.version for one in found] == ["1", "2", "3"], found
assert [one.name for one in client.search_registered_models("name ILIKE 'FL%'")] == ["flüge 1"]

client.delete_model_version("flüge 1", "3")
try:
    client.get_model_version("flüge 1", "3")
    raise AssertionError("a deleted version was found")
except MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error.error_code
assert str(client.create_model_version("flüge 1", source, run.info.run_id).version) == "4"
client.rename_registered_model("flüge 1", "flights 1")
assert client.get_model_version("flights 1", "2").description == "the second"
client.delete_registered_model("flights 1")
assert client.search_registered_models("name = 'flights 1'") == []
print("ok")

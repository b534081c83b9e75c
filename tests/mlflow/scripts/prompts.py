"""Prompts, which live in the registry."""

import mlflow

prompt = mlflow.genai.register_prompt(name="summary", template="Summarise {{ text }}.", commit_message="first")
assert prompt.version == 1
second = mlflow.genai.register_prompt(name="summary", template="Summarise {{ text }} in {{ n }} words.", tags={"a": "b"})
assert second.version == 2
mlflow.genai.set_prompt_alias("summary", alias="production", version=1)
assert mlflow.genai.load_prompt("prompts:/summary@production").template == "Summarise {{ text }}."
assert mlflow.genai.load_prompt("prompts:/summary/2").variables == {"text", "n"}
assert [one.name for one in mlflow.genai.search_prompts()] == ["summary"]
assert mlflow.MlflowClient().search_registered_models() == [] or "summary" not in [
    one.name for one in mlflow.MlflowClient().search_registered_models()
]
print("ok")

"""What programs do with traces: decorators, spans by hand, errors, tokens, tags, sessions, search, runs, prompts, deletion."""

import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import SpanStatus, SpanStatusCode, SpanType
from mlflow.exceptions import MlflowException

client = MlflowClient()
experiment_id = mlflow.set_experiment("traces").experiment_id


@mlflow.trace(span_type=SpanType.LLM, attributes={"model": "tiny-1", "temperature": 0.5})
def answer(question, limit=None):
    span = mlflow.get_current_active_span()
    span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15})
    return {"choices": [{"text": f"{question}! ✈"}], "limit": limit, "scores": [1, 2.5, True, None]}


@mlflow.trace(name="ask", span_type=SpanType.CHAIN)
def ask(question):
    mlflow.update_current_trace(
        tags={"team": "ops", "ü": "ö"}, metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "ada"}
    )
    with mlflow.start_span("look up", span_type=SpanType.RETRIEVER) as span:
        span.set_inputs({"query": question})
        span.set_outputs([])
        span.add_event(mlflow.entities.SpanEvent("cache miss", attributes={"tries": 2}))
    return answer(question, limit=3)


assert ask("Late")["limit"] == 3
with mlflow.start_span("fail") as broken:
    broken.set_status(SpanStatus(SpanStatusCode.ERROR, "no data"))
with mlflow.start_run() as run:
    ask("In a run")
with mlflow.start_span("outer") as outer:
    with mlflow.start_span("inner"):
        time.sleep(0.02)
mlflow.flush_trace_async_logging()


def search(filter_string=None, **more):
    return mlflow.search_traces(
        locations=[experiment_id], filter_string=filter_string, return_type="list", **more
    )


def until(count):
    """Traces are told of in the background."""
    for _ in range(50):
        found = search()
        if len(found) == count:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{len(found)} traces, not {count}")


traces = until(4)
by_name = {trace.info.tags["mlflow.traceName"]: trace for trace in traces}
assert sorted(trace.info.tags["mlflow.traceName"] for trace in traces) == ["ask", "ask", "fail", "outer"]
assert [t.info.timestamp_ms for t in traces] == sorted((t.info.timestamp_ms for t in traces), reverse=True)

late = search("trace.name = 'ask' and tags.team = 'ops'", order_by=["timestamp_ms ASC"])[0]
assert late.info.state == "OK" and late.info.experiment_id == experiment_id, late.info
assert late.info.tags["ü"] == "ö" and late.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
assert late.info.trace_metadata["mlflow.trace.session"] == "s-1"
assert late.info.token_usage == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}, late.info.token_usage
assert late.info.request_preview == '{"question": "Late"}', late.info.request_preview
root, look_up, llm = late.data.spans
assert (root.name, look_up.name, llm.name) == ("ask", "look up", "answer")
assert root.parent_id is None and look_up.parent_id == root.span_id and llm.parent_id == root.span_id
assert root.inputs == {"question": "Late"}
assert llm.inputs == {"question": "Late", "limit": 3}, llm.inputs
assert llm.outputs == {"choices": [{"text": "Late! ✈"}], "limit": 3, "scores": [1, 2.5, True, None]}, llm.outputs
assert llm.get_attribute("model") == "tiny-1" and llm.get_attribute("temperature") == 0.5
assert llm.span_type == "LLM" and look_up.span_type == "RETRIEVER" and root.status.status_code == "OK"
assert look_up.outputs == [] and look_up.events[0].name == "cache miss", look_up.events
assert look_up.events[0].attributes == {"tries": 2}
assert llm.start_time_ns <= llm.end_time_ns and root.start_time_ns <= look_up.start_time_ns

again = mlflow.get_trace(late.info.trace_id)
assert [span.to_dict() for span in again.data.spans] == [span.to_dict() for span in late.data.spans]
assert again.info.to_dict() == late.info.to_dict()
assert mlflow.get_trace("tr-00000000000000000000000000000001", silent=True) is None

failed = by_name["fail"]
assert failed.info.state == "ERROR" and failed.data.spans[0].status.status_code == "ERROR"
assert failed.data.spans[0].status.description == "no data"
assert by_name["outer"].info.execution_duration >= 20


def names(filter_string, **more):
    return [trace.info.tags["mlflow.traceName"] for trace in search(filter_string, **more)]


assert names("trace.status = 'ERROR'") == ["fail"]
assert names("trace.name LIKE 'o%'") == ["outer"]
assert names("trace.execution_time_ms >= 20 and name = 'outer'") == ["outer"]
assert names("span.type = 'LLM' and span.name = 'answer'") == ["ask", "ask"]
assert names("span.type = 'LLM' and span.name = 'look up'") == []
assert names("span.attributes.model LIKE '%tiny%'") == ["ask", "ask"]
assert names("trace.text LIKE '%In a run%'") == ["ask"]
assert names("metadata.`mlflow.trace.session` = 's-1'") == ["ask", "ask"]
assert names("tags.team IS NULL", order_by=["name ASC"]) == ["fail", "outer"]
assert names(f"timestamp_ms > {late.info.timestamp_ms} and tags.team != 'x'") == ["ask"]
assert names("trace.name RLIKE '^(fail|outer)$'", order_by=["name DESC"]) == ["outer", "fail"]
assert [t.info.trace_metadata["mlflow.sourceRun"] for t in search(run_id=run.info.run_id)] == [run.info.run_id]
for bad in ("foo.bar = 'x'", "span.content = 'x'", "trace.name ="):
    try:
        search(bad)
        raise AssertionError(f"{bad} was read")
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE", error

pages, token = [], None
while True:
    page = client.search_traces(locations=[experiment_id], max_results=3, page_token=token)
    pages += [trace.info.trace_id for trace in page]
    token = page.token
    if not token:
        break
assert pages == [trace.info.trace_id for trace in traces], pages

client.set_trace_tag(late.info.trace_id, "checked", "yes")
assert client.get_trace(late.info.trace_id).info.tags["checked"] == "yes"
assert names("tags.checked = 'yes'") == ["ask"]
client.delete_trace_tag(late.info.trace_id, "checked")
assert "checked" not in client.get_trace(late.info.trace_id).info.tags
try:
    client.delete_trace_tag(late.info.trace_id, "checked")
    raise AssertionError("a tag was deleted twice")
except MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error.error_code

client.link_traces_to_run([failed.info.trace_id], run.info.run_id)
assert sorted(t.info.tags["mlflow.traceName"] for t in search(run_id=run.info.run_id)) == ["ask", "fail"]

prompt = mlflow.genai.register_prompt("greeting", "Hello {{name}}")
client.link_prompt_versions_to_trace([prompt], late.info.trace_id)
for _ in range(20):
    if names("prompt = 'greeting/1'") == ["ask"]:
        break
    time.sleep(0.1)
assert names("prompt = 'greeting/1'") == ["ask"]

assert client.delete_traces(experiment_id, trace_ids=[failed.info.trace_id, "tr-none"]) == 1
assert client.delete_traces(experiment_id, max_timestamp_millis=int(time.time() * 1000), max_traces=1) == 1
assert len(search()) == 2
assert client.delete_traces(experiment_id, max_timestamp_millis=int(time.time() * 1000)) == 2
assert search() == []
print("ok")

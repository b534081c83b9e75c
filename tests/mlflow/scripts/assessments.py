"""What people and judges think of traces: feedback, expectations, changes of mind, search by them."""

import time

import mlflow
from mlflow.entities import AssessmentError, AssessmentSource, Expectation, Feedback
from mlflow.exceptions import MlflowException

experiment_id = mlflow.set_experiment("assessments").experiment_id


@mlflow.trace
def answer(question):
    return question.upper()


ids = []
for question in ("one", "two", "three"):
    answer(question)
    ids.append(mlflow.get_last_active_trace_id())
mlflow.flush_trace_async_logging()
for trace_id in ids:
    while mlflow.get_trace(trace_id) is None:
        time.sleep(0.2)
one, two, three = ids
human = AssessmentSource(source_type="HUMAN", source_id="ada@example.com")
judge = AssessmentSource(source_type="LLM_JUDGE", source_id="tiny-1")

liked = mlflow.log_feedback(
    trace_id=one, name="good", value=True, source=human, rationale="It is.", metadata={"round": "1"}
)
assert liked.assessment_id.startswith("a-") and liked.feedback.value is True and liked.source == human, liked
assert liked.rationale == "It is." and liked.metadata == {"round": "1"} and liked.trace_id == one
got = mlflow.get_assessment(one, liked.assessment_id)
assert got.to_dictionary() == liked.to_dictionary()

mlflow.log_feedback(trace_id=one, name="score", value=0.75, source=judge)
mlflow.log_feedback(trace_id=two, name="score", value=0.25, source=judge)
mlflow.log_feedback(trace_id=two, name="good", value="no", source=human)
parts = mlflow.log_feedback(trace_id=two, name="parts", value={"a": 1.5, "b": None, "c": ["x", None]}, source=human)
assert parts.feedback.value == {"a": 1.5, "b": None, "c": ["x", None]}, parts.feedback.value
assert mlflow.get_assessment(two, parts.assessment_id).feedback.value == parts.feedback.value
broken = mlflow.log_feedback(
    trace_id=three, name="judge", error=AssessmentError(error_code="RATE_LIMIT", error_message="later"), source=judge
)
assert broken.feedback.value is None and broken.feedback.error.error_code == "RATE_LIMIT", broken
stored = mlflow.get_assessment(three, broken.assessment_id)
assert stored.feedback.value is None and stored.feedback.error.error_message == "later"

for value in ("ONE", 1, 2.5, False, ["ONE", None, {"a": None}], {"answer": "ONE", "none": None}):
    expected = mlflow.log_expectation(trace_id=one, name="expected", value=value, source=human)
    kept = mlflow.get_assessment(one, expected.assessment_id)
    assert kept.expectation.value == value and expected.expectation.value == value, (kept, value)

info = mlflow.get_trace(one).info
assert {a.name for a in info.assessments} == {"good", "score", "expected"}, info.assessments
assert len(info.assessments) == 8


def search(filter_string):
    found = mlflow.search_traces(locations=[experiment_id], filter_string=filter_string, return_type="list")
    return [ids.index(trace.info.trace_id) + 1 for trace in reversed(found)]


assert search("feedback.good = 'true'") == [1]
assert search("feedback.good = 'no'") == [2]
assert search("feedback.good IS NOT NULL") == [1, 2]
assert search("feedback.good IS NULL") == [3]
assert search("feedback.score > 0.5") == [1]
assert search("feedback.score <= 0.75") == [1, 2]
assert search("expectation.expected IS NOT NULL") == [1]
assert search("expectation.expected = 'ONE'") == [1]

changed = mlflow.update_assessment(
    trace_id=one, assessment_id=liked.assessment_id,
    assessment=Feedback(name="good", value="somewhat", rationale="On second thought.", metadata={"round": "2"}),
)
assert changed.feedback.value == "somewhat" and changed.rationale == "On second thought.", changed
assert changed.source == human and changed.last_update_time_ms >= liked.last_update_time_ms
assert mlflow.get_assessment(one, liked.assessment_id).metadata == {"round": "2"}
try:
    mlflow.update_assessment(one, liked.assessment_id, Expectation(name="good", value="x"))
    raise AssertionError("a feedback became an expectation")
except MlflowException as error:
    assert error.error_code == "INVALID_PARAMETER_VALUE", error.error_code

over = mlflow.override_feedback(trace_id=one, assessment_id=liked.assessment_id, value="bad", rationale="No.", source=human)
assert over.overrides == liked.assessment_id
assert mlflow.get_assessment(one, liked.assessment_id).valid is False
assert search("feedback.good = 'somewhat'") == [] and search("feedback.good = 'bad'") == [1]
mlflow.delete_assessment(one, over.assessment_id)
assert mlflow.get_assessment(one, liked.assessment_id).valid is True
assert search("feedback.good = 'somewhat'") == [1]

for trace_id, assessment_id in ((one, "a-none"), ("tr-00000000000000000000000000000001", liked.assessment_id)):
    try:
        mlflow.get_assessment(trace_id, assessment_id)
        raise AssertionError("what is not there was found")
    except MlflowException as error:
        assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error.error_code
print("ok")

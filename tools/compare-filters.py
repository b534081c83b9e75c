"""Reads [[search, filter], …] as JSON and says for each what MLflow makes of it: its clauses, or null when it refuses."""
import json
import sys

from mlflow.exceptions import MlflowException
from mlflow.utils import search_utils as s
from mlflow.utils.search_logged_model_utils import parse_filter_string


def checked(utils, parsed):
    for c in parsed:
        kind, key, op = c["type"], utils.translate_key_alias(c["key"]), c["comparator"].upper()
        c["comparator"] = op
        if utils is s.SearchUtils:
            known = (
                utils.is_string_attribute(kind, key, op)
                or utils.is_numeric_attribute(kind, key, op)
                or utils.is_metric(kind, op)
                or utils.is_param(kind, op)
                or utils.is_tag(kind, op)
                or utils.is_dataset(kind, op)
            )
            if not known:
                raise MlflowException("unknown")
        elif utils is s.SearchTraceUtils:
            utils.is_tag(kind, op), utils.is_attribute(kind, key, op), utils.is_request_metadata(kind, op)
            utils.is_span(kind, key, op), utils.is_assessment(kind, key, op), utils.is_issue(kind, key, op)
        elif kind == "tag":
            utils.is_tag(kind, op)
        elif key in utils.NUMERIC_ATTRIBUTES:
            if op not in utils.VALID_METRIC_COMPARATORS or isinstance(c["value"], (float, tuple)):
                raise MlflowException("number")
            int(c["value"])
        elif op not in utils.VALID_STRING_ATTRIBUTE_COMPARATORS:
            raise MlflowException("comparator")
        if isinstance(c["value"], tuple) != (op in ("IN", "NOT IN")):
            raise MlflowException("list")
    return parsed


def logged(text):
    found = parse_filter_string(text)
    return [{"type": c.entity.type.value, "key": c.entity.key, "comparator": c.op, "value": c.value} for c in found]


readers = {
    "runs": lambda f: checked(s.SearchUtils, s.SearchUtils.parse_search_filter(f)),
    "experiments": lambda f: checked(s.SearchExperimentsUtils, s.SearchExperimentsUtils.parse_search_filter(f)),
    "registeredModels": lambda f: checked(s.SearchModelUtils, s.SearchModelUtils.parse_search_filter(f)),
    "modelVersions": lambda f: checked(s.SearchModelVersionUtils, s.SearchModelVersionUtils.parse_search_filter(f)),
    "traces": lambda f: checked(s.SearchTraceUtils, s.SearchTraceUtils.parse_search_filter_for_search_traces(f)),
    "loggedModels": logged,
}


def read(search, text):
    try:
        return readers[search](text)
    except Exception:
        return None


answers = json.dumps([read(search, text) for search, text in json.load(sys.stdin)])
sys.stdout.write(answers.replace(": NaN", ': "NaN"'))

"""Turns a model of one of Python's libraries into ONNX. Runs in a sandbox, with the Python that the model belongs to.

Reads job.json and the model in the folder it is started in, and writes result.json and model.onnx there: what it says is
in python-models/result.ts. Needs skl2onnx and onnx for scikit-learn; nothing else for LightGBM and XGBoost.
"""

import gzip
import importlib.metadata
import json
import math
import pickle
import sys
import warnings
import zlib

ROWS = 1000
GOLDEN_ROWS = 64
TOLERANCE = 1e-4
MOST_INPUTS = 512
# Of the main operators and of those for trees: what every ONNX Runtime since 2023 reads.
OPSETS = {"": 18, "ai.onnx.ml": 3}


class Problem(Exception):
    """What the person at the terminal can do something about."""

    def __init__(self, why, fix):
        super().__init__(why)
        self.fix = fix


def limit(limits):
    """Bounds what the model may use; a process cannot raise these again."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_CPU": limits["cpuSeconds"],
        "RLIMIT_AS": limits["memoryBytes"],
        "RLIMIT_FSIZE": limits["fileBytes"],
        "RLIMIT_CORE": 0,
    }
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            pass


def needed(name, package=None):
    try:
        return __import__(name, fromlist=["_"])
    except ImportError as error:
        package = package or name
        raise Problem(f"The environment lacks {package}: {error}.", f"{sys.executable} -m pip install {package}")


PACKAGES = {"sklearn": "scikit-learn"}


def load(job):
    try:
        return load_skops(job["model"]) if job["format"] == "skops" else load_pickle(job["model"])
    except ModuleNotFoundError as error:
        package = PACKAGES.get(error.name, error.name)
        raise Problem(
            f"The model needs {error.name}, which the environment does not have.",
            f"{sys.executable} -m pip install {package}",
        )
    except (AttributeError, TypeError, ValueError, KeyError, EOFError, pickle.UnpicklingError, ImportError) as error:
        raise Problem(
            f"It cannot be loaded: {type(error).__name__}: {error}",
            "give the Python of the environment that the model was saved in, with the same versions",
        )


def load_skops(path):
    io = needed("skops.io", "skops")
    # Its imports were judged before this process was started.
    return io.load(path, trusted=io.get_untrusted_types(file=path))


def load_pickle(path):
    try:
        import joblib
    except ImportError:
        with open(path, "rb") as file:
            content = file.read()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        elif content[:1] == b"\x78":
            content = zlib.decompress(content)
        return pickle.loads(content)
    return joblib.load(path)


def trees_of(model):
    """Text of the trees of LightGBM or XGBoost, which Evenkeel reads by itself; None for every other model."""
    module = type(model).__module__.split(".")[0]
    if module == "lightgbm":
        booster = getattr(model, "booster_", model)
        return {"kind": "trees", "format": "lightgbm", "text": booster.model_to_string()}
    if module == "xgboost":
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        best = getattr(booster, "best_iteration", None) if booster.attr("best_iteration") else None
        # Later rounds did not help, and the library itself leaves them out.
        booster = booster if best is None else booster[: best + 1]
        return {"kind": "trees", "format": "xgboost", "text": bytes(booster.save_raw("json")).decode()}
    return None


def unwrapped(model):
    """What a search found best, and a pipeline of one step."""
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif type(model).__name__ == "Pipeline" and len(model.steps) == 1:
            model = model.steps[0][1]
        else:
            return model


def first_of(model):
    return first_of(model.steps[0][1]) if hasattr(model, "steps") else model


def inside(model):
    """All estimators in a model, itself included."""
    yield model
    for name in ("steps", "transformers_", "transformer_list"):
        for part in getattr(model, name, []):
            yield from inside(part[1])
    for part in getattr(model, "estimators_", []) if not hasattr(model, "tree_") else []:
        yield from inside(part)


class Column:
    def __init__(self, name):
        self.name, self.categories, self.low, self.high = name, None, -3.0, 3.0

    @property
    def is_text(self):
        return self.categories is not None

    def draw(self, random, count):
        if self.is_text:
            return random.choice(self.categories, count).astype(object)
        return random.uniform(self.low, self.high, count)


def columns_of(model):
    if hasattr(first_of(model), "vocabulary_"):
        return None
    count = getattr(model, "n_features_in_", None)
    if count is None:
        raise Problem(
            f"A {type(model).__name__} does not say how many columns it takes, so it is none of scikit-learn, or was never fitted.",
            "convert it yourself, and register the ONNX file",
        )
    names = getattr(model, "feature_names_in_", None)
    columns = [Column(str(name)) for name in (names if names is not None else [f"x{i}" for i in range(count)])]
    learn(first_of(model), columns)
    return columns


def learn(step, columns):
    """Ranges and categories that a first step has seen: rows to compare on shall look like those of its training."""
    import numpy

    if type(step).__name__ == "ColumnTransformer":
        places = step._transformer_to_input_indices
        for name, part, _ in step.transformers_:
            if not isinstance(part, str):
                for each in [part] if not hasattr(part, "steps") else [one for _, one in part.steps]:
                    learn(each, [columns[i] for i in places[name]])
        return
    for i, values in enumerate(getattr(step, "categories_", [])[: len(columns)]):
        known = [value for value in values if isinstance(value, str)]
        if known:
            columns[i].categories = known
        else:
            columns[i].low, columns[i].high = float(numpy.min(values)), float(numpy.max(values))
    if hasattr(step, "data_min_"):
        spread(columns, step.data_min_, step.data_max_)
    elif getattr(step, "mean_", None) is not None and getattr(step, "scale_", None) is not None:
        spread(columns, step.mean_ - 3 * step.scale_, step.mean_ + 3 * step.scale_)
    else:
        spread_by_thresholds(step, columns)


def spread(columns, low, high):
    for column, least, most in zip(columns, low, high):
        if math.isfinite(least) and math.isfinite(most) and least < most:
            column.low, column.high = float(least), float(most)


def spread_by_thresholds(step, columns):
    import numpy

    seen = [[] for _ in columns]
    for each in inside(step):
        tree = getattr(each, "tree_", None)
        if tree is None:
            continue
        for feature, threshold in zip(tree.feature, tree.threshold):
            if 0 <= feature < len(seen):
                seen[feature].append(threshold)
    bounds = [(min(values), max(values)) if values else (-3.0, 3.0) for values in seen]
    margin = [(high - low) / 4 + abs(high) / 10 + 1e-3 for low, high in bounds]
    spread(columns, [low - m for (low, _), m in zip(bounds, margin)], [high + m for (_, high), m in zip(bounds, margin)])


def rows_of(job, columns, names_known):
    """Rows to compare on, as the model takes them: of the sample, or made up. Numbers are those that 32 bits can hold."""
    numpy, random = needed("numpy"), None
    if job["sample"] is not None:
        drawn = sampled(job["sample"], columns)
    else:
        random = numpy.random.default_rng(7)
        drawn = {column.name: column.draw(random, ROWS) for column in columns}
    for column in columns:
        if not column.is_text:
            drawn[column.name] = numpy.asarray(drawn[column.name], dtype=numpy.float32).astype(numpy.float64)
    if names_known:
        return needed("pandas").DataFrame({column.name: drawn[column.name] for column in columns}), drawn
    stacked = [drawn[column.name].reshape(-1, 1) for column in columns]
    return numpy.hstack(stacked), drawn


def sampled(path, columns):
    pandas = needed("pandas")
    data = pandas.read_csv(path, nrows=ROWS)
    lacking = [column.name for column in columns if column.name not in data]
    if lacking:
        raise Problem(
            f"The sample lacks the columns {', '.join(lacking[:10])}.",
            "give a CSV file whose first line names the columns of the model",
        )
    if len(data) == 0:
        raise Problem("The sample holds no rows.", "give a CSV file with some")
    for column in columns:
        is_number = pandas.api.types.is_numeric_dtype(data[column.name])
        if is_number and column.is_text:
            data[column.name] = data[column.name].astype(str)
        elif not is_number:
            column.categories = column.categories or [""]
            data[column.name] = data[column.name].fillna("").astype(str)
    return {column.name: data[column.name].to_numpy(dtype=object if column.is_text else float) for column in columns}


def documents_of(job, model):
    """For what takes one text per row."""
    import numpy

    if job["sample"] is not None:
        data = needed("pandas").read_csv(job["sample"], nrows=ROWS)
        return data.iloc[:, 0].fillna("").astype(str).to_numpy(dtype=object)
    random, words = numpy.random.default_rng(7), sorted(first_of(model).vocabulary_)
    return numpy.array([" ".join(random.choice(words, 6)) for _ in range(ROWS)], dtype=object)


def register_boosters(model):
    """skl2onnx learns from onnxmltools how to convert what is not of scikit-learn."""
    libraries = {type(each).__module__.split(".")[0] for each in inside(model)} & {"lightgbm", "xgboost"}
    if not libraries:
        return
    needed("onnxmltools")
    from skl2onnx import update_registered_converter
    from skl2onnx.common import shape_calculator as shapes

    classifier, regressor = shapes.calculate_linear_classifier_output_shapes, shapes.calculate_linear_regressor_output_shapes
    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if "lightgbm" in libraries:
        import lightgbm
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as convert

        update_registered_converter(lightgbm.LGBMClassifier, "LightGbmLGBMClassifier", classifier, convert, options=options)
        update_registered_converter(lightgbm.LGBMRegressor, "LightGbmLGBMRegressor", regressor, convert)
    if "xgboost" in libraries:
        import xgboost
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as convert

        update_registered_converter(xgboost.XGBClassifier, "XGBoostXGBClassifier", classifier, convert, options=options)
        update_registered_converter(xgboost.XGBRegressor, "XGBoostXGBRegressor", regressor, convert)


def take_truth_for_numbers():
    """skl2onnx gives truth values where numbers are meant (histogram boosting), which newer protobufs refuse."""
    import numpy
    from onnx import helper

    make, truths = helper.make_attribute, (bool, numpy.bool_)

    def make_attribute(key, value, *rest, **named):
        if isinstance(value, (list, tuple, numpy.ndarray)) and any(isinstance(each, truths) for each in value):
            value = [int(each) if isinstance(each, truths) else each for each in value]
        return make(key, value, *rest, **named)

    helper.make_attribute = make_attribute


def converted(model, columns, is_classifier):
    """The graph as skl2onnx makes it, and whether its inputs are the columns already."""
    skl2onnx = needed("skl2onnx", "skl2onnx onnx")
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    register_boosters(model)
    take_truth_for_numbers()
    by_column = columns is not None and type(first_of(model)).__name__ == "ColumnTransformer"
    if columns is None:
        inputs = [("text", StringTensorType([None, 1]))]
    elif by_column:
        kinds = [StringTensorType if column.is_text else FloatTensorType for column in columns]
        inputs = [(column.name, kind([None, 1])) for column, kind in zip(columns, kinds)]
    else:
        if len({column.is_text for column in columns}) > 1:
            raise Problem(
                "It takes numbers and texts in one matrix, which no ONNX graph can.",
                "put a ColumnTransformer in front of it",
            )
        kind = StringTensorType if columns[0].is_text else FloatTensorType
        inputs = [("rows_in", kind([None, len(columns)]))]
    options = {"zipmap": False} if is_classifier and hasattr(model, "predict_proba") else None
    for each in inside(model):
        if hasattr(each, "flatten_transform"):
            # It changes what a vote gives when it transforms, which it is not asked to; and skl2onnx knows only this way.
            each.flatten_transform = False
    try:
        return skl2onnx.to_onnx(model, initial_types=inputs, options=options, target_opset=OPSETS), by_column
    except (RuntimeError, NotImplementedError, NameError, ValueError, TypeError, AttributeError) as error:
        text = " ".join(str(error).split())
        raise Problem(
            f"skl2onnx cannot convert it: {text if len(text) < 500 else text[:150] + ' … ' + text[-300:]}",
            "see https://onnx.ai/sklearn-onnx/supported.html; for steps of your own, write a converter and register the ONNX file",
        )


def one_input_per_column(graph, columns):
    """Joins inputs of one column each, by their names, to the matrix that the graph begins with."""
    from onnx import helper

    taken = {name for node in graph.node for name in [*node.input, *node.output]}
    clash = [column.name for column in columns if column.name in taken]
    if clash:
        raise Problem(f'A column is called "{clash[0]}", a name that the graph needs for itself.', "rename it and train again")
    matrix = graph.input[0]
    kind = matrix.type.tensor_type.elem_type
    graph.node.insert(0, helper.make_node("Concat", [column.name for column in columns], [matrix.name], axis=1))
    del graph.input[:]
    graph.input.extend([helper.make_tensor_value_info(column.name, kind, ["N", 1]) for column in columns])


def one_output(graph, name, source, width, take=None):
    from onnx import helper, numpy_helper
    import numpy

    if any(value.name == name for value in graph.input):
        raise Problem(f'A column is called "{name}", as the output is.', "rename it and train again")
    found = next(value for value in graph.output if value.name == source)
    if take is None:
        graph.node.append(helper.make_node("Identity", [source], [name]))
    else:
        graph.initializer.append(numpy_helper.from_array(numpy.array([take], dtype=numpy.int64), "class_of_output"))
        graph.node.append(helper.make_node("Gather", [source, "class_of_output"], [name], axis=1))
    kind = found.type.tensor_type.elem_type
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(name, kind, ["N", width] if width else ["N"]))


def answer_of(model, rows):
    """What the model itself predicts, and what the output is called."""
    import numpy
    from sklearn.base import is_classifier

    if is_classifier(model) and hasattr(model, "predict_proba"):
        probability = model.predict_proba(rows)
        if isinstance(probability, list):
            raise Problem("It predicts several labels at once, which is not converted.", "register one model for each label")
        return "probability", (probability[:, 1:2] if probability.shape[1] == 2 else probability), probability.shape[1] == 2
    if not hasattr(model, "predict"):
        raise Problem(f"A {type(model).__name__} predicts nothing.", "save the whole pipeline, with the estimator at its end")
    predicted = numpy.asarray(model.predict(rows))
    return "prediction", predicted, False


def run_onnx(onnx_bytes, feeds):
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(onnx_bytes).run(None, feeds)[0]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(onnx_bytes, options, providers=["CPUExecutionProvider"]).run(None, feeds)[0]


def tried(what, fix, action, *arguments):
    try:
        return action(*arguments)
    except Problem:
        raise
    except Exception as error:  # Whatever the model, or ONNX Runtime, stumbles over.
        raise Problem(f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:500]}", fix)


def differing(expected, got):
    """Whether each row differs, and the largest distance."""
    import numpy

    expected = expected.reshape(len(expected), -1)
    got = numpy.asarray(got).reshape(len(expected), -1)
    if expected.dtype.kind in "OUS":
        return (expected.astype(str) != got.astype(str)).any(axis=1), 0.0
    distance = numpy.abs(expected.astype(float) - got.astype(float))
    rows = (~(distance <= TOLERANCE * (1 + numpy.abs(expected.astype(float))))).any(axis=1)
    return rows, float(numpy.nanmax(distance))


def convert_sklearn(model, job):
    import numpy
    from sklearn.base import is_classifier

    model = unwrapped(model)
    needed("onnx")
    columns = columns_of(model)
    if columns is None:
        rows = documents_of(job, model)
        feeds = {"text": rows.reshape(-1, 1)}
    else:
        rows, drawn = rows_of(job, columns, hasattr(model, "feature_names_in_"))
        feeds = {c.name: drawn[c.name].astype(object if c.is_text else numpy.float32).reshape(-1, 1) for c in columns}
    on_sample = "give rows like those it was trained on: --sample rows.csv"
    name, expected, is_binary = tried("The model does not predict on the rows", on_sample, answer_of, model, rows)
    onnx_model, by_column = converted(model, columns, is_classifier(model))
    graph = onnx_model.graph
    matrix = columns is not None and not by_column and len(columns) > MOST_INPUTS
    if columns is not None and not by_column and not matrix:
        one_input_per_column(graph, columns)
    if matrix:
        feeds = {"rows_in": numpy.hstack(list(feeds.values()))}
    outputs = [value.name for value in graph.output]
    source = outputs[1] if name == "probability" else outputs[0]
    # skl2onnx gives numbers as a column, and labels as a list.
    is_label = name == "prediction" and is_classifier(model)
    width = None if is_label else expected.reshape(len(expected), -1).shape[1]
    one_output(graph, name, source, width, take=1 if is_binary else None)
    content = onnx_model.SerializeToString()
    differs, largest = differing(
        expected,
        tried("ONNX Runtime cannot run what skl2onnx made", "convert it yourself, and check it with onnx.checker", run_onnx, content, feeds),
    )
    if differs.sum() > len(differs) / 100:
        raise Problem(
            f"The ONNX file does not predict what the model predicts: {int(differs.sum())} of {len(differs)} rows differ, by up to {largest:g}.",
            "give rows like those it was trained on with --sample; if they differ still, the converter of a step is at fault",
        )
    with open("model.onnx", "wb") as file:
        file.write(content)
    agreeing = numpy.flatnonzero(~differs)[:GOLDEN_ROWS]
    classes = getattr(model, "classes_", None) if is_classifier(model) else None
    return {
        "kind": "onnx",
        "golden": {
            "inputs": {key: tensor(values[agreeing]) for key, values in feeds.items()},
            "outputs": {name: tensor(expected[agreeing] if is_label else expected[agreeing].reshape(len(agreeing), -1))},
            "tolerance": {"absolute": TOLERANCE, "relative": TOLERANCE},
        },
        "classes": None if classes is None else [str(each) for each in classes],
        "comparison": {
            "rowCount": len(differs),
            "differingCount": int(differs.sum()),
            "largestDifference": largest,
            "rows": "made up" if job["sample"] is None else "sample",
        },
    }


def tensor(values):
    if values.dtype.kind in "OUS":
        return {"datatype": "BYTES", "shape": list(values.shape), "data": [str(value) for value in values.ravel()]}
    if values.dtype.kind in "iub":
        return {"datatype": "INT64", "shape": list(values.shape), "data": [int(value) for value in values.ravel()]}
    data = [float(value) if math.isfinite(value) else None for value in values.ravel()]
    return {"datatype": "FP32", "shape": list(values.shape), "data": data}


def versions():
    known = "scikit-learn numpy scipy pandas joblib skops lightgbm xgboost catboost skl2onnx onnxmltools onnx onnxruntime"
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    modules = {"scikit-learn": "sklearn"}
    for package in known.split():
        if modules.get(package, package) in sys.modules:
            found[package] = importlib.metadata.version(package)
    return found


def convert(job):
    model = load(job)
    result = trees_of(model) or convert_sklearn(model, job)
    return {**result, "estimator": f"{type(model).__module__}.{type(model).__qualname__}"}


def main():
    with open("job.json") as file:
        job = json.load(file)
    limit(job["limits"])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            result = convert(job)
        except Problem as problem:
            result = {"kind": "problem", "why": str(problem), "fix": problem.fix}
        except MemoryError:
            fix = "convert it where it was made, and register the ONNX file"
            result = {"kind": "problem", "why": "It takes more memory than it may have.", "fix": fix}
    # Of a version that does not fit, scikit-learn warns only.
    notes = [" ".join(str(one.message).split())[:500] for one in heard if "Inconsistent" in one.category.__name__]
    with open("result.json", "w") as file:
        json.dump({**result, "versions": versions(), "notes": sorted(set(notes))[:5]}, file, allow_nan=False)


main()

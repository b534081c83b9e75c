"""Makes the models that the importers of trees are tested with: small, of real libraries, with what these predict.

    pip install lightgbm xgboost numpy pandas
    python3 tools/make-tree-fixtures.py packages/numerics/src/imports/fixtures
"""

import json
import math
import pathlib
import sys

import lightgbm
import numpy
import pandas
import xgboost

folder = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(7)
colours = ["red", "green", "blue", "grey", "üñí"]


def rows(count, missing=True):
    data = pandas.DataFrame(
        {
            "age": random.integers(18, 90, count).astype(numpy.float32),
            "income": random.lognormal(8, 1, count).astype(numpy.float32),
            "balance": random.normal(0, 1, count).astype(numpy.float32),
        }
    )
    if missing:
        for name in data:
            data.loc[random.random(count) < 0.1, name] = numpy.nan
    return data


def score(data):
    return (
        data["age"].fillna(30) / 50 - numpy.log(data["income"].fillna(5000)) / 8 + data["balance"].fillna(1)
    ).to_numpy()


def binary(data):
    return (random.random(len(data)) < 1 / (1 + numpy.exp(-2 * score(data)))).astype(int)


def classes(data):
    return numpy.digitize(score(data) + random.normal(0, 0.3, len(data)), [-0.5, 0.8])


def listed(value):
    """As JSON: null for what is missing."""
    return [None if isinstance(one, float) and math.isnan(one) else one for one in value]


def write(name, data, predicted, extension, more=None):
    columns = {key: listed(data[key].astype(object).tolist()) for key in data}
    expected = numpy.asarray(predicted, dtype=float)
    content = {"model": f"{name}.{extension}", "columns": columns, "expected": expected.ravel().tolist(), **(more or {})}
    (folder / f"{name}.expected.json").write_text(json.dumps(content))


def lgb(name, train, labels, test, params=None, rounds=12, **dataset):
    common = {"num_leaves": 8, "learning_rate": 0.3, "verbosity": -1, "min_data_in_leaf": 5, "seed": 1, "num_threads": 1}
    model = lightgbm.train({**common, **(params or {})}, lightgbm.Dataset(train, labels, **dataset), rounds)
    model.save_model(folder / f"{name}.txt")
    write(name, test, model.predict(test), "txt")


def xgb(name, train, labels, test, params=None, rounds=12, extension="json"):
    common = {"max_depth": 3, "eta": 0.3, "seed": 1, "nthread": 1}
    model = xgboost.train({**common, **(params or {})}, xgboost.DMatrix(train, labels), rounds)
    model.save_model(folder / f"{name}.{extension}")
    write(name, test, model.predict(xgboost.DMatrix(test)), extension)


def coloured(data):
    data["colour"] = pandas.Categorical(random.choice(colours, len(data)), categories=colours)
    return data


train, test = rows(600), rows(60)
lgb("lightgbm-binary", train, binary(train), test, {"objective": "binary", "sigmoid": 1.5})
whole = rows(600, missing=False)
# Missing values where training had none count as zero.
lgb("lightgbm-regression", whole, score(whole), test, {"objective": "regression"})
lgb("lightgbm-multiclass", train, classes(train), test, {"objective": "multiclass", "num_class": 3}, rounds=6)
lgb("lightgbm-forest", train, binary(train), test, {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6})
lgb("lightgbm-constant", whole, numpy.full(len(whole), 0.25), test, {"objective": "regression"}, rounds=2)
many, few = coloured(rows(900)), coloured(rows(60))
lift = many["colour"].isin(["red", "üñí"]).to_numpy() * 1.5
few.loc[:5, "colour"] = None
lgb("lightgbm-pandas", many, (score(many) + lift > 0.5).astype(int), few, {"objective": "binary", "min_data_per_group": 5, "cat_smooth": 1})
coded, others = many.assign(colour=many["colour"].cat.codes), few.assign(colour=few["colour"].cat.codes)
lgb("lightgbm-codes", coded, (score(many) + lift > 0.5).astype(int), others, {"objective": "binary", "min_data_per_group": 5, "cat_smooth": 1}, categorical_feature=["colour"])
lgb("lightgbm-poisson", whole, numpy.exp(score(whole) / 4), test, {"objective": "poisson"}, rounds=2)

xgb("xgboost-binary", train, binary(train), test, {"objective": "binary:logistic", "base_score": 0.3})
xgb("xgboost-ubj", train, binary(train), test, {"objective": "binary:logistic"}, extension="ubj")
xgb("xgboost-regression", train, score(train), test, {"objective": "reg:squarederror"})
xgb("xgboost-multiclass", train, classes(train), test, {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 2, "subsample": 0.7}, rounds=4)
xgb("xgboost-dart", train, binary(train), test, {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.3})

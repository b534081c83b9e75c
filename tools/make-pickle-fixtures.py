"""Makes the files that the inspection of models is tested with: small, written by real libraries. The hostile ones do
nothing but run `true`.

    pip install scikit-learn joblib lightgbm xgboost skops safetensors pandas
    python3 tools/make-pickle-fixtures.py packages/contract/src/inspection/fixtures
"""

import gzip
import os
import pathlib
import pickle
import subprocess
import sys
import zipfile

import joblib
import lightgbm
import numpy
import pandas
import safetensors.numpy
import skops.io
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
random = numpy.random.default_rng(7)
X = random.normal(size=(80, 3))
y = (X[:, 0] + X[:, 1] > 0).astype(int)


def pickled(name, model, protocol):
    (folder / name).write_bytes(pickle.dumps(model, protocol=protocol))


forest = make_pipeline(StandardScaler(), RandomForestClassifier(2, max_depth=2, random_state=1)).fit(X, y)
for protocol in (2, 4, 5):
    pickled(f"forest-{protocol}.pkl", forest, protocol)
for protocol in (0, 1):
    pickled(f"linear-{protocol}.pkl", LinearRegression().fit(X, y), protocol)
(folder / "forest.pkl.gz").write_bytes(gzip.compress(pickle.dumps(forest), mtime=0))

data = pandas.DataFrame({"age": X[:, 0], "colour": random.choice(["red", "green", "blue"], len(X))})
columns = make_pipeline(
    ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["colour"]),
        ]
    ),
    LogisticRegression(),
).fit(data, y)
joblib.dump(columns, folder / "columns.joblib")
joblib.dump(columns, folder / "columns-zlib.joblib", compress=3)
joblib.dump(forest, folder / "forest.joblib")
skops.io.dump(columns, folder / "columns.skops", compression=zipfile.ZIP_DEFLATED)

pickled("search.pkl", GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2).fit(X, y), 4)
pickled("calibrated.pkl", CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, y), 4)
pickled("neighbours.pkl", KNeighborsClassifier(algorithm="kd_tree").fit(X[:20], y[:20]), 4)
words = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["good day", "bad day"], [1, 0])
pickled("words.pkl", words, 4)
pickled("mlp.pkl", MLPClassifier((2,), max_iter=1).fit(X, y), 4)
pickled("function.pkl", make_pipeline(FunctionTransformer(numpy.log1p), LinearRegression()).fit(abs(X), y), 4)
pickled("lightgbm.pkl", lightgbm.LGBMClassifier(n_estimators=1, num_leaves=3, verbosity=-1).fit(X, y), 4)
pickled("xgboost.pkl", xgboost.XGBClassifier(n_estimators=1, max_depth=1).fit(X, y), 4)
pickled("frame.pkl", data.head(3), 5)
pickled("list.pkl", [1, 2.5, "three"], 4)

safetensors.numpy.save_file(
    {"weight": numpy.zeros((2, 3), numpy.float32), "bias": numpy.zeros(2, numpy.float32)},
    folder / "linear.safetensors",
    metadata={"format": "np"},
)


class Runs:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


for protocol in range(6):
    pickled(f"evil-system-{protocol}.pkl", Runs(os.system, "true"), protocol)
pickled("evil-popen.pkl", Runs(subprocess.Popen, ["true"]), 4)
pickled("evil-eval.pkl", Runs(eval, "1"), 4)
pickled("evil-getattr.pkl", Runs(getattr, "text", "upper"), 4)
forest.steps.append(("hidden", Runs(os.system, "true")))
joblib.dump(forest, folder / "evil-hidden.joblib", compress=3)
# An array of objects is a pickle within the pickle.
joblib.dump({"rows": numpy.array([Runs(os.system, "true")], dtype=object)}, folder / "evil-array.joblib")

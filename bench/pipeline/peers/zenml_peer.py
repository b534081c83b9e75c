"""ZenML on the sequential graph of bench/pipeline: its local orchestrator calls one step after the other."""

import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["ZENML_CONFIG_PATH"] = tempfile.mkdtemp()
os.environ["ZENML_ANALYTICS_OPT_IN"] = "false"
os.environ["ZENML_LOGGING_VERBOSITY"] = "CRITICAL"
os.chdir(tempfile.mkdtemp())

from zenml import pipeline, step  # noqa: E402


@step(enable_cache=False)
def one() -> None:
    subprocess.run(["true"], check=True)


@pipeline(enable_cache=False)
def sequential(steps: int):
    before = []
    for i in range(steps):
        one(id=f"s{i}", after=before)
        before = [f"s{i}"]


count = int(sys.argv[1])
sequential(1)
started = time.perf_counter()
sequential(count)
print(json.dumps({"sequentialMs": (time.perf_counter() - started) * 1000 / count}))

"""Prefect on the graphs of bench/pipeline: a flow of tasks that each run `true`, in a row and side by side."""

import json
import logging
import os
import subprocess
import sys
import time

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
logging.disable(logging.CRITICAL)

from prefect import flow, task  # noqa: E402
from prefect.futures import wait  # noqa: E402

count = int(sys.argv[1])


@task
def step(_: int) -> None:
    subprocess.run(["true"], check=True)


@flow
def sequential(steps: int) -> None:
    for i in range(steps):
        step(i)


@flow
def parallel(steps: int) -> None:
    wait([step.submit(i) for i in range(steps)])


def measure(work) -> float:
    started = time.perf_counter()
    work(count)
    return (time.perf_counter() - started) * 1000 / count


sequential(2)
print(json.dumps({"sequentialMs": measure(sequential), "parallelMs": measure(parallel)}))

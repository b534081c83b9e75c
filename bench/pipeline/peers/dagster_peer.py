"""Dagster on the graphs of bench/pipeline: a job of ops that each run `true`, in a row and side by side.

in_process: all ops in one process, its quickest local executor.
multiprocess: a process per op, the executor that a job has when nothing is said."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time

# Each process of an op imports this file anew and must find the same graph and the same instance.
os.environ.setdefault("DAGSTER_HOME", tempfile.mkdtemp())
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
if __name__ == "__main__":
    os.environ["BENCH_STEPS"] = sys.argv[1]
    mode = sys.argv[2]
count = int(os.environ["BENCH_STEPS"])
logging.disable(logging.CRITICAL)

from dagster import DagsterInstance, In, Nothing, Out, execute_job, job, op, reconstructable  # noqa: E402


@op(ins={"before": In(Nothing)}, out=Out(Nothing))
def chained(_context) -> None:
    subprocess.run(["true"], check=True)


@op
def alone(_context) -> None:
    subprocess.run(["true"], check=True)


@job
def sequential():
    last = chained.alias("s0")()
    for i in range(1, count):
        last = chained.alias(f"s{i}")(before=last)


@job
def parallel():
    for i in range(count):
        alone.alias(f"p{i}")()


def run(work, instance):
    if mode == "in_process":
        return work.execute_in_process(instance=instance)
    with execute_job(reconstructable(work), instance=instance) as result:
        return result


def measure(work) -> float:
    with DagsterInstance.get() as instance:
        started = time.perf_counter()
        assert run(work, instance).success
        return (time.perf_counter() - started) * 1000 / count


if __name__ == "__main__":
    print(json.dumps({"sequentialMs": measure(sequential), "parallelMs": measure(parallel)}))

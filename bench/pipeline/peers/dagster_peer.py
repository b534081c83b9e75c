"""Dagster on the graphs of bench/pipeline: a job of ops that each run `true`, in a row and side by side, in one process
(its quickest local executor; the default one starts a process per op)."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time

os.environ["DAGSTER_HOME"] = tempfile.mkdtemp()
logging.disable(logging.CRITICAL)

from dagster import DagsterInstance, Nothing, In, Out, job, op  # noqa: E402

count = int(sys.argv[1])


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


def measure(work) -> float:
    with DagsterInstance.get() as instance:
        started = time.perf_counter()
        result = work.execute_in_process(instance=instance)
        assert result.success
        return (time.perf_counter() - started) * 1000 / count


print(json.dumps({"sequentialMs": measure(sequential), "parallelMs": measure(parallel)}))

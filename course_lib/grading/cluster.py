"""Hand-ins judged by Dask's workers: threads of this process, or the workers of a scheduler elsewhere.

Workers are sent and send back bytes; what a hand-in may have influenced is never unpickled on this side. Each thread of
a worker has one hand-in in hand, and a process of its own for it (see `supervise`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import dask.config
from distributed import Client, KilledWorker, Scheduler, SpecCluster, Worker, as_completed

from . import grade, supervise
from .assignment import Assignment
from .course import CourseError
from .supervise import Job
from .verdict import Verdict, marks_to_bytes

_QUIET = {  # no web pages, and nothing that looks on many times a second
    "distributed.scheduler.http.routes": [], "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False, "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
}
_PATIENCE = 10  # seconds until a scheduler must have answered
_GONE = "the scheduler or its workers are gone; what is graded so far is kept, so run the command again."


def check_address(scheduler: str):
    """Raise `CourseError` unless what goes to and fro is safe from others: TLS, or TCP that stays on this machine."""
    parts = urlsplit(scheduler)
    if parts.scheme == "tls":
        return
    if parts.scheme != "tcp":
        raise CourseError(f"{scheduler} is not the address of a scheduler (tls://HOST:PORT).")
    try:
        local = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = False
    if not local:
        raise CourseError(f"{scheduler} would send hand-ins and secrets in the clear; give tls://... instead.")


@contextlib.contextmanager
def connect(scheduler: str | None, workers: int) -> Iterator[Client]:
    """A client of the scheduler at that address, or of so many threads in this process.

    Raises `CourseError` if there is no scheduler there. Certificates for `tls://` are those of Dask's configuration.
    """
    if scheduler is None:
        with dask.config.set(_QUIET), SpecCluster(**_here(workers)) as local, Client(local) as client:
            yield client
        return
    check_address(scheduler)
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise CourseError(f"no scheduler answers at {scheduler}: {str(error).splitlines()[0]}") from None
    with client:
        client.run_on_scheduler(_do_not_try_again)
        yield client


def _here(threads: int) -> dict:
    """A scheduler and a worker that talk within this process. `LocalCluster` would put web pages on the network."""
    quiet = {"protocol": "inproc://", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    return {"silence_logs": logging.ERROR, "scheduler": {"cls": Scheduler, "options": quiet},
            "workers": {0: {"cls": Worker, "options": quiet | {"nthreads": threads, "memory_limit": 0}}}}


def _do_not_try_again(dask_scheduler):
    """A hand-in whose worker died must not take others down before it is tried alone."""
    dask_scheduler.allowed_failures = 0


def verdicts(client: Client, jobs: Iterable[Job], assignment: Assignment, secret: bytes) -> Iterator[Verdict]:
    """Verdicts as they come; of what is `doubtful`, or ended its worker, that of a second run alone, at the end.

    Raises `NoSandbox`, `NotInstalled`, `AssignmentError` and `CourseError`; no hand-in raises anything.
    """
    again = []
    for job, verdict in _run(client, jobs, assignment, secret):
        if grade.doubtful(verdict):
            again.append(job)
        else:
            yield verdict
    for job in again:
        yield from (verdict for _, verdict in _run(client, [replace(job, known={})], assignment, secret))


def _run(client: Client, jobs: Iterable[Job], assignment: Assignment, secret: bytes) -> Iterator[tuple[Job, Verdict]]:
    waiting, running = iter(jobs), {}
    work = assignment.to_bytes(), secret, grade.environment()
    completed = as_completed([], raise_errors=False)

    def submit():
        """Keep every thread busy without handing out the whole class at once."""
        while len(running) < 2 * max(sum(client.nthreads().values()), 1):
            job = next(waiting, None)
            if job is None:
                return
            future = client.submit(supervise.judged, *work, job.hand_in.to_bytes(), marks_to_bytes(job.known),
                                   pure=False)
            running[future] = job
            completed.add(future)

    try:
        submit()
        while running:
            future = next(completed)
            job = running.pop(future)
            data = _result(future)
            submit()
            yield job, grade.read(data, job.hand_in, assignment)
    except OSError:  # Dask's own among them
        raise CourseError(_GONE) from None


def _result(future) -> bytes:
    """What a worker sent; nothing where the hand-in ended it."""
    if future.status == "finished":
        data = future.result()
        return data if type(data) is bytes else b""
    error = future.exception() if future.status == "error" else None
    if isinstance(error, KilledWorker):
        return b""
    raise CourseError(_GONE if error is None else f"a worker cannot grade: {type(error).__name__}: {error}")

"""Where a result comes from: versions, machine, date; and what the run took of it."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import resource
import time


def provenance() -> dict:
    """Versions of what computed, the machine without its name, and the date (UTC)."""
    import tensorflow as tf

    names = ("course_lib", "keras", "numpy")
    versions = {"python": platform.python_version(), "tensorflow": tf.__version__}
    return {
        "versions": versions | {name: importlib.metadata.version(name) for name in names},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "gpus": [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
                     for gpu in tf.config.list_physical_devices("GPU")],
        },
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


class Meter:
    """Measures what a `with` block took: seconds, share of the cores, the process's largest memory so far."""

    def __enter__(self):
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *error):
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu

    def reading(self) -> dict:
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "wall_seconds": round(self.wall, 2),
            "cpu_seconds": round(self.cpu, 2),
            "peak_memory_mib": round(kilobytes / (1024 if platform.system() == "Linux" else 1024**2)),
        }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()

"""How the notebooks run when the book is built.

The cache of outputs is keyed by the cells of a notebook alone: after a change in the library, or in the results that
cells read, it would go on showing what was. So every state of the two has a cache of its own.
"""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
# No notebook runs these, so a change in them leaves every output as it was.
APART = {"grading", "cli.py"}
# A log line on standard error fails the build; and the pages should not depend on the machine they were made on.
KERNEL = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    # The pages compile many programs and run each once, on arrays of a few cells.
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
}


def digest_of_what_is_read(root: Path = ROOT) -> str:
    library = root / "course_lib"
    read = [path for path in library.rglob("*.py") if path.relative_to(library).parts[0] not in APART]
    read += (root / "book").rglob("results/*.json")
    digest = hashlib.sha256()
    for path in sorted(read):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def choose_cache(app, config):
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / digest_of_what_is_read())


def pages_that_read_otherwise(app, env, added, changed, removed):
    digest = digest_of_what_is_read()
    known = getattr(env, "digest_of_what_was_read", None)
    env.digest_of_what_was_read = digest
    return [] if known == digest else sorted(env.found_docs)


def setup(app):
    os.environ.update(KERNEL)
    app.connect("config-inited", choose_cache)
    app.connect("env-get-outdated", pages_that_read_otherwise)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

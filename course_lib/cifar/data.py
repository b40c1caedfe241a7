"""CIFAR-10 from its official files, or fetched by Keras. Needs NumPy alone unless it is fetched."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .batchfile import BatchError, read_batch

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER = "cifar-10-batches-py"
TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST = "test_batch"
ARCHIVE_BYTES = 170_498_071
ARCHIVE_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
LARGEST_BATCH = 64 << 20  # twice an official batch: whatever is larger is something else


class DataError(ValueError):
    """The files are not CIFAR-10; the message says in one sentence which file is wrong, and how."""


@dataclass(frozen=True)
class Images:
    """A labelled image set: `x_*` uint8 `(N, 32, 32, 3)`, `y_*` int64 `(N,)`; `source` says where it is from."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]
    source: str

    def fingerprint(self) -> str:
        """SHA-256 of all pixels and labels: equal for equal data, wherever they were read from."""
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(np.ascontiguousarray(array))
        return digest.hexdigest()

    def first(self, count: int) -> Images:
        """The same set with only the first `count` training images.

        Raises:
            ValueError: there are fewer.
        """
        if not 0 < count <= len(self.x_train):
            raise ValueError(f"count must be from 1 to {len(self.x_train)}, got {count}")
        source = f"{self.source}, first {count} training images"
        return replace(self, x_train=self.x_train[:count], y_train=self.y_train[:count], source=source)


def load_cifar10(path: str | Path | None = None) -> Images:
    """CIFAR-10: 50,000 training and 10,000 test images of ten classes.

    Args:
        path: the folder `cifar-10-batches-py` or the one above it, or the "python version" archive (`.tar.gz`).
            `None`: fetched (170 MB, once) and checked by `keras.datasets.cifar10`.

    Returns:
        Images `(N, 32, 32, 3)` uint8 and labels `(N,)` int64, in the files' order.

    Raises:
        FileNotFoundError: nothing is at `path`.
        DataError: what is there is not CIFAR-10, is damaged or incomplete, or could not be fetched. An archive
            of the original's length must have the original's SHA-256. Nothing else is ever returned instead.

    Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images", and its data page.
    """
    if path is None:
        return _fetched()
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"there is nothing at {path}")
    read = dict(_from_folder(path) if path.is_dir() else _from_archive(path))
    missing = sorted({*TRAIN, TEST} - set(read))
    if missing:
        raise DataError(f"{path} holds no {', '.join(missing)}: it is not the python version of CIFAR-10, or cut short")
    x, y = zip(*(read[name] for name in TRAIN))
    return _checked(np.concatenate(x), np.concatenate(y), *read[TEST], source=path.name)


def _from_folder(path: Path) -> Iterator[tuple[str, tuple]]:
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    for name in (*TRAIN, TEST):
        file = folder / name
        if file.is_file():
            yield name, _batch(file.stat().st_size, file.read_bytes, str(file))


def _from_archive(path: Path) -> Iterator[tuple[str, tuple]]:
    if path.stat().st_size == ARCHIVE_BYTES:
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != ARCHIVE_SHA256:
                raise DataError(f"{path} has the length of the original archive but not its SHA-256: it is damaged")
    seen = set()
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if name not in {*TRAIN, TEST} or not member.isfile():
                    continue
                if name in seen:
                    raise DataError(f"{path} holds {name} twice")
                seen.add(name)
                yield name, _batch(member.size, archive.extractfile(member).read, f"{name} in {path}")
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        reason = getattr(error, "strerror", None) or "it is something else, damaged, or cut short"
        raise DataError(f"{path} is not a readable tar archive: {reason}") from error


def _batch(size: int, read: Callable[[], bytes], where: str) -> tuple[np.ndarray, np.ndarray]:
    if size > LARGEST_BATCH:
        raise DataError(f"{where} is too large to be a batch of CIFAR-10: {size} bytes")
    try:
        return read_batch(read())
    except BatchError as error:
        raise DataError(f"{where} is not a batch of CIFAR-10: {error}") from error


def _fetched() -> Images:
    from keras.datasets import cifar10

    try:
        (x, y), (x_test, y_test) = cifar10.load_data()
    except Exception as error:
        raise DataError(
            f"CIFAR-10 could not be fetched ({error}); with a copy at hand, name its folder or archive: --data PATH"
        ) from error
    return _checked(x, y.reshape(-1), x_test, y_test.reshape(-1), source="keras.datasets.cifar10")


def _checked(x_train, y_train, x_test, y_test, source: str) -> Images:
    for labels, each, what in ((y_train, 5000, "training"), (y_test, 1000, "test")):
        counts = np.bincount(labels, minlength=len(CLASSES))
        if not np.array_equal(counts, [each] * len(CLASSES)):
            raise DataError(
                f"CIFAR-10 has {each} {what} images of every class; {source} has {counts.tolist()}: a batch is "
                "repeated or altered"
            )
    return Images(x_train, y_train.astype(np.int64), x_test, y_test.astype(np.int64), CLASSES, source)

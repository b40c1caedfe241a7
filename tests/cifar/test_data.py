import io
import os
import tarfile

import numpy as np
import pytest
from batches import batch

from course_lib.cifar import CLASSES, DataError, load_cifar10
from course_lib.cifar.data import ARCHIVE_BYTES, FOLDER, TEST, TRAIN

NAMES = (*TRAIN, TEST)
LABELS = np.arange(10_000) % 10


def pixels(n):
    """Batch `n`: red planes hold `n`, green the image's number, blue the row."""
    data = np.empty((10_000, 3, 32, 32), np.uint8)
    data[:, 0], data[:, 1] = n, np.arange(10_000, dtype=np.uint16)[:, None, None] % 256
    data[:, 2] = np.arange(32)[:, None]
    return data.reshape(10_000, 3072)


CONTENTS = {name: batch(pixels(n), LABELS) for n, name in enumerate(NAMES)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("cifar") / FOLDER
    made.mkdir()
    for name, content in CONTENTS.items():
        (made / name).write_bytes(content)
    (made / "readme.html").write_text("not read")
    return made


def archive(file, contents, mode="w:gz"):
    with tarfile.open(file, mode, **({"compresslevel": 1} if mode == "w:gz" else {})) as tar:
        for name, content in contents:
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


@pytest.fixture(scope="session")
def gzipped(tmp_path_factory):
    return archive(tmp_path_factory.mktemp("archive") / "copy.tar.gz", CONTENTS.items())


def check(images):
    assert images.x_train.shape == (50_000, 32, 32, 3) and images.x_test.shape == (10_000, 32, 32, 3)
    assert images.x_train.dtype == np.uint8 and images.y_train.dtype == images.y_test.dtype == np.int64
    np.testing.assert_array_equal(images.x_train[:, 0, 0, 0], np.repeat(np.arange(5), 10_000))
    np.testing.assert_array_equal(images.x_test[:, 5, 9, 1], np.arange(10_000) % 256)
    assert (images.x_test[..., 7, :, 2] == 7).all()
    np.testing.assert_array_equal(images.y_train, np.tile(LABELS, 5))
    assert images.classes == CLASSES


def test_the_folder_the_one_above_and_the_archive_give_the_same(folder, gzipped):
    from_folder, from_archive = load_cifar10(folder), load_cifar10(str(gzipped))
    check(from_folder)
    assert from_folder.fingerprint() == load_cifar10(folder.parent).fingerprint() == from_archive.fingerprint()
    assert from_archive.source == "copy.tar.gz"


def test_the_fingerprint_sees_one_pixel(folder):
    images = load_cifar10(folder)
    before = images.fingerprint()
    images.x_test[9_999, 31, 31, 2] ^= 1
    assert images.fingerprint() != before


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing at"):
        load_cifar10(tmp_path / "absent")


@pytest.mark.parametrize("gone", [NAMES[0], NAMES[3], TEST])
def test_a_missing_batch_is_named(folder, tmp_path, gone):
    for name in NAMES:
        if name != gone:
            os.link(folder / name, tmp_path / name)
    with pytest.raises(DataError, match=f"holds no {gone}"):
        load_cifar10(tmp_path)


def test_a_batch_cut_short_is_named(folder, tmp_path):
    for name in NAMES:
        os.link(folder / name, tmp_path / name)
    (tmp_path / "data_batch_4").unlink()
    (tmp_path / "data_batch_4").write_bytes(CONTENTS["data_batch_4"][:-1000])
    with pytest.raises(DataError, match=r"data_batch_4 is not a batch of CIFAR-10: .*cut short"):
        load_cifar10(tmp_path)


def test_a_batch_altered_in_its_labels(folder, tmp_path):
    for name in NAMES:
        os.link(folder / name, tmp_path / name)
    (tmp_path / TEST).unlink()
    (tmp_path / TEST).write_bytes(batch(pixels(5), [1, *LABELS[1:]]))
    with pytest.raises(DataError, match="1000 test images of every class"):
        load_cifar10(tmp_path)


def test_a_file_far_too_large_is_not_read(folder, tmp_path):
    for name in NAMES:
        os.link(folder / name, tmp_path / name)
    (tmp_path / "data_batch_1").unlink()
    with open(tmp_path / "data_batch_1", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match="too large"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize("length", [0, 100, 0.5, 0.999])
def test_an_archive_cut_short(gzipped, tmp_path, length):
    content = gzipped.read_bytes()
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(content[: length if length >= 1 or length == 0 else int(len(content) * length)])
    with pytest.raises(DataError, match="cut short"):
        load_cifar10(cut)


def test_an_archive_with_a_damaged_byte(gzipped, tmp_path):
    content = bytearray(gzipped.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "damaged.tar.gz").write_bytes(content)
    with pytest.raises(DataError):
        load_cifar10(tmp_path / "damaged.tar.gz")


def test_the_originals_length_needs_the_originals_hash(tmp_path):
    with open(tmp_path / "cifar-10-python.tar.gz", "wb") as file:
        file.truncate(ARCHIVE_BYTES)
    with pytest.raises(DataError, match="not its SHA-256"):
        load_cifar10(tmp_path / "cifar-10-python.tar.gz")


def test_something_else_entirely(folder):
    with pytest.raises(DataError, match="not a readable tar archive"):
        load_cifar10(folder / "data_batch_1")


def test_links_and_repetitions_in_an_archive(tmp_path):
    small = {"data_batch_1": CONTENTS["data_batch_1"]}
    twice = archive(tmp_path / "twice.tar", [*small.items()] * 2, "w")
    with pytest.raises(DataError, match="data_batch_1 twice"):
        load_cifar10(twice)
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        member = tarfile.TarInfo(f"{FOLDER}/data_batch_1")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(DataError, match="holds no data_batch_1"):
        load_cifar10(tmp_path / "link.tar")


def test_without_a_network_nothing_is_substituted(monkeypatch):
    from keras.datasets import cifar10

    def unreachable():
        raise OSError("Name or service not known")

    monkeypatch.setattr(cifar10, "load_data", unreachable)
    with pytest.raises(DataError, match="could not be fetched"):
        load_cifar10()


@pytest.mark.skipif("CIFAR10_PATH" not in os.environ, reason="CIFAR10_PATH does not name the official files")
def test_the_real_images():
    images = load_cifar10(os.environ["CIFAR10_PATH"])
    assert np.bincount(images.y_train).tolist() == [5000] * 10
    # Means of the channels as everybody quotes them; a JPEG copy agrees to the third digit.
    np.testing.assert_allclose(images.x_train.mean((0, 1, 2)) / 255, [0.4914, 0.4822, 0.4465], atol=2e-3)

"""What a call allocates, its result included, stays below three times input and output."""

import functools
import tracemalloc

import numpy as np
import pytest

import course_lib as cl

CORNERS = np.random.default_rng(0).uniform(0, 80, (300, 2))
ROIS = np.column_stack([np.zeros(300), CORNERS, CORNERS + 40])
IMAGE = np.ones((1, 128, 128, 1), np.float32)
BYTES, KERNEL = np.ones((1, 512, 512, 3), np.uint8), np.ones((5, 5, 3, 4))
CALLS = {
    "roi_align": (cl.roi_align, IMAGE, ROIS, 7),
    "roi_align, max": (functools.partial(cl.roi_align, mode="max"), IMAGE, ROIS, 7),
    "roi_align, corner_max": (functools.partial(cl.roi_align, mode="corner_max"), IMAGE, ROIS, 7),
    "roi_max_pool": (cl.roi_max_pool, IMAGE, ROIS, 7),
    "conv of bytes": (cl.conv, BYTES, KERNEL),
    "conv of bytes, gradient": (cl.conv_backward, np.ones((1, 508, 508, 4)), BYTES, KERNEL),
    "conv mostly on padding": (
        functools.partial(cl.conv, padding=((500, 500),) * 2), np.ones((1, 4, 4, 1)), np.ones((4, 4, 1, 1)),
    ),
}


def size(values) -> int:
    return sum(np.asarray(value).nbytes for value in values)


@pytest.mark.parametrize("name", CALLS)
def test_peak(name):
    function, *arguments = CALLS[name]
    function(*arguments)  # What a first call keeps is no part of it.
    tracemalloc.start()
    y = function(*arguments)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * (size(arguments) + size(y if isinstance(y, tuple) else [y]))

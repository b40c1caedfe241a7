"""The poolings of `course_lib` as plain functions of tensors, under the names and with the arguments of the reference.

Each works eagerly, in a `tf.function` and in a compiled one, and differentiates.
"""

from course_lib.layers.functional.local import average_pool, max_pool, min_pool
from course_lib.layers.functional.sized import global_average_pool, global_max_pool

__all__ = ["average_pool", "global_average_pool", "global_max_pool", "max_pool", "min_pool"]

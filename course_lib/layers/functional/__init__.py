"""The poolings of `course_lib` as plain functions of tensors, under the names and with the arguments of the reference.

Each works eagerly, in a `tf.function` and in a compiled one, and differentiates.
"""

from course_lib.layers.functional.drawn import stochastic_pool
from course_lib.layers.functional.local import average_pool, max_pool, min_pool
from course_lib.layers.functional.mixed import gated_pool, mixed_pool
from course_lib.layers.functional.ranked import (
    avg_topk_pool,
    ordinal_pool,
    rank_average_pool,
    rank_stochastic_pool,
    rank_weighted_pool,
)
from course_lib.layers.functional.sized import global_average_pool, global_max_pool
from course_lib.layers.functional.weighted import information_pool, lip_pool, lp_pool, soft_pool, weighted_pool

__all__ = [
    "average_pool", "avg_topk_pool", "gated_pool", "global_average_pool", "global_max_pool", "information_pool",
    "lip_pool", "lp_pool", "max_pool", "min_pool", "mixed_pool", "ordinal_pool", "rank_average_pool",
    "rank_stochastic_pool", "rank_weighted_pool", "soft_pool", "stochastic_pool", "weighted_pool",
]

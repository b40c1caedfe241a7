"""The poolings of `course_lib` as plain functions of tensors, under the names and with the arguments of the reference.

Each works eagerly, in a `tf.function` and in a compiled one, and differentiates.
"""

from course_lib.layers.functional.adaptive import (
    adaptive_average_pool,
    adaptive_max_pool,
    fractional_average_pool,
    fractional_max_pool,
    pixel_pyramid_pool,
    spatial_pyramid_pool,
)
from course_lib.layers.functional.channels import intermap_pool
from course_lib.layers.functional.drawn import stochastic_pool
from course_lib.layers.functional.filtered import blur_pool, max_blur_pool, spectral_pool
from course_lib.layers.functional.local import average_pool, max_pool, min_pool
from course_lib.layers.functional.mixed import gated_pool, mixed_pool
from course_lib.layers.functional.orderless import (
    attention_pool,
    bilinear_pool,
    compact_bilinear_pool,
    mop_pool,
    vlad_pool,
)
from course_lib.layers.functional.ranked import (
    avg_topk_pool,
    ordinal_pool,
    rank_average_pool,
    rank_stochastic_pool,
    rank_weighted_pool,
)
from course_lib.layers.functional.regions import roi_align, roi_max_pool, superpixel_pool
from course_lib.layers.functional.sized import gem_pool, global_average_pool, global_lp_pool, global_max_pool
from course_lib.layers.functional.unpooling import average_unpool, max_pool_argmax, max_unpool
from course_lib.layers.functional.weighted import information_pool, lip_pool, lp_pool, soft_pool, weighted_pool

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "attention_pool", "average_pool", "average_unpool",
    "avg_topk_pool", "bilinear_pool", "blur_pool", "compact_bilinear_pool", "fractional_average_pool",
    "fractional_max_pool", "gated_pool", "gem_pool", "global_average_pool", "global_lp_pool", "global_max_pool",
    "information_pool", "intermap_pool", "lip_pool", "lp_pool", "max_blur_pool", "max_pool", "max_pool_argmax",
    "max_unpool", "min_pool", "mixed_pool", "mop_pool", "ordinal_pool", "pixel_pyramid_pool", "rank_average_pool",
    "rank_stochastic_pool", "rank_weighted_pool", "roi_align", "roi_max_pool", "soft_pool", "spatial_pyramid_pool",
    "spectral_pool", "stochastic_pool", "superpixel_pool", "vlad_pool", "weighted_pool",
]

"""The reference poolings by family, each forward function next to its gradient.

* `local`: maximum, minimum, average
* `mixed`: maximum and mean together, mixed or gated
* `weighted`: Lp, weighted, information-weighted, soft, local importance
* `ranked`: by order statistics: Avg-TopK, rank-based, ordinal
* `drawn`: stochastic
* `sized`: global
* `adaptive`: adaptive, fractional, spatial and per-pixel pyramids, over the bins of `bins`
* `filtered`: blur, max-blur, spectral, and how to measure shift consistency
* `regions`: RoI max, RoI align, superpixel
* `unpooling`: argmax, max and average unpooling
* `orderless`: bilinear, compact bilinear, VLAD and multi-scale orderless, attention
* `channels`: inter-map
* `learned`: genetic search of rank weights

All are at the top of the package too: `course_lib.max_pool`.
"""


def __getattr__(name):
    import course_lib

    if course_lib._MODULE_OF.get(name, "").startswith("pooling."):
        return getattr(course_lib, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

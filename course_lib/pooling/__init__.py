"""The reference poolings by family, each forward function next to its gradient."""

from .local import (
    average_pool, average_pool_backward, max_pool, max_pool_backward, min_pool, min_pool_backward,
)
from .sized import (
    global_average_pool, global_average_pool_backward, global_max_pool, global_max_pool_backward,
)

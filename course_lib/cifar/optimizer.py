"""Muon for convolutions: Keras' optimiser takes matrices only, and here a kernel is read as one."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("course_lib")
class KernelMuon(keras.optimizers.Muon):
    """Muon on convolution kernels, `(height * width * channels, filters)` matrices to it, and Adam on the rest.

    Muon replaces the momentum matrix by the nearest one whose singular values are all one, so that every direction
    a kernel can change in moves alike. For the small networks here two epochs do what Adam needs three for.

    Args:
        learning_rate: of the kernels, a number or a schedule.
        adam_lr_ratio: the others' learning rate is this times `learning_rate`.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; `keras.optimizers.Muon`.

    >>> KernelMuon(0.05).get_config()["adam_lr_ratio"]
    0.3
    """

    def __init__(self, learning_rate=0.05, adam_lr_ratio=0.3, weight_decay=None, adam_weight_decay=None,
                 rms_rate=None, **kwargs):
        super().__init__(
            learning_rate, adam_lr_ratio=adam_lr_ratio, weight_decay=weight_decay,
            adam_weight_decay=adam_weight_decay, rms_rate=rms_rate, **kwargs,
        )

    def _should_use_adamw(self, variable):
        return len(variable.shape) != 4

    def zeropower_via_newtonschulz5(self, x, steps):
        matrix = ops.reshape(x, (-1, x.shape[-1]))
        return ops.reshape(super().zeropower_via_newtonschulz5(matrix, steps), x.shape)

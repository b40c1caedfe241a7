"""What all layers share: channels last, masks dropped, arguments kept for serialisation."""

from __future__ import annotations

import keras

from course_lib.layers.engine import Geometry


def serializable(layer):
    """Register a layer, so that `keras.models.load_model` finds it by name."""
    return keras.saving.register_keras_serializable("course_lib")(layer)


def by_rank(layer):
    """The one-, two- and three-dimensional layers of a class that works in any rank, named as Keras names them."""
    return tuple(
        serializable(type(f"{layer.__name__}{rank}D", (layer,), {
            "rank": rank, "__module__": layer.__module__,
            # The example is two-dimensional, and once is enough to run it.
            "__doc__": layer.__doc__ if rank == 2 else layer.__doc__.partition("\n    >>>")[0],
        }))
        for rank in (1, 2, 3)
    )


class Pooling(keras.layers.Layer):
    """A pooling of `(batch, *spatial, channels)`.

    A subclass names its constructor's arguments in `arguments` and keeps each as an attribute of that name. `rank`
    is its number of spatial axes, or None where any number will do, and `arity` the number of arrays of that rank
    that it takes. An incoming mask is dropped: a pooled position
    has no counterpart among the masked ones.
    """

    rank: int | None = None
    arity: int = 1
    arguments: tuple[str, ...] = ()

    def __init__(self, *, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = data_format or keras.config.image_data_format()
        if self.data_format != "channels_last":
            raise ValueError(
                f"{type(self).__name__} pools channels-last arrays only, (batch, *spatial, channels); "
                f"got data_format={self.data_format!r}. Put keras.layers.Permute before and after it."
            )
        if self.rank is not None:
            spec = keras.layers.InputSpec(ndim=self.rank + 2)
            self.input_spec = spec if self.arity == 1 else [spec] * self.arity
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        return None

    def get_config(self):
        own = {name: getattr(self, name) for name in self.arguments}
        plain = {
            name: keras.saving.serialize_keras_object(value) if hasattr(value, "get_config") else value
            for name, value in own.items()
        }
        return {**super().get_config(), "data_format": self.data_format, **plain}


class WindowedPooling(Pooling):
    """A pooling over windows, with the arguments of the reference."""

    arguments = ("pool_size", "strides", "padding", "dilation", "ceil_mode")

    def __init__(self, pool_size=2, strides=None, padding="valid", *, dilation=1, ceil_mode=False, **kwargs):
        super().__init__(**kwargs)
        self.geometry = Geometry.of(self.rank, pool_size, strides, padding, dilation, ceil_mode)
        self.pool_size = self.geometry.pool
        self.strides = self.geometry.strides
        self.padding = self.geometry.padding
        self.dilation = self.geometry.dilation
        self.ceil_mode = ceil_mode

    @property
    def window(self) -> dict:
        """The geometry, as the functional form takes it."""
        return {name: getattr(self, name) for name in WindowedPooling.arguments}

    def build(self, input_shape):
        self.compute_output_shape(input_shape)
        super().build(input_shape)

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        return (batch, *self.geometry.lay(sizes).out, channels)

"""The pictures of the book, each a function from arrays to a Matplotlib figure."""

from course_lib.figures.curves import curves
from course_lib.figures.dots import dots
from course_lib.figures.grids import grids, tiles
from course_lib.figures.picture import Picture

__all__ = ["Picture", "curves", "dots", "grids", "tiles"]

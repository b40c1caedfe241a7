"""The Matplotlib backend of the sandbox: `plt.show()` keeps the open figures. Imported by Matplotlib, if at all."""

from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

__all__ = ["FigureCanvas", "show"]


def show(*_, **__):
    get_ipython().display.keep_figures()  # noqa: F821

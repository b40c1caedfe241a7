// Where windows fall on a map: the rules of course_lib.windows, in two dimensions.
//
// A layout has one region a window. `cells` holds, for each place inside the window in row-major order, the flat
// index of the map's cell there, or OUTSIDE; `frame` is the rectangle to draw, in rows and columns of the map.

export const OUTSIDE = -1;
export const EXTENT_LIMIT = 24;
export const PADDINGS = ["valid", "same", "same_lower"];

export class GeometryError extends Error {}

/** Windows along one axis of `n` cells: their number, and the padding before and after. */
export function layAxis(n, pool, stride, padding, dilation, ceilMode) {
  const extent = (pool - 1) * dilation + 1;
  if (extent > EXTENT_LIMIT) {
    throw new GeometryError(
      `Dilated like this the window covers ${extent} cells; more than ${EXTENT_LIMIT} cannot be shown here.`,
    );
  }
  if (padding !== "valid") {
    const out = Math.ceil(n / stride);
    const total = Math.max((out - 1) * stride + extent - n, 0);
    const half = Math.floor(total / 2);
    const before = padding === "same" ? half : total - half;
    return { n, pool, stride, dilation, extent, before, after: total - before, out };
  }
  if (extent > n) {
    throw new GeometryError(
      `The window covers ${extent} cells and the map has only ${n}: choose a smaller window, or padding.`,
    );
  }
  let out = Math.floor((n - extent) / stride) + 1;
  // Rounding up adds a window only if that window starts inside the map.
  if (ceilMode && (n - extent) % stride && out * stride < n) out += 1;
  return { n, pool, stride, dilation, extent, before: 0, after: 0, out };
}

/** Windows of the given `pool_size`, `strides`, `padding`, `dilation` and `ceil_mode` on a map of `shape`. */
export function windows(shape, { pool_size, strides, padding, dilation, ceil_mode }) {
  const axes = [0, 1].map((i) => layAxis(shape[i], pool_size[i], strides[i], padding, dilation[i], ceil_mode));
  const spans = axes.map((axis) => range(axis.out).map((o) => {
    const start = o * axis.stride - axis.before;
    const places = range(axis.pool).map((k) => start + k * axis.dilation);
    return {
      start,
      extent: axis.extent,
      places: places.map((at) => (at >= 0 && at < axis.n ? at : OUTSIDE)),
      // Only rounding up takes a window past the padding, and such cells never count.
      withPadding: places.filter((at) => at < axis.n + axis.after).length,
    };
  }));
  return layout(shape, spans);
}

/** Adaptive windows: output `i` of `o` reads the cells from `floor(i n / o)` up to `ceil((i + 1) n / o)`. */
export function bins(shape, outputSize) {
  return layout(shape, [0, 1].map((i) => range(outputSize[i]).map((o) => {
    const start = Math.floor((o * shape[i]) / outputSize[i]);
    const extent = Math.ceil(((o + 1) * shape[i]) / outputSize[i]) - start;
    return { start, extent, places: range(extent).map((k) => start + k) };
  })));
}

/** One window over the whole map. */
export function everything(shape) {
  return bins(shape, [1, 1]);
}

/** Windows of a filter on a map that continues as in a mirror, its edge not repeated (NumPy's "reflect"). */
export function mirrored(shape, filterSize, strides) {
  const before = Math.floor((filterSize - 1) / 2);
  const reach = filterSize - 1 - before;
  if (reach >= Math.min(...shape)) {
    throw new GeometryError(
      `A filter of ${filterSize} mirrors ${reach} cells at the border: the map needs more than ${reach} each way.`,
    );
  }
  return layout(shape, [0, 1].map((i) => range(Math.ceil(shape[i] / strides[i])).map((o) => {
    const start = o * strides[i] - before;
    return { start, extent: filterSize, places: range(filterSize).map((k) => mirror(start + k, shape[i])) };
  })));
}

/** The cell that stands at place `at` of an axis of `n` cells continued by mirrors. */
export function mirror(at, n) {
  const inside = Math.abs(at);
  return inside < n ? inside : 2 * (n - 1) - inside;
}

function layout(shape, [rows, columns]) {
  const regions = rows.flatMap((r) => columns.map((c) => ({
    shape: [r.places.length, c.places.length],
    cells: r.places.flatMap((i) => c.places.map((j) => (i < 0 || j < 0 ? OUTSIDE : i * shape[1] + j))),
    frame: { row: r.start, column: c.start, height: r.extent, width: c.extent },
    withPadding: r.withPadding * c.withPadding,
  })));
  return { shape: [rows.length, columns.length], regions };
}

/** Rows and columns of border, at each side, that some frame of the layout reaches. */
export function border({ regions }, [height, width]) {
  const frames = regions.map((region) => region.frame);
  return {
    top: Math.max(0, ...frames.map((f) => -f.row)),
    left: Math.max(0, ...frames.map((f) => -f.column)),
    bottom: Math.max(0, ...frames.map((f) => f.row + f.height - height)),
    right: Math.max(0, ...frames.map((f) => f.column + f.width - width)),
  };
}

/** The smallest frame around some cells of a map of that width. */
export function boundingBox(cells, width) {
  const rows = cells.map((cell) => Math.floor(cell / width));
  const columns = cells.map((cell) => cell % width);
  const [row, column] = [Math.min(...rows), Math.min(...columns)];
  return { row, column, height: Math.max(...rows) - row + 1, width: Math.max(...columns) - column + 1 };
}

/** The part of a frame that lies on the map. */
export function clipped(frame, [height, width]) {
  const row = Math.max(frame.row, 0);
  const column = Math.max(frame.column, 0);
  return {
    row, column,
    height: Math.min(frame.row + frame.height, height) - row,
    width: Math.min(frame.column + frame.width, width) - column,
  };
}

export function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}

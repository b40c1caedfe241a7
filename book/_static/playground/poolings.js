// The poolings shown here, each named as in course_lib, and how a state of the playground is worked out.

import * as geometry from "./geometry.js";
import { MAP_LIMIT } from "./numbers.js";
import * as rules from "./rules.js";

const number = (name, label, start, min, max, step) => ({ name, label, kind: "number", start, min, max, step });
// Of the window's cells.
const count = (name, label, start) => ({ name, label, kind: "count", start, min: 1, max: MAP_LIMIT ** 2 });
const flag = (name, label, start) => ({ name, label, kind: "flag", start });
const list = (name, label, start) => ({ name, label, kind: "list", start });
const pair = (name, label, start, min, max) => ({ name, label, kind: "pair", start, min, max });

const power = number("p", "Power p", 2, 1, 20, 0.5);

// The row of Pascal's triangle for the window's height, times that for its width.
const bell = ([height, width]) => {
  const row = (n) => geometry.range(n).reduce((r, k) => (k ? [...r, (r[k - 1] * (n - k)) / k] : [1]), []);
  return row(height).flatMap((v) => row(width).map((w) => v * w));
};
const median = ([height, width]) => Math.floor((height * width + 1) / 2);
const ramp = ([height, width]) => geometry.range(height * width).map((r) => height * width - r);

// `place` says where windows lie: "windows" of a given size, "bins" of a given number, the "whole" map, or a
// "filter" on the mirrored map, for which `before` may name a pooling at stride 1 that comes first.
export const POOLINGS = [
  { name: "max_pool", title: "Max pooling", group: "Largest and smallest", rule: rules.max },
  { name: "min_pool", title: "Min pooling", group: "Largest and smallest", rule: rules.min },
  {
    name: "average_pool", title: "Average pooling", group: "Averages", rule: rules.average,
    parameters: [flag("count_include_pad", "Padding counts as zeros", false)],
  },
  {
    name: "weighted_pool", title: "Weighted pooling", group: "Averages", rule: rules.weighted,
    parameters: [list("weights", "Weights of the window's cells", bell)],
  },
  { name: "information_pool", title: "Information-weighted pooling", group: "Averages", rule: rules.information },
  {
    name: "lp_pool", title: "Lp pooling", group: "Between mean and max", rule: rules.lp,
    parameters: [power, flag("normalized", "Mean of the powers, not their sum", true)],
  },
  { name: "soft_pool", title: "SoftPool", group: "Between mean and max", rule: rules.soft },
  {
    name: "lip_pool", title: "Local importance-based pooling", group: "Between mean and max", rule: rules.lip,
    parameters: [number("beta", "Logits: β times the map, β", 2, 0, 20, 0.5)],
  },
  {
    name: "mixed_pool", title: "Mixed pooling", group: "Between mean and max", rule: rules.mixed,
    parameters: [number("share", "Share of the maximum", 0.5, 0, 1, 0.05)],
  },
  {
    name: "gated_pool", title: "Gated pooling", group: "Between mean and max", rule: rules.gated,
    parameters: [number("gate", "Gate weight of every cell", 0.1, -1, 1, 0.05)],
  },
  {
    name: "avg_topk_pool", title: "Avg-TopK pooling", group: "By rank", rule: rules.averageTopK,
    parameters: [count("k", "Cells kept, k", 2)],
  },
  {
    name: "rank_average_pool", title: "Rank-based average pooling", group: "By rank",
    rule: (a, { t, size }) => rules.averageTopK(a, { k: t, size }),
    parameters: [count("t", "Ranks averaged, t", median)],
  },
  {
    name: "rank_weighted_pool", title: "Rank-based weighted pooling", group: "By rank", rule: rules.rankWeighted,
    parameters: [number("alpha", "Weight of the first rank, α", 0.5, 0.05, 1, 0.05), flag("normalize", "Weights sum to 1", true)],
  },
  {
    name: "ordinal_pool", title: "Ordinal pooling", group: "By rank", rule: rules.ordinal,
    parameters: [list("weights", "Weights of the ranks, largest cell first", ramp)],
  },
  { name: "stochastic_pool", title: "Stochastic pooling", group: "By chance, on average", rule: rules.stochastic },
  {
    name: "blur_pool", title: "Blur pooling", group: "Against aliasing", rule: rules.blur, place: "filter",
    parameters: [number("filter_size", "Filter size", 3, 1, 7, 1)],
  },
  {
    name: "max_blur_pool", title: "Max-blur pooling", group: "Against aliasing", rule: rules.blur, place: "filter",
    before: "max_pool", parameters: [number("filter_size", "Filter size", 3, 1, 7, 1)],
  },
  { name: "global_average_pool", title: "Global average pooling", group: "Whole map", rule: rules.average, place: "whole" },
  { name: "global_max_pool", title: "Global max pooling", group: "Whole map", rule: rules.globalMax, place: "whole" },
  {
    name: "global_lp_pool", title: "Global Lp pooling", group: "Whole map", rule: rules.lp, place: "whole",
    parameters: [power],
  },
  {
    name: "gem_pool", title: "Generalised-mean pooling", group: "Whole map", rule: rules.gem, place: "whole",
    parameters: [number("p", "Power p", 3, 1, 20, 0.5)],
  },
  {
    name: "adaptive_average_pool", title: "Adaptive average pooling", group: "Output size given",
    rule: rules.average, place: "bins", parameters: [pair("output_size", "Output size", [3, 3], 1, 12)],
  },
  {
    name: "adaptive_max_pool", title: "Adaptive max pooling", group: "Output size given",
    rule: rules.max, place: "bins", parameters: [pair("output_size", "Output size", [3, 3], 1, 12)],
  },
].map((row) => ({ place: "windows", parameters: [], ...row }));

const rows = new Map(POOLINGS.map((row) => [row.name, row]));

export const isPooling = (name) => rows.has(name);

export function byName(name) {
  if (!rows.has(name)) throw new Error(`There is no pooling ${name}.`);
  return rows.get(name);
}

/** Which of the settings of the windows a pooling has. */
export function settingsOf(row) {
  if (row.place === "windows") return ["pool_size", "strides", "padding", "dilation", "ceil_mode"];
  if (row.place === "filter") return row.before ? ["pool_size", "strides"] : ["strides"];
  return [];
}

/** Distance between windows: as set, else the window's size; filters move by 2. */
export function stridesOf(state, row = byName(state.pooling)) {
  return state.strides ?? (row.place === "filter" ? [2, 2] : state.pool_size);
}

/** Where one of a pooling's own parameters starts, which for some depends on the window. */
export function startOf(state, { start }) {
  return typeof start === "function" ? start(state.pool_size) : start;
}

/** Its value: as set, else where it starts. Of lists of weights the length must fit the window. */
export function parameterOf(state, parameter, row = byName(state.pooling)) {
  const set = state.parameters[row.name]?.[parameter.name];
  const fits = parameter.kind !== "list" || set?.length === state.pool_size[0] * state.pool_size[1];
  return fits ? set ?? startOf(state, parameter) : startOf(state, parameter);
}

/**
 * Everything that follows from a state: the `stages` of the pooling (one, but two for max-blur), each with its
 * input `map`, its `layout`, the `results` of its windows and its `output`. Throws GeometryError or DomainError.
 */
export function evaluate(state, x = state.x, row = byName(state.pooling)) {
  const options = Object.fromEntries(row.parameters.map((p) => [p.name, parameterOf(state, p, row)]));
  const stages = [];
  let map = { shape: [x.length, x[0].length], values: x.flat() };
  if (row.before) {
    const first = byName(row.before);
    const close = { pool_size: state.pool_size, strides: [1, 1], padding: "valid", dilation: [1, 1], ceil_mode: false };
    stages.push(pool(map, geometry.windows(map.shape, close), first.rule, {}));
    map = stages[0].output;
  }
  stages.push(pool(map, layoutOf(state, row, map.shape, options), row.rule, options));
  return { row, options, stages, output: stages.at(-1).output };
}

function layoutOf(state, row, shape, options) {
  const strides = stridesOf(state, row);
  switch (row.place) {
    case "windows": return geometry.windows(shape, { ...state, strides });
    case "filter": return geometry.mirrored(shape, options.filter_size, strides);
    case "bins": return geometry.bins(shape, options.output_size);
    default: return geometry.everything(shape);
  }
}

function pool(map, layout, rule, options) {
  const results = layout.regions.map((region) => {
    const places = geometry.range(region.cells.length).filter((i) => region.cells[i] !== geometry.OUTSIDE);
    const cells = places.map((place) => region.cells[place]);
    const a = cells.map((cell) => map.values[cell]);
    return { ...rule(a, { ...options, places, size: region.cells.length, withPadding: region.withPadding }), a, cells, places };
  });
  return { map, layout, results, output: { shape: layout.shape, values: results.map((result) => result.value) } };
}

/** Gradient of the input when the output's is `dy`, both flat: every window passes its share on, shares add up. */
export function backward({ stages }, dy) {
  return stages.toReversed().reduce((upstream, { map, results }) => {
    const dx = map.values.map(() => 0);
    results.forEach(({ cells, slopes }, o) => {
      if (upstream[o] !== 0) cells.forEach((cell, i) => { dx[cell] += upstream[o] * slopes[i]; });
    });
    return dx;
  }, dy);
}

/** The input cells, as flat indices, that output `o` depends on. */
export function seenBy({ stages }, o) {
  return stages.toReversed().reduce(
    (outputs, { results }) => new Set([...outputs].flatMap((output) => results[output].cells)),
    new Set([o]),
  );
}

// The arithmetic of one window, in words and in numbers.
//
// Each teller takes a window's result, the pooling's parameters and `at`, which names a cell's place. It returns
// `words` (what is done), `sum` (the calculation up to the equals sign) and `flow` (where the gradient goes).

import { brief as n } from "./numbers.js";
import { descending } from "./rules.js";

const SHOWN = 9;

const signed = (value) => (value < 0 ? `(${n(value)})` : n(value));

/** A list that stays readable when a window is large. */
function join(parts, separator) {
  return (parts.length > SHOWN ? [...parts.slice(0, 4), "…", parts.at(-1)] : parts).join(separator);
}

const listed = (a) => join(a.map(n), ", ");
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
const products = ({ a, weights }) =>
  join(a.flatMap((v, i) => (weights[i] === 0 ? [] : [`${n(weights[i])} · ${signed(v)}`])), " + ") || "0";

const named = (name) => ({ a }) => `${name}(${listed(a)})`;

function extreme(word, name) {
  return (result, _, at) => {
    const cell = at(result.cells[result.weights.indexOf(1)]);
    const tied = result.ties > 1 ? `, the first of ${result.ties} equal ones in reading order` : "";
    return {
      words: `The ${word} of ${plural(result.a.length, "cell")}: the one at ${cell}${tied}.`,
      sum: named(name)(result),
      flow: `All of it to the cell at ${cell}; moving another cell a little would not change the result.`,
    };
  };
}

const byWeights = (words, flow = "To each cell in proportion to its weight.") => (result, options, at) => ({
  words: typeof words === "function" ? words(result, options, at) : words,
  sum: products(result),
  flow,
});

function mean({ a, count }, { count_include_pad }) {
  const padded = count_include_pad && count > a.length;
  return {
    words: padded
      ? `The sum of ${plural(a.length, "cell")} divided by ${count}: padding counts as zeros.`
      : `The sum of ${plural(a.length, "cell")} divided by their number. Padding is left out.`,
    sum: `(${join(a.map((v, i) => (i ? signed(v) : n(v))), " + ")}) / ${count}`,
    flow: `An equal share to every cell: 1/${count} of it.`,
  };
}

function powers({ a }, { p, normalized = true }) {
  const terms = join(a.map((v) => `|${n(v)}|${superscript(p)}`), " + ");
  return {
    words: `The ${normalized ? "mean" : "sum"} of the magnitudes to the power ${n(p)}, then the root of that order. `
      + "The larger p is, the closer to the largest magnitude.",
    sum: normalized ? `((${terms}) / ${a.length})^(1/${n(p)})` : `(${terms})^(1/${n(p)})`,
    flow: "More to larger magnitudes, with the sign of the cell.",
  };
}

function superscript(p) {
  return Number.isInteger(p) ? [...String(p)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("") : `^${n(p)}`;
}

function ranked({ a }, count) {
  return listed(descending(a).slice(0, count).map((i) => a[i]));
}

const TELLERS = {
  max_pool: extreme("largest", "max"),
  min_pool: extreme("smallest", "min"),
  average_pool: mean,
  global_average_pool: mean,
  adaptive_average_pool: mean,
  adaptive_max_pool: extreme("largest", "max"),
  lp_pool: powers,
  global_lp_pool: powers,
  global_max_pool: (result) => ({
    words: `The largest of all ${result.a.length} cells.`,
    sum: named("max")(result),
    flow: result.ties > 1
      ? `Over the whole map the ${result.ties} equal largest cells share it.`
      : "All of it to the largest cell.",
  }),
  gem_pool: (result, { p }) => ({
    ...powers({ a: result.clamped }, { p }),
    words: `Cells below 0.000001 count as that; then the mean of the powers of order ${n(p)}, and its root. `
      + "1 is the average; the larger p is, the closer to the maximum.",
    flow: "More to larger cells; nothing to those that were raised to 0.000001.",
  }),
  weighted_pool: byWeights("Each place in the window has a weight; the weights of the cells inside the map are scaled to sum to 1."),
  information_pool: (result, options, at) => ({
    ...byWeights("Each cell's share s of the window's sum weighs −s ln s, scaled so that the weights sum to 1.")(result, options, at),
    flow: "Through the weights too: a cell changes its own share and everybody else's.",
  }),
  soft_pool: byWeights(
    "A softmax of the cells is their weights: larger cells weigh exponentially more.",
    "Through the weights too: w (1 + a − y) each, which is negative for cells far below the result.",
  ),
  lip_pool: byWeights(
    (_, { beta }) => `The weights are a softmax of ${n(beta)} times the cells: 0 makes it the average, 1 SoftPool, a large β the maximum.`,
    "Through the weights too: w (1 + β (a − y)) each.",
  ),
  mixed_pool: ({ a }, { share }) => ({
    words: `${n(100 * share)} % of the maximum and ${n(100 - 100 * share)} % of the average.`,
    sum: `${n(share)} · max(${listed(a)}) + ${n(1 - share)} · mean(${listed(a)})`,
    flow: "The maximum's share to the first largest cell; the average's, evenly to all.",
  }),
  gated_pool: ({ a, open }, { gate }) => ({
    words: `A gate, the sigmoid of ${n(gate)} times the sum of the cells, opens to ${n(open)}: that much of the maximum, the rest of the average.`,
    sum: `${n(open)} · max(${listed(a)}) + ${n(1 - open)} · mean(${listed(a)})`,
    flow: "As in mixed pooling, and through the gate as well.",
  }),
  avg_topk_pool: (result) => ({
    words: `The average of the ${plural(result.kept, "largest cell")}${result.kept === 1 ? ": the maximum" : ""}.`,
    sum: `mean(${ranked(result, result.kept)})`,
    flow: `1/${result.kept} of it to each cell kept, nothing to the others.`,
  }),
  rank_average_pool: (result) => ({
    words: `Cells sorted from the largest down; the first ${plural(result.kept, "rank")} averaged. Of equal cells the earlier ranks higher.`,
    sum: `mean(${ranked(result, result.kept)})`,
    flow: `1/${result.kept} of it to each cell of those ranks.`,
  }),
  rank_weighted_pool: byWeights(
    (_, { alpha }) => `Cells sorted from the largest down; each rank weighs ${n(1 - alpha)} times the rank before.`,
    "To each cell the weight of its rank.",
  ),
  ordinal_pool: byWeights("Cells sorted from the largest down; each rank has its own weight.", "To each cell the weight of its rank."),
  stochastic_pool: byWeights(
    "While training, one cell is drawn, with probability a / Σa. Shown is what the draw gives on average: Σa² / Σa.",
    "Of this average: (2a − y) / Σa to each cell. A draw sends everything to the cell drawn.",
  ),
  blur_pool: byWeights("A small bell-shaped filter, then every s-th value. The border is mirrored."),
  max_blur_pool: byWeights(
    "First the maximum of each window at stride 1; then a small bell-shaped filter over those maxima, and every s-th value.",
    "To the maxima in proportion to the filter, and from each maximum to its largest cell.",
  ),
};

/** `words`, `sum` and `flow` for one window's result; `at` names a flat index of the map. */
export function tell(name, result, options, at) {
  if (!result.cells.length) {
    return { words: "No cell of this window lies inside the map.", sum: "nothing", flow: "It is lost." };
  }
  return TELLERS[name](result, options, at);
}

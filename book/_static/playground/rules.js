// What each pooling makes of the cells of one window, and how much the result moves with each of them.
//
// A rule takes the values `a` of the cells inside the map, in row-major order, and a context: the pooling's own
// parameters by name, `places` (where in the window those cells lie), `size` (cells in the window) and
// `withPadding`. It returns `value`; `slopes`, the derivative by each cell; and, where the value is a weighted
// sum of the cells, those `weights`. The conventions are those of course_lib, to the last tie.

export class DomainError extends Error {}
export class NegativeError extends DomainError {}

const sum = (values) => values.reduce((total, v) => total + v, 0);
const dot = (a, b) => sum(a.map((v, i) => v * b[i]));
const linear = (weights, a) => ({ value: dot(weights, a), weights, slopes: weights });

/** Positions from the largest value to the smallest; among equal values the earlier one first. */
export function descending(a) {
  return a.map((_, i) => i).sort((i, j) => a[j] - a[i] || i - j);
}

function extreme(a, best) {
  const value = best(...a);
  const first = a.indexOf(value);
  const weights = a.map((_, i) => (i === first ? 1 : 0));
  return { value, weights, slopes: weights, ties: a.filter((v) => v === value).length };
}

export const max = (a) => extreme(a, Math.max);
export const min = (a) => extreme(a, Math.min);

/** Over the whole map all tied cells share the gradient. */
export function globalMax(a) {
  const value = Math.max(...a);
  const ties = a.filter((v) => v === value).length;
  const weights = a.map((v) => (v === value ? 1 / ties : 0));
  return { value, weights, slopes: weights, ties };
}

export function average(a, { count_include_pad, withPadding }) {
  const count = (count_include_pad ? withPadding : a.length) || 1;
  const weights = a.map(() => 1 / count);
  return { value: sum(a) / count, weights, slopes: weights, count };
}

export function lp(a, { p, normalized = true }) {
  const scale = Math.max(0, ...a.map(Math.abs));
  if (scale === 0) return { value: 0, slopes: a.map(() => 0) };
  // Divided by the largest magnitude, no power overflows.
  const ratios = a.map((v) => Math.abs(v) / scale);
  const share = normalized ? 1 / a.length : 1;
  const mean = share * sum(ratios.map((r) => r ** p));
  return {
    value: scale * mean ** (1 / p),
    slopes: a.map((v, i) => Math.sign(v) * share * ratios[i] ** (p - 1) * mean ** (1 / p - 1)),
  };
}

export function gem(a, { p, eps = 1e-6 }) {
  const clamped = a.map((v) => Math.max(v, eps));
  const { value, slopes } = lp(clamped, { p });
  return { value, slopes: slopes.map((s, i) => (a[i] > eps ? s : 0)), clamped };
}

export const soft = (a) => lip(a, { beta: 1 });

/** Local importance pooling whose logits are `beta` times the map itself. */
export function lip(a, { beta }) {
  const top = Math.max(...a.map((v) => beta * v));
  const powers = a.map((v) => Math.exp(beta * v - top));
  const total = sum(powers);
  const weights = powers.map((e) => e / total);
  const value = dot(weights, a);
  return { value, weights, slopes: a.map((v, i) => weights[i] * (1 + beta * (v - value))) };
}

export function mixed(a, { share }) {
  const weights = blend(a, share);
  return { value: blendOf(a, weights, share), weights, slopes: weights };
}

export function gated(a, { gate }) {
  const open = 1 / (1 + Math.exp(-gate * sum(a)));
  const weights = blend(a, open);
  const gap = max(a).value - sum(a) / a.length;
  return {
    value: blendOf(a, weights, open),
    weights,
    slopes: weights.map((w) => w + gap * open * (1 - open) * gate),
    open,
  };
}

function blend(a, share) {
  return max(a).weights.map((w) => share * w + (1 - share) / a.length);
}

// The maximum of no cells is minus infinity, and any share of it too.
function blendOf(a, weights, share) {
  return a.length || share === 0 ? dot(weights, a) : -Infinity;
}

/** Weights by rank: `weights[r]` for the cell that is the `r`-th largest. */
function byRank(a, rankWeights) {
  const weights = a.map(() => 0);
  descending(a).forEach((i, rank) => { weights[i] = rankWeights[rank]; });
  return linear(weights, a);
}

export function averageTopK(a, { k, size }) {
  if (k > size) throw new DomainError(`${k} cells cannot be kept of a window of ${size}.`);
  const kept = Math.min(k, a.length);
  return { ...byRank(a, a.map((_, rank) => (rank < kept ? 1 / kept : 0))), kept };
}

export function rankWeighted(a, { alpha, normalize }) {
  const raw = a.map((_, rank) => alpha * (1 - alpha) ** rank);
  const total = normalize ? sum(raw) : 1;
  return byRank(a, raw.map((w) => w / total));
}

export function ordinal(a, { weights }) {
  let used = weights.slice(0, a.length);
  // A window cut short may meet none of the weights: then its last rank stands for them.
  if (sum(used) === 0) used = used.fill(1, -1);
  return byRank(a, used.map((w) => w / sum(used)));
}

export function weighted(a, { weights, places }) {
  const used = places.map((place) => weights[place]);
  const total = sum(used);
  return linear(used.map((w) => (total ? w / total : 0)), a);
}

/** The expected value of a cell drawn with probability proportional to it. */
export function stochastic(a) {
  demandNonNegative(a, "A probability cannot be negative");
  const total = sum(a);
  if (total === 0) return { value: 0, weights: a.map(() => 0), slopes: a.map(() => 0) };
  const weights = a.map((v) => v / total);
  const value = dot(weights, a);
  return { value, weights, slopes: a.map((v) => (2 * v - value) / total) };
}

export function information(a) {
  demandNonNegative(a, "A share of the window cannot be negative");
  const total = sum(a);
  const shares = a.map((v) => (total ? v / total : 0));
  const entropies = shares.map((s) => (s > 0 ? -s * Math.log(s) : 0));
  const entropy = sum(entropies);
  if (entropy === 0) {
    const weights = a.map((v) => (v > 0 ? 1 : 0));
    return { value: total, weights, slopes: weights };
  }
  const weights = entropies.map((h) => h / entropy);
  const value = dot(weights, a);
  const pull = a.map((v, i) => (shares[i] > 0 ? -(Math.log(shares[i]) + 1) * (v - value) : 0));
  const mean = dot(shares, pull);
  return { value, weights, slopes: weights.map((w, i) => w + (shares[i] > 0 ? pull[i] - mean : 0) / (total * entropy)) };
}

function demandNonNegative(a, why) {
  if (a.some((v) => v < 0)) throw new NegativeError(`${why}, and this map has cells below zero.`);
}

/** Row `n - 1` of Pascal's triangle as a square filter that sums to 1. */
export function binomial(n) {
  let row = [1];
  for (let i = 1; i < n; i += 1) row = [1, ...row.slice(1).map((v, j) => v + row[j]), 1];
  const total = 4 ** (n - 1);
  return row.flatMap((v) => row.map((w) => (v * w) / total));
}

export const blur = (a, { filter_size }) => linear(binomial(filter_size), a);

// The window in focus: its arithmetic in words, and its cells, weights and slopes as small tables.

import { el } from "./dom.js";
import { range } from "./geometry.js";
import { brief, equals } from "./numbers.js";
import { tell } from "./words.js";

const DRAWN = 36;

/** Names a flat index of a map of `shape`. */
export const placeIn = (shape) => (cell) => `row ${Math.floor(cell / shape[1])}, column ${cell % shape[1]}`;

/** The elements that explain output `o` of an evaluation, whose upstream gradient there is `upstream`. */
export function explain({ row, options, stages, output }, o, upstream) {
  const stage = stages.at(-1);
  const region = stage.layout.regions[o];
  const result = stage.results[o];
  const at = placeIn(stage.map.shape);
  const { words, sum, flow } = tell(row.name, result, options, at);
  const text = el("div", { class: "pp-told" },
    el("p", { class: "pp-title" }, `How output ${placeIn(output.shape)(o)} comes about`),
    el("p", {}, words),
    el("p", { class: "pp-sum" }, el("span", {}, sum), " ", el("strong", {}, equals(result.value))),
    el("p", { class: "pp-flow" }, el("strong", {}, `Gradient, ${brief(upstream)} here. `), flow));
  if (region.cells.length > DRAWN) return [text];
  const tables = [smallTable(stages.length > 1 ? "Maxima" : "Cells", region, result.places, result.a)];
  if (result.weights) tables.push(smallTable("Weights", region, result.places, result.weights));
  if (result.weights !== result.slopes) tables.push(smallTable("Slopes ∂y/∂a", region, result.places, result.slopes));
  return [text, el("div", { class: "pp-tables" }, tables)];
}

/** One sentence for those who listen. */
export function summary({ row, options, stages, output }, o) {
  const stage = stages.at(-1);
  const { sum } = tell(row.name, stage.results[o], options, placeIn(stage.map.shape));
  const place = `${placeIn(output.shape)(o)} of ${output.shape.join(" by ")}`;
  return `${row.title}, output ${place}: ${sum} ${equals(output.values[o])}.`;
}

function smallTable(caption, { shape: [height, width] }, places, values) {
  const text = new Map(places.map((place, i) => [place, brief(values[i])]));
  return el("table", { class: "pp-small" }, el("caption", {}, caption), el("tbody", {}, range(height).map((r) =>
    el("tr", {}, range(width).map((c) => {
      const shown = text.get(r * width + c);
      return el("td", { class: shown === undefined ? "pp-outside" : shown === "0" ? "pp-nothing" : null }, shown ?? "");
    })),
  )));
}

// Ways to another map than by single numbers: a preset, a row more or less, a matrix as text.

import { field } from "./controls.js";
import { el, uniqueId } from "./dom.js";
import { MAP_LIMIT, parseMatrix } from "./numbers.js";
import { PRESETS } from "./presets.js";

const GROWTH = [["+ row", 1, 0], ["− row", -1, 0], ["+ column", 0, 1], ["− column", 0, -1]];

/** The map with rows and columns added as zeros, or left out, at its end. */
export function resized(x, rows, columns) {
  const within = (n) => Math.min(Math.max(n, 1), MAP_LIMIT);
  return Array.from({ length: within(x.length + rows) }, (_, r) =>
    Array.from({ length: within(x[0].length + columns) }, (_, c) => x[r]?.[c] ?? 0));
}

export class MapTools {
  /** `set(changes)` changes the state, and `announce(text)` tells it to those who listen. */
  constructor(set, announce) {
    Object.assign(this, { set, announce });
    this.presets = el("select", { onchange: () => this.start() },
      el("option", {}, "Choose one …"), PRESETS.map(({ name }) => el("option", {}, name)));
    this.tools = [field("Map", this.presets), el("div", { class: "pp-buttons" }, GROWTH.map(([label, ...change]) =>
      el("button", { type: "button", onclick: () => set(({ x }) => ({ x: resized(x, ...change) })) }, label)))];
    this.problem = el("span", { class: "pp-hint", id: uniqueId("problem"), role: "status" });
    this.text = el("textarea", {
      rows: 4, spellcheck: "false", "aria-describedby": this.problem.id, oninput: () => this.read(this.text.value),
    });
    this.asText = el("details", { class: "pp-map" }, el("summary", {}, "The map as text"),
      field("Rows, as from NumPy or a spreadsheet", this.text, this.problem));
  }

  start() {
    const preset = PRESETS.find(({ name }) => name === this.presets.value);
    this.presets.selectedIndex = 0;
    if (preset) this.set({ x: preset.make(), at: [0, 0], dy: null, shift: [0, 0] });
  }

  read(text) {
    try {
      this.set({ x: parseMatrix(text) });
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = error.message;
      this.announce(`Not taken. ${error.message}`);
    }
  }

  update({ x }) {
    if (document.activeElement === this.text) return;
    this.text.value = x.map((row) => row.join(", ")).join("\n");
    this.problem.textContent = "";
  }
}

// Ways to another map than by single numbers: a preset, a row more or less, a matrix as text.

import { field } from "./controls.js";
import { el, uniqueId } from "./dom.js";
import { MAP_LIMIT, parseMatrix } from "./numbers.js";
import { PRESETS } from "./presets.js";


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
    this.tools = [field("Map", this.presets), this.growth("Rows", "row", 1, 0), this.growth("Columns", "column", 0, 1)];
    this.problem = el("span", { class: "pp-hint", id: uniqueId("problem"), role: "status" });
    this.text = el("textarea", {
      rows: 4, spellcheck: "false", "aria-describedby": this.problem.id, oninput: () => this.read(this.text.value),
    });
    this.asText = el("details", { class: "pp-map" }, el("summary", {}, "The map as text"),
      field("Rows, as from NumPy or a spreadsheet", this.text, this.problem));
  }

  growth(title, what, ...one) {
    const button = (sign, name) => el("button", {
      type: "button", "aria-label": name,
      onclick: () => this.set(({ x }) => ({ x: resized(x, ...one.map((n) => sign * n)) })),
    }, sign > 0 ? "+" : "−");
    return el("div", { class: "pp-field pp-growth", role: "group", "aria-label": `${title} of the map` },
      el("span", { class: "pp-label", "aria-hidden": "true" }, title),
      el("span", { class: "pp-buttons" }, button(-1, `One ${what} less`), button(1, `One ${what} more`)));
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

// A map of numbers as a grid that the keyboard, the mouse and a finger can use.
//
// One cell is in the tab order; the arrow keys move from cell to cell. A cell of an editable grid is a text field,
// so that a telephone shows its keyboard; a cell of another grid is a button. Dragging a cell over others copies
// its number to them.

import { el } from "./dom.js";
import { show, parseNumber } from "./numbers.js";

const LEVELS = 10;
const BORDERLESS = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * A grid named `label`. `edit(index, value)` makes it editable, `pick(index)` is told which cell is in focus,
 * `hover(index or null)` which is under the pointer, `paste(text)` gets what is pasted. `tone` is "shade" for one
 * hue from the lowest value to the highest, or "sign" for two hues around zero.
 */
export class Grid {
  constructor({ label, edit, pick, hover, paste, tone = "shade" }) {
    Object.assign(this, { edit, pick, hover, paste, tone, border: BORDERLESS });
    this.table = el("table", { role: "grid", "aria-label": label, class: `pp-grid pp-${tone}` });
    this.frame = el("div", { class: "pp-frame", "aria-hidden": "true", hidden: true });
    this.root = el("div", { class: "pp-sheet" }, this.table, this.frame);
    this.layout = "";
    this.current = 0;
    this.listen();
  }

  /** Shows `values` of `shape`, inside a border whose cells `beyond(row, column)` fills with text. */
  update({ shape, values, border = BORDERLESS, beyond = () => "" }) {
    Object.assign(this, { shape, values, border });
    const layout = JSON.stringify([shape, border]);
    if (layout !== this.layout) this.build(layout);
    const tones = this.tone === "sign" ? signs(values) : shades(values);
    values.forEach((value, i) => {
      const cell = this.cells[i];
      const text = this.short(value);
      cell.parentElement.className = `pp-tone ${tones[i]} pp-long-${Math.min(text.length, 8)}`;
      const place = `row ${Math.floor(i / shape[1])}, column ${i % shape[1]}`;
      if (this.edit) {
        if (document.activeElement !== cell) cell.value = text;
        else if (!this.typing) this.showWhole(cell, i);
        cell.setAttribute("aria-label", place);
      } else {
        cell.textContent = text;
        cell.setAttribute("aria-label", `${place}: ${show(value, 4)}`);
      }
    });
    for (const { cell, row, column } of this.outside) cell.textContent = beyond(row, column);
  }

  build(layout) {
    const [height, width] = this.shape;
    const { top, bottom, left, right } = this.border;
    const focused = this.table.contains(document.activeElement);
    this.layout = layout;
    this.cells = [];
    this.outside = [];
    this.current = Math.min(this.current, height * width - 1);
    this.root.style.setProperty("--columns", width + left + right);
    this.root.classList.toggle("pp-dense", width > 8);
    const rows = [];
    for (let row = -top; row < height + bottom; row += 1) {
      const meets = row >= 0 && row < height;
      const tr = el("tr", meets ? { role: "row" } : { "aria-hidden": "true" });
      for (let column = -left; column < width + right; column += 1) {
        const inside = meets && column >= 0 && column < width;
        tr.append(inside ? this.inner() : this.outer(row, column));
      }
      rows.push(tr);
    }
    this.table.replaceChildren(el("tbody", {}, rows));
    if (focused) this.cells[this.current].focus();
  }

  inner() {
    const index = this.cells.length;
    const shared = { class: "pp-cell", "data-index": index, tabindex: index === this.current ? 0 : -1 };
    const cell = this.edit
      ? el("input", { ...shared, type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false" })
      : el("button", { ...shared, type: "button" });
    this.cells.push(cell);
    return el("td", { role: "gridcell" }, cell);
  }

  outer(row, column) {
    const cell = el("td", { class: "pp-outside", "aria-hidden": "true" });
    this.outside.push({ cell, row, column });
    return cell;
  }

  /** Draws the window's rectangle, and marks its cells, which if it is dilated are not all in it, and the chosen. */
  mark({ frame = null, inside = [], dilated = false, chosen = null }) {
    const within = new Set(inside);
    this.root.classList.toggle("pp-dilated", dilated);
    this.cells.forEach((cell, i) => {
      const box = cell.parentElement.classList;
      box.toggle("pp-within", within.has(i));
      box.toggle("pp-chosen", i === chosen);
      if (!this.edit) {
        if (i === chosen) cell.setAttribute("aria-current", "true");
        else cell.removeAttribute("aria-current");
      }
    });
    this.frame.hidden = !frame;
    if (!frame) return;
    const style = this.frame.style;
    style.setProperty("--row", frame.row + this.border.top);
    style.setProperty("--column", frame.column + this.border.left);
    style.setProperty("--height", frame.height);
    style.setProperty("--width", frame.width);
  }

  focus(index) {
    this.choose(index);
    this.cells[this.current].focus();
  }

  choose(index) {
    this.cells[this.current]?.setAttribute("tabindex", "-1");
    this.current = index;
    this.cells[index].setAttribute("tabindex", "0");
  }

  listen() {
    const { table } = this;
    table.addEventListener("focusin", (event) => {
      const index = this.indexOf(event.target);
      if (index === null) return;
      this.choose(index);
      this.before = this.values[index];
      if (this.edit) this.showWhole(event.target, index);
      this.pick?.(index);
    });
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse") this.hover?.(this.indexOf(event.target));
    });
    table.addEventListener("pointerleave", () => this.hover?.(null));
    if (this.edit) this.listenForEdits();
  }

  listenForEdits() {
    const { table } = this;
    table.addEventListener("input", (event) => {
      this.typing = true;
      const value = parseNumber(event.target.value);
      event.target.setAttribute("aria-invalid", String(Number.isNaN(value)));
      if (!Number.isNaN(value)) this.edit(this.indexOf(event.target), value);
    });
    table.addEventListener("focusout", (event) => this.settleText(event.target));
    table.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text");
      if (!Number.isNaN(parseNumber(text))) return;
      event.preventDefault();
      this.paste?.(text);
    });
    table.addEventListener("pointerdown", (event) => {
      const index = this.indexOf(event.target);
      if (index !== null && event.button === 0) this.drag = { value: this.values[index], over: new Set([index]) };
    });
    // The text of the cell is selected, and the browser would drag that.
    table.addEventListener("dragstart", (event) => event.preventDefault());
    table.addEventListener("pointermove", (event) => this.dragged(event));
    for (const end of ["pointerup", "pointercancel"]) table.addEventListener(end, () => { this.drag = null; });
  }

  dragged(event) {
    if (!this.drag || !(event.buttons & 1)) return;
    const index = this.indexOf(document.elementFromPoint(event.clientX, event.clientY));
    if (index === null || this.drag.over.has(index)) return;
    event.preventDefault();
    getSelection()?.removeAllRanges();
    this.drag.over.add(index);
    this.edit(index, this.drag.value);
  }

  /** A number as a cell of this grid has room for it. */
  short(value) {
    return show(value, this.shape[1] + this.border.left + this.border.right > 9 ? 1 : 2);
  }

  /** A cell in focus shows its number to the last digit, ready to be typed over. */
  showWhole(cell, index) {
    cell.removeAttribute("aria-invalid");
    cell.value = String(this.values[index]);
    cell.select();
  }

  settleText(cell) {
    this.typing = false;
    const index = this.indexOf(cell);
    cell.removeAttribute("aria-invalid");
    if (this.cells[index] === cell) cell.value = this.short(this.values[index]);
  }

  key(event) {
    const index = this.indexOf(event.target);
    if (index === null || event.altKey || event.metaKey) return;
    const [height, width] = this.shape;
    const row = Math.floor(index / width);
    const column = index % width;
    const [down, right] = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
      Home: [0, -column], End: [0, width - 1 - column], ...(this.edit && { Enter: [1, 0] }),
    }[event.key] ?? [];
    if (down === undefined) {
      if (this.edit) this.editKey(event, index);
      return;
    }
    event.preventDefault();
    const inside = row + down >= 0 && row + down < height && column + right >= 0 && column + right < width;
    if (inside) this.focus((row + down) * width + column + right);
  }

  editKey(event, index) {
    const change = { PageUp: 1, PageDown: -1 }[event.key];
    if (change) {
      event.preventDefault();
      this.typing = false;
      this.edit(index, Number((this.values[index] + change).toPrecision(12)));
    } else if (event.key === "Escape") {
      this.typing = false;
      this.edit(index, this.before);
    }
  }

  indexOf(target) {
    const cell = target?.closest?.(".pp-cell") ?? target?.querySelector?.(":scope > .pp-cell");
    return cell && this.table.contains(cell) ? Number(cell.dataset.index) : null;
  }
}

/** Classes from the lowest value, 0, to the highest. */
export function shades(values) {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const spread = Math.max(...finite) - low;
  return values.map((v) => {
    const level = spread > 0 && Number.isFinite(v) ? (LEVELS * (v - low)) / spread : 0;
    return `pp-shade-${Math.round(level)}`;
  });
}

/** Classes by sign and by magnitude relative to the largest one. */
export function signs(values) {
  const largest = Math.max(...values.map(Math.abs));
  return values.map((v) => {
    const level = largest > 0 ? Math.ceil((5 * Math.abs(v)) / largest - 1e-9) : 0;
    if (!level) return "pp-zero";
    return `${v > 0 ? "pp-plus" : "pp-minus"}-${level}`;
  });
}

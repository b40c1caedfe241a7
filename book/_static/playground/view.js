// A playground on the page: the input, the output and the window between them, and the gradient back.

import { pythonOf } from "./code.js";
import { ownFields, poolingChoice, windowFields } from "./controls.js";
import { el, settle } from "./dom.js";
import { border, boundingBox, clipped, GeometryError, mirror } from "./geometry.js";
import { Grid } from "./grid.js";
import { MapTools } from "./map.js";
import { parseMatrix, show } from "./numbers.js";
import { backward, byName, evaluate, seenBy } from "./poolings.js";
import { DomainError, NegativeError } from "./rules.js";
import { ShiftPanel } from "./shift.js";
import { explain, summary } from "./window.js";

const STRIDE_TIME = 900;
const ROOMY = 520;

/**
 * `panels` names what is shown besides the input and the output: "gradient", "shift", "python", "map". `changed` is
 * told the state after each change; `link(state)` and `chapterOf(pooling)` give addresses, or are absent.
 */
export class Playground {
  constructor(root, state, { panels, changed, link, chapterOf }) {
    Object.assign(this, { root, state, changed, chapterOf, preview: null });
    this.has = (panel) => panels.includes(panel);
    const say = settle((text) => { this.status.textContent = text; }, 500);
    // Nothing is said before somebody has done something.
    this.announce = (text) => this.ready && say(text);
    this.report = settle(() => this.changed?.(this.state), 200);
    this.build(link);
    this.slide(false);
    this.render();
    this.ready = true;
  }

  /** Changes the state; `changes` may depend on it. */
  set(changes) {
    Object.assign(this.state, typeof changes === "function" ? changes(this.state) : changes);
    this.tell();
    this.render();
    this.report();
  }

  /** Takes over a whole state, as when a link is opened. */
  load(state) {
    this.state = state;
    this.render();
  }

  build(link) {
    const edit = (index, value) => this.editMap(index, value);
    const pick = (index) => this.pick(index);
    this.map = new MapTools((changes) => this.set(changes), this.announce);
    this.input = new Grid({
      label: "Input", edit, paste: (text) => this.take(text, "x"), hover: (index) => this.pointAtInput(index),
    });
    this.output = new Grid({ label: "Output", pick, hover: (index) => this.look(index) });
    this.upstream = new Grid({
      label: "Gradient of the output, dy", tone: "sign", pick, hover: (index) => this.look(index),
      edit: (index, value) => this.set({ dy: this.rows(this.dyValues().with(index, value)) }),
      paste: (text) => this.take(text, "dy"),
    });
    this.downstream = new Grid({ label: "Gradient of the input, dx", tone: "sign" });
    this.inputSize = el("span", { class: "pp-size" });
    this.outputSize = el("span", { class: "pp-size" });
    this.message = el("div", { class: "pp-message", role: "alert", hidden: true });
    this.problems = el("p", { class: "pp-message", role: "alert", hidden: true });
    this.status = el("p", { class: "pp-hidden", role: "status" });
    this.told = el("div", { class: "pp-window" });
    this.pooling = poolingChoice("Pooling", (state) => state.pooling, (pooling) => this.set({ pooling }));
    this.own = el("div", { class: "pp-fields" });
    this.windows = el("div", { class: "pp-fields" });
    this.chapter = el("a", {});
    this.results = el("div", { class: "pp-stages" },
      this.forwardStage(), this.told, this.has("gradient") && this.backwardStage());
    this.makeLink = link;
    this.link = link && el("a", {}, "Open in the playground");
    this.root.replaceChildren(el("div", {}, this.controls(), this.problems, this.message, this.results,
      this.has("map") && this.map.asText, this.has("shift") && this.shiftPart(), this.has("python") && this.pythonPart(),
      el("p", { class: "pp-link" }, this.chapter, this.link), this.status));
    this.root.classList.add("pp-ready");
  }

  controls() {
    // Where there is little room the map comes first.
    const open = this.has("map") && this.root.clientWidth > ROOMY;
    this.more = el("details", { open }, el("summary", {}, "Window, stride, padding"), this.windows);
    return el("div", { class: "pp-controls" },
      el("div", { class: "pp-fields" }, this.pooling, this.has("map") && this.map.tools), this.own, this.more);
  }

  forwardStage() {
    const step = (way) => () => {
      this.slide(false);
      this.choose((this.chosen() + way + this.count()) % this.count());
    };
    this.play = button("", () => this.slide(!this.timer));
    return stage("",
      panel(["Input ", this.inputSize], this.input, el("p", { class: "pp-hint" }, "Type into a cell, or drag it over others.")),
      panel(["Output ", this.outputSize], this.output, el("div", { class: "pp-buttons" },
        button("‹", step(-1), "Previous window"), this.play, button("›", step(1), "Next window"))));
  }

  backwardStage() {
    const set = (make) => () => this.set({ dy: make && this.rows(make()) });
    const here = () => this.dyValues().map((_, i) => (i === this.chosen() ? 1 : 0));
    return stage("-back",
      panel("Gradient of the input, dx", this.downstream),
      panel("Gradient of the output, dy", this.upstream, el("div", { class: "pp-buttons" },
        button("1 everywhere", set(null)), button("1 here only", set(here)))));
  }

  shiftPart() {
    this.shift = new ShiftPanel(this.state, (changes) => this.set(changes));
    return el("details", { open: true }, el("summary", {}, "Move the input by a pixel"), this.shift.root);
  }

  pythonPart() {
    this.code = el("code");
    return el("details", {}, el("summary", {}, "The same in Python"), el("pre", { tabindex: 0 }, this.code));
  }

  /** The settings are those of the pooling, so another one has other fields. */
  renderSettings() {
    const row = byName(this.state.pooling);
    if (row !== this.row) {
      this.row = row;
      const own = ownFields(row, (changes) => this.set(changes));
      const windows = windowFields(row, (changes) => this.set(changes));
      this.fields = [...own, ...windows];
      this.own.replaceChildren(...own);
      this.windows.replaceChildren(...windows);
      this.own.hidden = !own.length;
      this.more.hidden = !windows.length;
      const address = this.chapterOf?.(row.name);
      this.chapter.hidden = !address;
      this.chapter.href = address ?? "";
      this.chapter.textContent = `The chapter on ${row.title}`;
    }
    [this.pooling, ...this.fields].forEach((one) => one.update(this.state));
  }

  render() {
    const { state } = this;
    const shape = [state.x.length, state.x[0].length];
    this.renderSettings();
    try {
      this.done = evaluate(state);
    } catch (error) {
      if (!(error instanceof GeometryError || error instanceof DomainError)) throw error;
      this.fail(error);
    }
    this.results.classList.toggle("pp-failed", !this.done);
    this.message.hidden = Boolean(this.done);
    this.inputSize.textContent = shape.join(" × ");
    this.input.update({ shape, values: state.x.flat(), ...this.surroundings(shape) });
    if (this.done) this.renderResults(shape);
    else this.input.mark({});
    this.map.update(state);
    this.shift?.update(state);
    if (this.link) this.link.href = this.makeLink(state);
  }

  renderResults(shape) {
    const { output } = this.done;
    this.outputSize.textContent = output.shape.join(" × ");
    if (this.preview >= this.count()) this.preview = null;
    this.output.update(output);
    if (this.has("gradient")) {
      this.upstream.update({ shape: output.shape, values: this.dyValues() });
      this.downstream.update({ shape, values: backward(this.done, this.dyValues()) });
    }
    if (this.code) this.code.textContent = pythonOf(this.state, this.dyValues());
    this.renderWindow();
    this.announce(summary(this.done, this.chosen()));
  }

  renderWindow() {
    const o = this.preview ?? this.chosen();
    const { x } = this.state;
    const { stages } = this.done;
    const inside = [...seenBy(this.done, o)];
    const region = stages[0].layout.regions[o];
    const frame = stages.length === 1 ? region.frame : boundingBox(inside, x[0].length);
    const dilated = stages.length === 1 && frame.height * frame.width > region.cells.length;
    this.input.mark({ frame, inside, dilated });
    this.output.mark({ chosen: o });
    if (this.has("gradient")) {
      this.upstream.mark({ chosen: o });
      this.downstream.mark({ frame: stages[0].layout.regions.length > 1 ? clipped(frame, [x.length, x[0].length]) : null });
    }
    this.told.replaceChildren(...explain(this.done, o, this.dyValues()[o]));
  }

  fail(error) {
    this.done = null;
    this.slide(false);
    const rectify = () => this.set(({ x }) => ({ x: x.map((row) => row.map((v) => Math.max(v, 0))) }));
    const mend = error instanceof NegativeError ? button("Set them to zero, as ReLU does", rectify) : "";
    this.message.replaceChildren(el("p", {}, error.message), mend);
  }

  /** Tells what could not be read in a link. */
  complain(problems) {
    this.tell(...(problems.length ? ["Not all of the link was understood.", ...problems] : []));
  }

  tell(...sentences) {
    this.problems.hidden = !sentences.length;
    this.problems.textContent = sentences.join(" ");
  }

  /** The border that windows reach, and what stands in it. */
  surroundings(shape) {
    // A map being typed in keeps its border, and with it the focus.
    if (!this.done) return { border: this.input.border };
    if (this.done.stages.length > 1) return {};
    const { row, stages: [{ layout, map }] } = this.done;
    const mirrors = row.place === "filter";
    return {
      border: border(layout, shape),
      beyond: mirrors ? (r, c) => show(map.values[mirror(r, shape[0]) * shape[1] + mirror(c, shape[1])], 1) : undefined,
    };
  }

  count() {
    return this.done?.output.values.length ?? 1;
  }

  /** The flat index of the chosen output, which a change of shape may have moved. */
  chosen() {
    if (!this.done) return 0;
    const [height, width] = this.done.output.shape;
    return Math.min(this.state.at[0], height - 1) * width + Math.min(this.state.at[1], width - 1);
  }

  dyValues() {
    const { shape, values } = this.done.output;
    const { dy } = this.state;
    return dy && dy.length === shape[0] && dy[0].length === shape[1] ? dy.flat() : values.map(() => 1);
  }

  rows(values) {
    const [height, width] = this.done.output.shape;
    return Array.from({ length: height }, (_, r) => values.slice(r * width, (r + 1) * width));
  }

  pick(index) {
    this.preview = null;
    if (index !== this.chosen()) this.slide(false);
    this.choose(index);
  }

  choose(index) {
    const width = this.done.output.shape[1];
    this.state.at = [Math.floor(index / width), index % width];
    this.renderWindow();
    this.announce(summary(this.done, index));
    this.report();
  }

  look(index) {
    if (!this.done || this.timer) return;
    this.preview = index;
    this.renderWindow();
  }

  pointAtInput(index) {
    if (!this.done) return;
    this.output.cells.forEach((cell, o) => {
      cell.parentElement.classList.toggle("pp-seeing", index !== null && seenBy(this.done, o).has(index));
    });
  }

  slide(on) {
    clearInterval(this.timer);
    this.timer = on && this.done ? setInterval(() => this.choose((this.chosen() + 1) % this.count()), STRIDE_TIME) : null;
    this.play.textContent = this.timer ? "Stop" : "Slide the window";
  }

  editMap(index, value) {
    const width = this.state.x[0].length;
    const row = Math.floor(index / width);
    this.set({ x: this.state.x.with(row, this.state.x[row].with(index % width, value)) });
  }

  /** A matrix that was pasted, for the map or for the gradient; what is wrong with it is told. */
  take(text, key) {
    try {
      const rows = parseMatrix(text);
      const [height, width] = this.done?.output.shape ?? [];
      if (key === "dy" && (rows.length !== height || rows[0].length !== width)) {
        throw new Error(`The output has ${height} rows of ${width}.`);
      }
      this.set({ [key]: rows });
    } catch (error) {
      this.tell("What was pasted was not taken.", error.message);
    }
  }
}

function button(label, onclick, name = null) {
  return el("button", { type: "button", "aria-label": name, onclick }, label);
}

function panel(title, grid, ...below) {
  return el("div", { class: "pp-panel" }, el("p", { class: "pp-title" }, title), grid.root, below);
}

/** Two panels and the arrow between them, which points to the right, or for "-back" to the left. */
function stage(way, left, right) {
  const arrow = el("div", { class: `pp-arrow pp-arrow${way}`, "aria-hidden": "true" });
  return el("div", { class: `pp-stage pp-stage${way}` }, left, arrow, right);
}

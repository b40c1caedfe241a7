// What happens to the outputs of two poolings when the input moves by a pixel.

import { choice, option, poolingChoice, slider } from "./controls.js";
import { el, svg } from "./dom.js";
import { range } from "./geometry.js";
import { Grid } from "./grid.js";
import { show } from "./numbers.js";
import { byName, evaluate } from "./poolings.js";

const FILL_WORDS = { zeros: "zeros come in", wrap: "what leaves comes back in on the other side" };
const CHART = { width: 320, height: 120, left: 34, bottom: 20, top: 8, right: 8 };

/** The map moved down and to the right by `[rows, columns]`. */
export function shifted(x, [down, right], fill) {
  const [height, width] = [x.length, x[0].length];
  const wrap = (i, n) => ((i % n) + n) % n;
  return range(height).map((r) => range(width).map((c) => {
    if (fill === "wrap") return x[wrap(r - down, height)][wrap(c - right, width)];
    return x[r - down]?.[c - right] ?? 0;
  }));
}

/** How far `now` is from `before`, relative to the size of `before`. */
export function relativeChange(before, now) {
  const size = Math.hypot(...before);
  const distance = Math.hypot(...before.map((v, i) => v - now[i]));
  return size > 0 ? distance / size : distance > 0 ? Infinity : 0;
}

export class ShiftPanel {
  constructor(state, set) {
    this.state = state;
    this.moved = new Grid({ label: "Input, moved" });
    this.grids = [0, 1].map(() => new Grid({ label: "Output" }));
    this.titles = [0, 1].map(() => el("p", { class: "pp-title" }));
    this.words = el("p", { class: "pp-words", role: "status" });
    this.chart = el("div", { class: "pp-chart" });
    const move = (label, i) => slider(label, {
      step: 1, unit: " px", limits: ({ x }) => (i ? [-x[0].length, x[0].length] : [-x.length, x.length]),
    }, (now) => now.shift[i], (value) => set({ shift: this.state.shift.with(i, value) }));
    this.fields = [
      poolingChoice("Compare with", (now) => now.versus, (versus) => set({ versus })),
      choice("At the border", Object.entries(FILL_WORDS).map(option), (now) => now.fill, (fill) => set({ fill })),
      move("Move right", 1),
      move("Move down", 0),
    ];
    this.root = el("div", { class: "pp-shift pp-stages" },
      el("div", { class: "pp-fields" }, this.fields),
      el("div", { class: "pp-stage" },
        panel(el("p", { class: "pp-title" }, "Input, moved"), this.moved),
        this.grids.map((grid, i) => panel(this.titles[i], grid))),
      this.words, this.chart);
  }

  update(state) {
    this.state = state;
    const shape = [state.x.length, state.x[0].length];
    this.fields.forEach((one) => one.update(state));
    const moved = shifted(state.x, state.shift, state.fill);
    this.moved.update({ shape, values: moved.flat() });
    const rows = [state.pooling, state.versus].map(byName);
    const changes = rows.map((row, i) => this.output(row, i, moved));
    this.words.textContent = describe(state.shift, rows, changes);
    this.draw(rows, shape[1]);
  }

  output(row, i, moved) {
    this.titles[i].textContent = row.title;
    this.grids[i].table.setAttribute("aria-label", `${row.title} of the moved input`);
    try {
      const { output } = evaluate(this.state, moved, row);
      this.grids[i].root.hidden = false;
      this.grids[i].update(output);
      return relativeChange(evaluate(this.state, this.state.x, row).output.values, output.values);
    } catch (error) {
      this.grids[i].root.hidden = true;
      return error.message;
    }
  }

  draw(rows, width) {
    const { state } = this;
    const steps = range(2 * width + 1).map((i) => i - width);
    const lines = rows.map((row) => {
      try {
        const before = evaluate(state, state.x, row).output.values;
        return steps.map((right) => relativeChange(
          before, evaluate(state, shifted(state.x, [state.shift[0], right], state.fill), row).output.values,
        ));
      } catch {
        return null;
      }
    });
    this.chart.replaceChildren(chart(steps, lines, state.shift[1], rows), legend(rows));
  }
}

function panel(title, grid) {
  return el("div", { class: "pp-panel" }, title, grid.root);
}

function describe([down, right], rows, changes) {
  const failed = changes.find((change) => typeof change === "string");
  if (failed) return failed;
  if (!down && !right) return "Move the input with the sliders and watch both outputs.";
  const ways = [
    down && `${Math.abs(down)} ${down > 0 ? "down" : "up"}`, right && `${Math.abs(right)} to the ${right > 0 ? "right" : "left"}`,
  ].filter(Boolean).join(" and ");
  const told = rows.map((row, i) => `that of ${row.title} by ${percent(changes[i])}`).join(", ");
  return `Moved ${ways}, the output changes, relative to its own size: ${told}.`;
}

const percent = (change) => (Number.isFinite(change) ? `${show(100 * change, 0)} %` : "more than any percentage: it was zero");

function chart(steps, lines, now, rows) {
  const { width, height, left, right, top, bottom } = CHART;
  const highest = Math.ceil(2 * Math.max(1, ...lines.flatMap((line) => (line ?? []).filter(Number.isFinite)))) / 2;
  const x = (step) => left + ((step - steps[0]) / (steps.at(-1) - steps[0])) * (width - left - right);
  const y = (change) => height - bottom - (Math.min(change, highest) / highest) * (height - top - bottom);
  const ticks = steps.filter((step) => step % Math.ceil(steps.length / 13) === 0);
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Change of each output over the shift to the right, from ${steps[0]} to ${steps.at(-1)} pixels. `
      + rows.map((row, i) => `${row.title}: ${(lines[i] ?? []).map(percent).join(", ")}`).join(". "),
  },
    svg("line", { class: "pp-axis", x1: left, x2: width - right, y1: y(0), y2: y(0) }),
    [0, 0.5, 1].map((part) => svg("text", { class: "pp-tick", x: left - 5, y: y(part * highest) + 3, "text-anchor": "end" }, percent(part * highest))),
    ticks.map((step) => svg("text", { class: "pp-tick", x: x(step), y: height - 6, "text-anchor": "middle" }, show(step))),
    svg("line", { class: "pp-now", x1: x(now), x2: x(now), y1: top, y2: y(0) }),
    lines.map((line, i) => line && [
      svg("polyline", { class: `pp-line-${i}`, points: line.map((change, j) => `${x(steps[j])},${y(change)}`).join(" ") }),
      line.map((change, j) => svg("circle", { class: `pp-dot-${i}`, cx: x(steps[j]), cy: y(change), r: steps[j] === now ? 4.5 : 2.5 })),
    ]),
  );
}

function legend(rows) {
  return el("p", { class: "pp-legend" }, rows.map((row, i) => el("span", { class: `pp-key-${i}` }, row.title)));
}


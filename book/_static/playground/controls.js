// The settings of a playground as fields of a form.
//
// Each field reads its value from the state (`read`) and hands over a new one (`change`). What it returns is the
// element, whose `update(state)` shows the state; the field that somebody is typing into is left alone.

import { el, uniqueId } from "./dom.js";
import { PADDINGS } from "./geometry.js";
import { MAP_LIMIT, parseNumber, show } from "./numbers.js";
import { parameterOf, POOLINGS, settingsOf, stridesOf } from "./poolings.js";

const PADDING_WORDS = {
  valid: "valid: none",
  same: "same: extra after",
  same_lower: "same_lower: extra before",
};

const put = (control, value) => {
  if (document.activeElement !== control) control.value = value;
};

/** A label above its control. */
export function field(label, control, ...notes) {
  control.id = uniqueId("field");
  return el("div", { class: "pp-field" }, el("label", { for: control.id }, label), control, notes);
}

/** A list to choose from: `options` are elements. */
export function choice(label, options, read, change) {
  const select = el("select", { onchange: () => change(select.value) }, options);
  return Object.assign(field(label, select), { update: (state) => { select.value = read(state); } });
}

export const option = ([value, words]) => el("option", { value }, words);

/** All poolings, by family. */
export function poolingChoice(label, read, change) {
  const families = [...new Set(POOLINGS.map((row) => row.group))];
  const members = (family) => POOLINGS.filter((row) => row.group === family).map((row) => option([row.name, row.title]));
  return choice(label, families.map((family) => el("optgroup", { label: family }, members(family))), read, change);
}

export function checkbox(label, read, change) {
  const box = el("input", { type: "checkbox", onchange: () => change(box.checked) });
  return Object.assign(el("label", { class: "pp-check" }, box, label), { update: (state) => { box.checked = read(state); } });
}

/** A slider; `limits(state)` gives its ends where these depend on the state. */
export function slider(label, { min, max, step, unit = "", limits = () => [min, max] }, read, change) {
  const output = el("output");
  const input = el("input", { type: "range", step, oninput: () => change(Number(input.value)) });
  const update = (state) => {
    [input.min, input.max] = limits(state);
    input.value = read(state);
    output.textContent = show(read(state)) + unit;
  };
  return Object.assign(field(label, input, output), { update });
}

/** Two whole numbers, for rows and columns. */
function pair(label, { min, max }, read, change) {
  let values = [min, min];
  const inputs = ["rows", "columns"].map((way, i) => {
    const input = el("input", {
      type: "number", min, max, step: 1, inputmode: "numeric", "aria-label": `${label}, ${way}`,
      oninput() {
        const value = parseNumber(input.value);
        const right = Number.isInteger(value) && value >= min && value <= max;
        input.setAttribute("aria-invalid", String(!right));
        if (right) change(values.with(i, value));
      },
      onblur() {
        input.removeAttribute("aria-invalid");
        input.value = values[i];
      },
    });
    return input;
  });
  const update = (state) => {
    values = read(state);
    inputs.forEach((input, i) => put(input, values[i]));
  };
  return Object.assign(el("div", { class: "pp-field", role: "group", "aria-label": label },
    el("span", { class: "pp-label", "aria-hidden": "true" }, label),
    el("span", { class: "pp-pair" }, inputs[0], el("span", { "aria-hidden": "true" }, "×"), inputs[1])), { update });
}

/** As many numbers as the state has, in one line of text. */
function list(label, read, change) {
  let count = 0;
  let shown = "";
  const hint = el("span", { class: "pp-hint" });
  const input = el("input", {
    type: "text", autocomplete: "off", spellcheck: "false",
    oninput() {
      const values = input.value.split(/[\s,;]+/).filter(Boolean).map(parseNumber);
      const right = values.length === count && values.every((v) => v >= 0) && values.some((v) => v > 0);
      input.setAttribute("aria-invalid", String(!right));
      if (right) change(values);
    },
    onblur() {
      input.removeAttribute("aria-invalid");
      input.value = shown;
    },
  });
  const update = (state) => {
    count = read(state).length;
    shown = read(state).map((v) => show(v, 6)).join(", ");
    put(input, shown);
    hint.textContent = `${count} numbers from 0 up`;
  };
  const box = field(label, input, hint);
  box.classList.add("pp-wide");
  return Object.assign(box, { update });
}

/** The fields for the windows of a pooling; `set(changes)` changes the state. */
export function windowFields(row, set) {
  const limits = { min: 1, max: MAP_LIMIT };
  const makers = {
    pool_size: () => pair("Window", limits, (state) => state.pool_size, (pool_size) => set({ pool_size })),
    strides: () => pair("Stride", limits, (state) => stridesOf(state, row), (strides) => set({ strides })),
    padding: () => choice("Padding", PADDINGS.map((name) => option([name, PADDING_WORDS[name]])),
      (state) => state.padding, (padding) => set({ padding })),
    dilation: () => pair("Dilation", limits, (state) => state.dilation, (dilation) => set({ dilation })),
    ceil_mode: () => ceilMode(set),
  };
  return settingsOf(row).map((name) => makers[name]());
}

/** The fields for the arguments that a pooling has to itself. */
export function ownFields(row, set) {
  return row.parameters.map((parameter) => parameterField(row, parameter, set));
}

function ceilMode(set) {
  const box = checkbox("Keep a last window over the edge (ceil mode)",
    (state) => state.ceil_mode, (ceil_mode) => set({ ceil_mode }));
  const { update } = box;
  return Object.assign(box, {
    update(state) {
      update(state);
      // The other paddings keep that window anyway.
      box.hidden = state.padding !== "valid";
    },
  });
}

function parameterField(row, parameter, set) {
  const read = (state) => parameterOf(state, parameter, row);
  const change = (value) => set((state) => ({
    parameters: { ...state.parameters, [row.name]: { ...state.parameters[row.name], [parameter.name]: value } },
  }));
  switch (parameter.kind) {
    case "flag": return checkbox(parameter.label, read, change);
    case "pair": return pair(parameter.label, parameter, read, change);
    case "list": return list(parameter.label, read, change);
    case "count": return slider(parameter.label, {
      step: 1, limits: (state) => [1, Math.max(read(state), state.pool_size[0] * state.pool_size[1])],
    }, read, change);
    default: return slider(parameter.label, parameter, read, change);
  }
}

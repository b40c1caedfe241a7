// The settings of a playground as a form.

import { el, uniqueId } from "./dom.js";
import { PADDINGS } from "./geometry.js";
import { MAP_LIMIT, parseNumber, show } from "./numbers.js";
import { byName, parameterOf, POOLINGS, settingsOf, stridesOf } from "./poolings.js";

const PADDING_WORDS = {
  valid: "valid: none",
  same: "same: odd cell after",
  same_lower: "same_lower: odd cell before",
};

/** A select of all poolings, by family. */
export function poolingSelect(label, chosen, change) {
  const groups = Map.groupBy(POOLINGS, (row) => row.group);
  const select = el("select", { onchange: () => change(select.value) }, [...groups].map(([group, rows]) =>
    el("optgroup", { label: group }, rows.map((row) => el("option", { value: row.name }, row.title))),
  ));
  select.value = chosen;
  return field(label, select);
}

/** A labelled field; its control is found again as `.control`. */
export function field(label, control, note) {
  const id = uniqueId("field");
  control.id = id;
  const box = el("div", { class: "pp-field" }, el("label", { for: id }, label), control, note);
  box.control = control;
  return box;
}

export function checkbox(label, checked, change) {
  const box = el("input", { type: "checkbox", checked, onchange: () => change(box.checked) });
  return el("label", { class: "pp-check" }, box, ` ${label}`);
}

function wholeNumber(value, min, max, label, change) {
  const input = el("input", {
    type: "number", min, max, step: 1, inputmode: "numeric", value, "aria-label": label,
    oninput() {
      const number = parseNumber(input.value);
      if (Number.isInteger(number) && number >= min && number <= max) change(number);
    },
  });
  return input;
}

/** Two whole numbers, for rows and columns. */
function pairField(label, values, min, max, change) {
  const inputs = ["rows", "columns"].map((way, i) => wholeNumber(values[i], min, max, `${label}, ${way}`, (number) => {
    values = values.with(i, number);
    change(values);
  }));
  return el("div", { class: "pp-field", role: "group", "aria-label": label },
    el("span", { class: "pp-label", "aria-hidden": "true" }, label),
    el("span", { class: "pp-pair" }, inputs[0], el("span", { "aria-hidden": "true" }, "×"), inputs[1]));
}

function slider(label, value, { min, max, step }, change) {
  const output = el("output", {}, show(value));
  const input = el("input", {
    type: "range", min, max, step, value,
    oninput() {
      output.textContent = show(Number(input.value));
      change(Number(input.value));
    },
  });
  return field(label, input, output);
}

function listField(label, values, change) {
  const input = el("input", {
    type: "text", value: values.map((v) => show(v, 6)).join(", "), autocomplete: "off", spellcheck: "false",
    oninput() {
      const numbers = input.value.split(/[\s,;]+/).filter(Boolean).map(parseNumber);
      const right = numbers.length === values.length && numbers.every((v) => v >= 0) && numbers.some((v) => v > 0);
      input.setAttribute("aria-invalid", String(!right));
      if (right) change(numbers);
    },
  });
  const box = field(label, input, el("span", { class: "pp-hint" }, `${values.length} numbers from 0 up`));
  box.classList.add("pp-wide");
  return box;
}

/** The fields that the chosen pooling has; `set(changes)` changes the state. */
export function settingFields(state, set) {
  const row = byName(state.pooling);
  const has = settingsOf(row);
  const fields = [];
  if (has.includes("pool_size")) {
    fields.push(pairField("Window", state.pool_size, 1, MAP_LIMIT, (pool_size) => set({ pool_size }, "settings")));
  }
  if (has.includes("strides")) {
    fields.push(pairField("Stride", stridesOf(state), 1, MAP_LIMIT, (strides) => set({ strides })));
  }
  if (has.includes("padding")) {
    const select = el("select", { onchange: () => set({ padding: select.value }, "settings") },
      PADDINGS.map((name) => el("option", { value: name }, PADDING_WORDS[name])));
    select.value = state.padding;
    fields.push(field("Padding", select));
  }
  if (has.includes("dilation")) {
    fields.push(pairField("Dilation", state.dilation, 1, MAP_LIMIT, (dilation) => set({ dilation })));
  }
  const own = row.parameters.map((parameter) => parameterField(state, row, parameter, set));
  if (has.includes("ceil_mode") && state.padding === "valid") {
    own.push(checkbox("Keep a last window over the edge (ceil mode)", state.ceil_mode, (ceil_mode) => set({ ceil_mode })));
  }
  return [...fields, ...own];
}

function parameterField(state, row, parameter, set) {
  const value = parameterOf(state, parameter, row);
  const change = (next) => set({
    parameters: { ...state.parameters, [row.name]: { ...state.parameters[row.name], [parameter.name]: next } },
  });
  switch (parameter.kind) {
    case "flag": return checkbox(parameter.label, value, change);
    case "pair": return pairField(parameter.label, value, parameter.min, parameter.max, change);
    case "list": return listField(parameter.label, value, change);
    default: return slider(parameter.label, value, parameter, change);
  }
}

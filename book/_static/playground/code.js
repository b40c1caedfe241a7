// The situation on the screen as a program that computes the same with course_lib.

import { byName, parameterOf, settingsOf, stridesOf } from "./poolings.js";

const tuple = ([rows, columns]) => (rows === columns ? `${rows}` : `(${rows}, ${columns})`);
const matrix = (rows) => `[${rows.map((row) => `[${row.join(", ")}]`).join(", ")}]`;

/** Arguments that belong to a pooling alone, in Python. */
function ownArguments(state, row) {
  const value = (name) => parameterOf(state, row.parameters.find((p) => p.name === name), row);
  const [height, width] = state.pool_size;
  switch (row.name) {
    case "weighted_pool": {
      const weights = value("weights");
      return [`np.array(${matrix(Array.from({ length: height }, (_, r) => weights.slice(r * width, (r + 1) * width)))})`];
    }
    case "ordinal_pool": return [`np.array([${value("weights").join(", ")}]) / ${value("weights").reduce((a, b) => a + b)}`];
    case "gated_pool": return [`np.full((${height}, ${width}), ${value("gate")})`];
    case "lip_pool": return [`${value("beta")} * x`];
    default: return row.parameters.map((p) => {
      const set = value(p.name);
      const text = p.kind === "pair" ? tuple(set) : p.kind === "flag" ? (set ? "True" : "False") : `${set}`;
      return `${p.name}=${text}`;
    });
  }
}

function callArguments(state, row) {
  const has = settingsOf(row);
  const own = ownArguments(state, row);
  const geometry = [];
  if (has.includes("pool_size")) geometry.push(`pool_size=${tuple(state.pool_size)}`);
  if (has.includes("strides") && (state.strides || row.place === "filter")) geometry.push(`strides=${tuple(stridesOf(state, row))}`);
  if (has.includes("padding") && state.padding !== "valid") geometry.push(`padding="${state.padding}"`);
  if (has.includes("dilation") && String(state.dilation) !== "1,1") geometry.push(`dilation=${tuple(state.dilation)}`);
  if (has.includes("ceil_mode") && state.ceil_mode && state.padding === "valid") geometry.push("ceil_mode=True");
  const positional = own.filter((argument) => !/^\w+=/.test(argument));
  return ["x", ...positional, ...geometry, ...own.filter((argument) => !positional.includes(argument))].join(", ");
}

export function pythonOf(state, dy) {
  const row = byName(state.pooling);
  const given = callArguments(state, row);
  const upstream = dy.every((v) => v === 1) ? "np.ones_like(y)" : `np.array([${dy.join(", ")}], float).reshape(y.shape)`;
  const gradients = { gated_pool: "dx, dgate", lip_pool: "dx, dlogits" }[row.name] ?? "dx";
  return [
    "import numpy as np",
    `from course_lib import ${row.name}, ${row.name}_backward`,
    "",
    `x = np.array(${matrix(state.x)}, float)[None, :, :, None]`,
    `y = ${row.name}(${given})`,
    `dy = ${upstream}`,
    `${gradients} = ${row.name}_backward(dy, ${given})`,
    ...(row.name === "lip_pool" ? [`dx = dx + ${ownArguments(state, row)[0].replace("x", "dlogits")}`] : []),
  ].join("\n");
}

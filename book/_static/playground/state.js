// A situation of the playground as text for a link, and back: `pooling=max_pool&pool_size=2,3&padding=same`.
//
// Only what differs from the start is written, under the names that the functions of course_lib use. Reading never
// fails: what makes no sense stays at its start and is reported.

import { PADDINGS } from "./geometry.js";
import { MAP_LIMIT, parseMatrix, parseNumber } from "./numbers.js";
import { byName, parameterOf, settingsOf, startOf } from "./poolings.js";

export const RUNNING_EXAMPLE = [[1, 3, 2, -1], [3, 0, 4, 4], [-2, 5, 0, 1], [6, 2, 1, 1]];
export const FILLS = ["zeros", "wrap"];

export function initialState() {
  return {
    x: RUNNING_EXAMPLE.map((row) => [...row]),
    pooling: "max_pool",
    pool_size: [2, 2],
    strides: null,
    padding: "valid",
    dilation: [1, 1],
    ceil_mode: false,
    parameters: {},
    at: [0, 0],
    dy: null,
    versus: "average_pool",
    shift: [0, 0],
    fill: "zeros",
  };
}

const matrix = {
  write: (rows) => rows.map((row) => row.join(",")).join(";"),
  read: parseMatrix,
};
const flag = {
  write: String,
  read: (text) => oneOf(["true", "false"])(text) === "true",
};
const pair = (low, high) => ({
  write: ([rows, columns]) => (rows === columns ? `${rows}` : `${rows},${columns}`),
  read(text) {
    const numbers = text.split(",").map(parseNumber);
    if (numbers.length > 2 || numbers.some((v) => !Number.isInteger(v) || v < low || v > high)) {
      throw new Error(`One or two whole numbers from ${low} to ${high}.`);
    }
    return [numbers[0], numbers.at(-1)];
  },
});
const choice = (choices) => ({ write: String, read: oneOf(choices) });
const oneOf = (choices) => (text) => {
  if (!choices.includes(text)) throw new Error(`One of ${choices.join(", ")}.`);
  return text;
};
const pooling = { write: String, read: (text) => byName(text).name };

const FIELDS = {
  pooling,
  x: matrix,
  pool_size: pair(1, MAP_LIMIT),
  strides: pair(1, MAP_LIMIT),
  padding: choice(PADDINGS),
  dilation: pair(1, MAP_LIMIT),
  ceil_mode: flag,
  at: pair(0, MAP_LIMIT - 1),
  dy: matrix,
  versus: pooling,
  shift: pair(-MAP_LIMIT, MAP_LIMIT),
  fill: choice(FILLS),
};
const GEOMETRY = ["pool_size", "strides", "padding", "dilation", "ceil_mode"];

/** How each kind of parameter of a pooling is written. */
function codecOf({ kind, min, max }) {
  switch (kind) {
    case "flag": return flag;
    case "pair": return pair(min, max);
    case "list": return {
      write: (values) => values.join(","),
      read(text) {
        const values = text.split(",").map(parseNumber);
        if (values.some((v) => !(v >= 0)) || !values.some((v) => v > 0)) throw new Error("Weights from 0 up, not all 0.");
        return values;
      },
    };
    default: return {
      write: String,
      read(text) {
        const value = parseNumber(text);
        if (!(value >= min && value <= max) || (kind === "count" && !Number.isInteger(value))) {
          throw new Error(`A ${kind === "count" ? "whole " : ""}number from ${min} to ${max}.`);
        }
        return value;
      },
    };
  }
}

export function encode(state) {
  const start = initialState();
  const used = [...settingsOf(byName(state.pooling)), ...settingsOf(byName(state.versus))];
  const parts = [];
  for (const [key, codec] of Object.entries(FIELDS)) {
    if (state[key] === null || (GEOMETRY.includes(key) && !used.includes(key))) continue;
    const text = codec.write(state[key]);
    if (start[key] === null || text !== codec.write(start[key])) parts.push(`${key}=${text}`);
  }
  const row = byName(state.pooling);
  for (const parameter of row.parameters) {
    const value = parameterOf(state, parameter);
    const codec = codecOf(parameter);
    if (String(value) !== String(startOf(state, parameter))) parts.push(`${parameter.name}=${codec.write(value)}`);
  }
  return parts.join("&");
}

/** The state that a text describes, and the `problems` met in it, in words. */
export function decode(text) {
  const state = initialState();
  const problems = [];
  const given = new Map(
    text.split("&").filter(Boolean).map((part) => {
      const [key, ...value] = part.split("=");
      return [key.trim(), decoded(value.join("=")).trim()];
    }),
  );
  const attempt = (key, codec, store) => {
    try {
      store(codec.read(given.get(key)));
    } catch (error) {
      problems.push(`${key}: ${error.message}`);
    }
    given.delete(key);
  };
  for (const [key, codec] of Object.entries(FIELDS)) {
    if (given.has(key)) attempt(key, codec, (value) => { state[key] = value; });
  }
  const row = byName(state.pooling);
  for (const parameter of row.parameters) {
    if (given.has(parameter.name)) {
      attempt(parameter.name, codecOf(parameter), (value) => {
        state.parameters[row.name] = { ...state.parameters[row.name], [parameter.name]: value };
      });
    }
  }
  for (const key of given.keys()) problems.push(`${key}: ${row.title} has no such setting.`);
  return { state, problems };
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Whether a link's fragment states a situation, and not the name of a section. */
export function isState(fragment) {
  return fragment.split("&").some((part) => part.split("=")[0] in FIELDS && part.includes("="));
}


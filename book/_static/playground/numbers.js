// Numbers as people read and write them.

export const MAP_LIMIT = 12;
const LARGEST = 1e6;

/** At most `digits` decimals, no trailing zeros, a true minus sign. */
export function show(value, digits = 3) {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "−∞";
  const text = String(Number(value.toFixed(digits)));
  return text === "-0" ? "0" : text.replace("-", "−");
}

/** Three decimals, or a fourth where that makes it exact, as with 1/16. */
export function brief(value) {
  return show(value, Math.abs(value * 1e4 - Math.round(value * 1e4)) < 1e-9 ? 4 : 3);
}

/** "= 3" or "≈ 3.3333": whether the shown number is the whole truth. */
export function equals(value, digits = 4) {
  const exact = Math.abs(Number(value.toFixed(digits)) - value) <= 1e-12 * Math.max(1, Math.abs(value));
  return `${exact || !Number.isFinite(value) ? "=" : "≈"} ${show(value, digits)}`;
}

/** The number that a text states, or NaN; also for one too large to be shown in a cell. */
export function parseNumber(text) {
  const plain = text.trim().replace(/[−–]/, "-");
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?$/i.test(plain) ? Number(plain) : NaN;
  return Math.abs(value) <= LARGEST ? value : NaN;
}

/**
 * A matrix from text: a spreadsheet's cells, MATLAB's or a link's `1, 2; 3, 4`, NumPy's `[[1, 2], [3, 4]]`.
 * Throws an Error that says what is wrong.
 */
export function parseMatrix(text) {
  const lines = text
    .replace(/\]\s*,?\s*\[/g, ";")
    .replace(/np\.|array|[()[\]]/g, " ")
    .split(/[;\r\n]+/)
    .map((line) => line.trim().replace(/,$/, ""))
    .filter(Boolean);
  const rows = lines.map((line) => line.split(/\s*,\s*|\s+/).map(parseNumber));
  if (!rows.length) throw new Error("There are no numbers in it.");
  if (rows.flat().some(Number.isNaN)) throw new Error("Only numbers up to a million, commas, spaces and semicolons.");
  if (rows.some((row) => row.length !== rows[0].length)) throw new Error("Its rows differ in length.");
  if (rows.length > MAP_LIMIT || rows[0].length > MAP_LIMIT) throw new Error(`At most ${MAP_LIMIT} rows and ${MAP_LIMIT} columns.`);
  return rows;
}

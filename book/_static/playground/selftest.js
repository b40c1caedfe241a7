// Holds the playground's arithmetic against golden.json, which the reference functions wrote when the site was built.

import { el } from "./dom.js";
import { backward, evaluate, POOLINGS } from "./poolings.js";
import { decode, encode } from "./state.js";

const TOLERANCE = 1e-12;

/** The largest difference between two lists of numbers; infinite where their shapes or infinities differ. */
export function difference(mine, theirs) {
  if (mine.length !== theirs.length) return Infinity;
  return Math.max(0, ...mine.map((v, i) => {
    const reference = Number(String(theirs[i]).replace("inf", "Infinity"));
    return v === reference ? 0 : Math.abs(v - reference) || Infinity;
  }));
}

/** How far a situation's output and gradient are from the golden ones; an expected error must occur. */
export function check({ state: text, y, dx, error }) {
  const { state, problems } = decode(text);
  if (problems.length) throw new Error(`${text}: ${problems.join(" ")}`);
  if (encode(decode(encode(state)).state) !== encode(state)) throw new Error(`${text}: not the same after a link`);
  let done;
  try {
    done = evaluate(state);
  } catch (failure) {
    if (error) return 0;
    throw failure;
  }
  if (error) return Infinity;
  return Math.max(
    difference(done.output.values, y.flat()),
    String(done.output.shape) === String([y.length, y[0].length]) ? 0 : Infinity,
    difference(backward(done, state.dy.flat()), dx.flat()),
  );
}

function checkAll({ cases, titles }) {
  return POOLINGS.map(({ name, title }) => {
    const own = cases.filter(({ state }) => decode(state).state.pooling === name);
    const differences = own.map((golden) => ({ worst: check(golden), state: golden.state }));
    const { worst, state } = differences.reduce((a, b) => (b.worst > a.worst ? b : a), { worst: own.length ? 0 : Infinity });
    const fault = worst > TOLERANCE ? state ?? "no situation to compare" : title !== titles[name] ? `called ${titles[name]}` : null;
    return { title, count: own.length, worst, fault };
  });
}

function table(results) {
  const head = ["Pooling", "Situations", "Largest difference", "Result"].map((text) => el("th", { scope: "col" }, text));
  return el("table", {}, el("caption", {}, "Output and gradient in this browser, against the reference functions"),
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, results.map(({ title, count, worst, fault }) => el("tr", {},
      el("th", { scope: "row" }, title), el("td", {}, String(count)), el("td", {}, worst.toExponential(1)),
      el("td", {}, fault ? `different: ${fault}` : "equal")))));
}

export async function run(place) {
  const golden = await (await fetch(new URL("golden.json", import.meta.url))).json();
  const results = checkAll(golden);
  place.replaceChildren(table(results));
  place.dataset.result = results.every(({ fault }) => !fault) ? "passed" : "failed";
}

const place = document.querySelector("[data-selftest]");
run(place).catch((error) => {
  place.textContent = `The check could not be made: ${error.message}`;
  place.dataset.result = "failed";
});

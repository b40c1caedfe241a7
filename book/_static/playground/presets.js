// Maps to start from.

import { range } from "./geometry.js";
import { RUNNING_EXAMPLE } from "./state.js";

const line = (column) => range(6).map(() => range(6).map((c) => (Math.abs(c - column) < 1 ? 3 : 0)));

// A ball on striped cloth: stripes of about the width of a window, and a smooth surface next to them.
const BALL = [
  "341034103410", "410341034103", "103799654034", "037997873141", "349989755210", "477897664103",
  "148867742134", "036566432041", "343543320010", "410122001103", "103410041034", "034103410341",
];

// Few different numbers, so that most windows hold a tie.
const draw = () => range(6).map(() => range(6).map(() => Math.floor(Math.random() * 8) - 3));

export const PRESETS = [
  { name: "Running example", make: () => RUNNING_EXAMPLE.map((row) => [...row]) },
  { name: "Rising numbers, 4 × 4", make: () => [[1, 3, 2, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]] },
  { name: "Vertical line", make: () => line(2.5) },
  { name: "Thin vertical line", make: () => line(2) },
  { name: "Random, with ties and negatives", make: draw },
  { name: "Ball on striped cloth", make: () => BALL.map((row) => [...row].map(Number)) },
];

// Brings every <div class="pooling-playground" data-state="…"> of the page to life.
//
// `data-state` is what stands after the # of a link to the playground. `data-show` lists the panels wanted besides
// the input and the output. The one with `data-main` keeps its state in the page's address, and `data-chapters`
// names the chapters that it leads to, as `max_pool=pooling/max;…`.

import { decode, encode, isState } from "./state.js";
import { Playground } from "./view.js";

const BOOK = new URL("../../", import.meta.url);

function start(root) {
  const main = root.hasAttribute("data-main");
  const fragment = location.hash.slice(1);
  const chapters = new Map((root.dataset.chapters ?? "").split(";").map((part) => part.split("=")));
  const { state, problems } = decode(main && isState(fragment) ? fragment : root.dataset.state ?? "");
  const playground = new Playground(root, state, {
    panels: (root.dataset.show ?? "").split(/\s+/),
    changed: main ? (now) => history.replaceState(null, "", `#${encode(now)}`) : null,
    link: main ? null : (now) => `${BOOK}playground.html#${encode(now)}`,
    chapterOf: (name) => chapters.has(name) && `${BOOK}${chapters.get(name)}.html`,
  });
  playground.complain(problems);
  if (main) {
    addEventListener("hashchange", () => {
      const now = location.hash.slice(1);
      // Back at the page's own address is back at the start; any other name is that of a section.
      if (now && !isState(now)) return;
      const opened = decode(now || root.dataset.state || "");
      playground.load(opened.state);
      playground.complain(opened.problems);
      if (now) root.scrollIntoView();
    });
  }
}

document.querySelectorAll(".pooling-playground").forEach(start);

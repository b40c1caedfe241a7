// A look at the figure, equation, definition, work or section that a link leads to, before one goes there.
//
// It opens at the pointer's rest or at the keyboard's focus, stays while the pointer is on it, and Escape closes it.
// Touch has neither, and follows the link.

const REST = 250;
const LEAVE = 200;
const pages = new Map();

/** The page at an address as a document, fetched once. */
function pageAt(address) {
  if (address === location.href.split("#")[0]) return Promise.resolve(document);
  if (!pages.has(address)) {
    pages.set(address, fetch(address).then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for ${address}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // Written relative to that page, shown on this one.
      for (const image of page.images) image.src = new URL(image.getAttribute("src"), address);
      return page;
    }));
  }
  return pages.get(address);
}

/** The nodes that show what an anchor stands for, or nothing where a look would not tell enough. */
export function sightOf(target) {
  const whole = target?.closest("figure, div.math, div.citation, aside.footnote");
  if (whole) return [whole];
  if (target?.matches("dt")) return [target, target.nextElementSibling];
  const section = target?.closest("section");
  const heading = section?.querySelector(":scope > :is(h1, h2, h3, h4)");
  const text = section?.querySelector(":scope > p, :scope > section > p");
  return heading && text ? [heading, text] : [];
}

/** A copy that can stand a second time in the page: without anchors, and nothing in it takes the focus. */
function copied(node) {
  const copy = document.importNode(node, true);
  for (const element of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["id", "tabindex", "href"]) {
      // Pictures refer to their own parts.
      if (!element.closest("svg")) element.removeAttribute(name);
    }
  }
  copy.querySelectorAll(".headerlink, .backrefs, button").forEach((one) => one.remove());
  return copy;
}

export function preview(links) {
  const box = document.createElement("div");
  box.id = "preview";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  let timer;
  let current;

  const close = () => {
    clearTimeout(timer);
    current?.removeAttribute("aria-describedby");
    current = null;
    box.hidden = true;
  };
  const closeSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(close, LEAVE);
  };
  const open = async (link) => {
    const { hash, href } = link;
    const page = await pageAt(href.split("#")[0]).catch(() => null);
    const sight = sightOf(page?.getElementById(decodeURIComponent(hash.slice(1))));
    if (link !== current || !sight.length) return;
    box.replaceChildren(...sight.map(copied));
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    place(box, link);
  };
  const openSoon = (link) => {
    if (link === current) {
      clearTimeout(timer);
      return;
    }
    close();
    current = link;
    timer = setTimeout(() => open(link), REST);
  };

  for (const link of links) {
    // It shows more than the words that the builder put there.
    link.removeAttribute("title");
    link.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && openSoon(link));
    link.addEventListener("pointerleave", closeSoon);
    link.addEventListener("focus", () => link.matches(":focus-visible") && openSoon(link));
    link.addEventListener("blur", close);
  }
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", closeSoon);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  document.querySelector("article.bd-article")?.append(box);
}

/** Below the link where there is room, else above it; never beyond the edge of the window. */
function place(box, link) {
  const at = link.getClientRects()[0];
  const { width, height } = box.getBoundingClientRect();
  const edge = 8;
  const below = at.bottom + height + edge <= innerHeight || at.top < innerHeight / 2;
  box.style.left = `${Math.max(edge, Math.min(at.left, document.documentElement.clientWidth - width - edge))}px`;
  box.style.top = `${below ? at.bottom + 2 : Math.max(edge, at.top - height - 2)}px`;
}

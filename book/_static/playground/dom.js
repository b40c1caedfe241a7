// Elements without a framework: `el("p", { class: "note" }, "text", child)`.

const SVG = "http://www.w3.org/2000/svg";
let names = 0;

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

/** An id that no other element of the page has, to tie a label to its field. */
export function uniqueId(word) {
  names += 1;
  return `pp-${word}-${names}`;
}

/** Runs `action` once, `delay` ms after the last call. */
export function settle(action, delay) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), delay);
  };
}

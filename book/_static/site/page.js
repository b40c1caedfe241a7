// What every page does: names for buttons that others put there, menus that close, previews of what links lead to.

import { preview } from "./previews.js";

// The copy buttons tell what they do only by an icon.
for (const button of document.querySelectorAll("button.copybtn")) button.setAttribute("aria-label", "Copy to clipboard");

const menus = [...document.querySelectorAll("details.page-menu")];
document.addEventListener("click", ({ target }) => {
  for (const menu of menus) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  const open = menus.find((menu) => menu.open);
  if (key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

preview(document.querySelectorAll("article.bd-article a.reference.internal[href*='#']"));

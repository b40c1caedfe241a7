// Before the page is drawn, so that it never flashes in the wrong colours.

{
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const root = document.documentElement;
  root.dataset.mode = localStorage.getItem("mode") ?? "auto";
  root.dataset.theme = root.dataset.mode === "auto" ? system : root.dataset.mode;
}

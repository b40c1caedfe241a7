// For pages where a playground stands among other things: its modules are fetched when one comes near the window.

const near = new IntersectionObserver((seen) => {
  if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
  near.disconnect();
  import("./playground.js");
}, { rootMargin: "100%" });

document.querySelectorAll(".pooling-playground").forEach((one) => near.observe(one));

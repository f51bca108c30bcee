// Lines with a button that copies them.

import { make } from "./dom.js";

/** [lines, button]; ``name`` says what is copied, and ``said`` is where a screen reader hears that it was. */
export function copyable(name, text, said) {
  const lines = make("pre", { tabindex: 0, role: "group", "aria-label": `${name.charAt(0).toUpperCase()}${name.slice(1)}` }, text);
  const button = make("button", { type: "button", "aria-label": `Copy ${name}` }, "Copy");
  button.addEventListener("click", async () => {
    const isDone = await copy(text, lines);
    button.textContent = isDone ? "Copied" : "Press Ctrl+C";
    said.textContent = isDone ? `Copied ${name}.` : `Selected ${name}; copy it with Ctrl+C.`;
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return [lines, button];
}

/** Whether it is copied. Where it is not (a page by http from another machine), it is at least selected. */
async function copy(text, lines) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(lines);
    return false;
  }
}

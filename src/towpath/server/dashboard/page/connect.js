// How to connect each client, with a button that copies the lines.

import { make } from "./dom.js";

/** Fills a place with the recipes; said is where a screen reader hears that something was copied. */
export async function showClients(place, said) {
  const response = await fetch("/page/clients.json");
  const clients = await response.json();
  place.replaceChildren(...clients.map((client) => card(client, said)));
}

function card(client, said) {
  const text = client.text.replaceAll("<url>", location.origin);
  const lines = make("pre", { tabindex: 0, role: "group", "aria-label": `Lines for ${client.title}` }, text);
  const button = make("button", { type: "button", "aria-label": `Copy the lines for ${client.title}` }, "Copy");
  button.addEventListener("click", async () => {
    const done = await copy(text, lines);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    said.textContent = done ? `The lines for ${client.title} are copied.` : "The lines are selected; copy them.";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return make(
    "article",
    {},
    make("div", { class: "line" }, make("h3", {}, client.title), button),
    make("p", { class: "hint" }, client.place),
    lines,
  );
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

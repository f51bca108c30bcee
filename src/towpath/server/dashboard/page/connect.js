// How to connect each client.

import { copyable } from "./copy.js";
import { make } from "./dom.js";
import { plural } from "./words.js";

const ON_TOP = 2; // OpenCode and curl lead the list

/** Fills a place with the recipes; said is where a screen reader hears that something was copied. */
export async function showClients(place, said) {
  const response = await fetch("/page/clients.json");
  const cards = (await response.json()).map((client) => card(client, said));
  const rest = cards.slice(ON_TOP);
  place.replaceChildren(
    make("div", { class: "cards" }, cards.slice(0, ON_TOP)),
    make("details", {}, make("summary", {}, plural(rest.length, "other client")), make("div", { class: "cards" }, rest)),
  );
}

function card(client, said) {
  const [lines, button] = copyable(`the lines for ${client.title}`, client.text.replaceAll("<url>", location.origin), said);
  return make(
    "article",
    {},
    make("div", { class: "line" }, make("h3", {}, client.title), button),
    make("p", { class: "hint" }, client.place),
    lines,
  );
}

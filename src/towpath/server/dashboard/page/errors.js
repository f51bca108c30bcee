// The last errors: a line each, which opens to tell all of it.

import { cut, keep, make } from "./dom.js";
import { ago, conversationLink } from "./exchange.js";
import { count, plural } from "./words.js";

let seen = null;

/** Shows them in a place; ``known`` conversations get a link. A screen reader hears of a new one in ``said``. */
export function showErrors(place, errors, known, said) {
  if (!place.firstElementChild) place.append(make("p", { class: "hint" }, "None."), make("ol"));
  const [none, list] = place.children;
  none.hidden = errors.length > 0;
  const items = errors.map((one) => ({ one, isKnown: known.has(one.conversation) }));
  keep(list, items, ({ one }) => JSON.stringify([one.status, one.type, one.message]), errorItem);
  const fresh = seen && errors.find((one) => !seen.has(one.request_id));
  if (fresh) said.textContent = `New error: ${fresh.plain}`;
  seen = new Set(errors.map((one) => one.request_id));
}

function errorItem({ one, isKnown }) {
  return make(
    "li",
    {},
    make(
      "details",
      {},
      make(
        "summary",
        {},
        make("span", { class: "bad" }, String(one.status)),
        cut(`${one.message} · ${one.plain}`),
        one.count > 1 && make("span", { class: "count", "aria-label": plural(one.count, "time") }, `× ${count(one.count)}`),
        ago(one.at),
      ),
      make("p", { class: "message" }, one.message),
      make("p", {}, one.plain),
      make("p", { class: "hint" }, `${one.status} ${one.type} · ${one.request_id}`, isKnown && [" · ", conversationLink(one.conversation)]),
    ),
  );
}

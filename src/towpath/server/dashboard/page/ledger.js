// The tables of what the ledger has: by model and client, what misses cost, the slowest steps, conversations.

import { make, rowGroup, rowOf, tableOf } from "./dom.js";
import { ago } from "./exchange.js";
import { count, dollars, milliseconds, percent, plural, tokens } from "./words.js";

const sent = (one) => one.input + one.cache_read + one.cache_write_5m + one.cache_write_1h;
const share = (one) => (sent(one) ? percent(one.cache_read / sent(one)) : "–");
const cost = (one) => (one.cost || !one.unpriced ? dollars(one.cost) : "unknown");
const number = (title, cell, kind = "") => ({ title, cell, kind: `number ${kind}` });

/** What it came to, and what the figures are. */
export function summary({ total, first, prices_as_of: date }) {
  const cheaper = total.missed
    ? ` Misses of the prompt cache made ${dollars(total.cost_of_misses)} of that.`
    : "";
  const unpriced = total.unpriced ? ` ${plural(total.unpriced, "answer")} not in it: no price is known of the model.` : "";
  return make(
    "div",
    {},
    make(
      "p",
      {},
      make("b", {}, dollars(total.cost)),
      ` for ${plural(total.exchanges, "exchange")} since ${first}, with ${share(total)} of the input from cache.${cheaper}${unpriced}`,
    ),
    make("p", { class: "hint" }, `What the API charges, prices as of ${date}. Under a plan it would have cost this.`),
  );
}

const SUMS = [
  number("Exchanges", (one) => count(one.exchanges)),
  number("Input", (one) => tokens(sent(one)), "roomy"),
  number("From cache", share, "roomy"),
  number("Output", (one) => tokens(one.output), "roomy"),
  number("Cost", cost),
];

/** Groups of exchanges, the dearest first. */
export function groups(title, all, nameless) {
  const columns = [{ title: "Name", kind: "name", cell: (one) => one.key || nameless }, ...SUMS];
  return folded(title, columns, dearestFirst(all), true);
}

const CAUSES = {
  model: "the model changed", tools: "the tools changed", system: "the system prompt changed",
  parameters: "parameters changed", message: "an earlier message changed", age: "too old",
  blocks: "too much was added at once", process: "a process was started again", unknown: "not known",
};

/** What was in the prompt cache and not read, by cause. */
export function misses(causes) {
  const columns = [
    { title: "Cause", kind: "name", cell: (one) => CAUSES[one.key] ?? one.key },
    number("Times", (one) => count(one.exchanges)),
    number("Tokens", (one) => tokens(one.missed), "roomy"),
    number("Cost", (one) => dollars(one.cost_of_misses)),
  ];
  const found = causes.filter((one) => one.key).sort((one, other) => other.cost_of_misses - one.cost_of_misses);
  return folded("Misses of the prompt cache", columns, found);
}

const STEPS = [
  { title: "When", kind: "when", cell: (one) => ago(one.at) },
  number("First event", (one) => milliseconds(one.first_event_ms)),
  { title: "Way", kind: "name", cell: (one) => [one.way || one.outcome, one.reason].filter(Boolean).join(": ") },
  { title: "Model", kind: "name roomy", cell: (one) => one.model },
  { title: "Client", kind: "name roomy", cell: (one) => one.client || "not named" },
];

/** The steps whose first event took longest. */
export const slowest = (steps) => folded("Slowest steps", STEPS, steps);

/** Conversations, the dearest first; each opens to its exchanges, which ``ask`` gets by its name. */
export function dearest(all, ask) {
  const list = dearestFirst(all).map((one) => {
    const words = `${cost(one)} for ${plural(one.exchanges, "exchange")}, ${share(one)} of ${tokens(sent(one))} from cache`;
    const details = make("details", {}, make("summary", {}, make("code", {}, one.key), ` ${words}`));
    details.addEventListener("toggle", () => open(details, one.key, ask));
    return make("li", {}, details);
  });
  return fold("Dearest conversations", list.length ? make("ul", {}, list) : none());
}

async function open(details, name, ask) {
  if (!details.open || details.children.length > 1) return;
  const told = await ask(name);
  if (details.children.length > 1) return;
  details.append(told ? table(`Exchanges of ${name}`, STEPS, told.steps) : make("p", { class: "hint" }, "No answer from the server."));
}

/** The chart's days as a table. */
export function dayTable(days) {
  const totals = days.map(({ day, models }) => models.reduce(added, { ...models[0], ...ZERO, key: day })).reverse();
  return folded("The days as a table", [{ title: "Day", kind: "name", cell: (one) => one.key }, ...SUMS], totals);
}

const ZERO = { exchanges: 0, input: 0, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, output: 0, cost: 0, unpriced: 0 };

const added = (one, other) =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, name in ZERO ? value + other[name] : value]));

const dearestFirst = (all) => [...all].sort((one, other) => other.cost - one.cost || sent(other) - sent(one));

const none = () => make("p", { class: "hint" }, "None in these days.");

function table(caption, columns, rows) {
  const made = tableOf(caption, columns);
  made.append(rowGroup({}, rows.map((row) => rowOf(columns, row))));
  return made;
}

const folded = (title, columns, rows, isOpen = false) =>
  fold(title, rows.length ? table(title, columns, rows) : none(), isOpen);

function fold(title, content, isOpen = false) {
  const details = make("details", {}, make("summary", {}, make("h3", {}, title)), content);
  details.open = isOpen;
  return details;
}

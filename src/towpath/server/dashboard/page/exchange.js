// One exchange: the cells of its row, and what is said below it.

import { cut, make } from "./dom.js";
import { cacheShare, inputTokens, milliseconds, shareOrDash, tokens } from "./words.js";

const RUNNING = { waiting: "waits for a place", asking: "asks the model", answering: "is answering" };
const ENDED = { end_turn: "done", tool_use: "called tools", max_tokens: "cut at max_tokens" };

export const runs = (one) => one.state in RUNNING;

/** Seconds ago, kept true by page.js. */
export function ago(at) {
  const moment = new Date(at * 1000);
  return make("time", { datetime: moment.toISOString(), title: moment.toLocaleString(), "data-at": at }, "…");
}

export const conversationLink = (number) => make("a", { href: `#conversation-${number}` }, `conversation ${number}`);

/** The columns that an exchange fills. ``isParked``: a process waits for the results of its calls. */
export const EXCHANGE_COLUMNS = [
  { title: "When", kind: "when", cell: ({ exchange }) => ago(exchange.began_at) },
  { title: "Way", kind: "way", cell: ({ exchange }) => way(exchange) },
  { title: "First event", kind: "number first", cell: ({ exchange }) => milliseconds(exchange.first_event_ms) },
  { title: "Input", kind: "number roomy", cell: ({ exchange }) => tokens(inputTokens(exchange.usage)) },
  { title: "From cache", kind: "number roomy", cell: ({ exchange }) => shareOrDash(cacheShare(exchange.usage)) },
  { title: "Output", kind: "number roomy", cell: ({ exchange }) => tokens(exchange.usage.output_tokens) },
  { title: "End", kind: "end", cell: ({ exchange, isParked }) => ended(exchange, isParked) },
];

function way(one) {
  if (!one.way) return runs(one) ? "…" : "–";
  const reason = cut(one.reason);
  reason.classList.add("why");
  return make("span", { class: "pair" }, make("span", { class: `badge ${one.way}` }, one.way), reason);
}

function ended(one, isParked) {
  if (runs(one)) return make("span", { class: "badge running" }, RUNNING[one.state]);
  if (isParked) return make("span", { class: "badge parked" }, "waits for your client");
  const after = make("span", { class: "why" }, `after ${milliseconds(one.seconds * 1000)}`);
  if (one.error) return [make("span", { class: "bad" }, `failed, ${one.error.status}`), " ", after];
  if (one.state === "client left") return ["the client left ", after];
  return [`${ENDED[one.stop_reason] ?? one.stop_reason ?? "done"} `, after];
}

/** Its figures in a line, for screens that have no room for their columns. */
export function figures({ first_event_ms: first, usage }) {
  const cached = shareOrDash(cacheShare(usage));
  const words = `first event ${milliseconds(first)}, input ${tokens(inputTokens(usage))} (${cached} from cache), output ${tokens(usage.output_tokens)}`;
  return note("Figures", words, "narrow");
}

/** Why it failed, why the cache did not help, and what was said, where the server was asked to show it. */
export function notes(one) {
  return [
    one.error && note("Why", `${one.error.message} · ${one.error.plain}`, "bad"),
    one.cache_note && note("Cache miss", one.cache_note),
    one.question && note("Asked", one.question, "said"),
    one.answer && note("Answered", one.answer, "said"),
  ].filter(Boolean);
}

/** A line with its label. */
export const note = (label, text, kind = "") =>
  make("p", { class: `note ${kind}`, title: text }, make("b", {}, `${label}: `), text);

// The conversations, the newest first, each with its last exchanges.

import { make, table } from "./dom.js";
import { cacheShare, inputTokens, milliseconds, plural, shareOrDash, tokens } from "./words.js";

const SHOWN = 8;
const SHOWN_EXCHANGES = 3;
const RUNNING = { waiting: "waits for a place", asking: "asks the model", answering: "is answering" };
const ENDED = { end_turn: "done", tool_use: "called tools", max_tokens: "cut at max_tokens" };

/** Exchanges, the newest first, as conversations: {number, model, messages, exchanges, usage}, likewise. */
export function conversations(exchanges) {
  const groups = Map.groupBy
    ? Map.groupBy(exchanges, (one) => one.conversation)
    : exchanges.reduce((all, one) => all.set(one.conversation, [...(all.get(one.conversation) ?? []), one]), new Map());
  return [...groups].slice(0, SHOWN).map(([number, own]) => ({ number, exchanges: own }));
}

/** Seconds ago, kept true by page.js. */
export function ago(at) {
  const moment = new Date(at * 1000);
  return make("time", { datetime: moment.toISOString(), title: moment.toLocaleString(), "data-at": at }, "…");
}

/** One conversation. */
export function conversation({ number, exchanges }) {
  const [newest] = exchanges;
  const runs = newest.state in RUNNING;
  const shown = exchanges.slice(0, SHOWN_EXCHANGES);
  const earlier = exchanges.slice(SHOWN_EXCHANGES);
  return make(
    "article",
    { "aria-labelledby": `conversation-${number}`, class: runs ? "runs" : null },
    make(
      "div",
      { class: "line" },
      make("h3", { id: `conversation-${number}` }, `Conversation ${number}`),
      make("code", {}, newest.model),
      make("span", { class: "hint" }, plural(newest.messages, "message")),
      newest.mode === "internal" && make("span", { class: "hint" }, "internal mode"),
      runs && make("span", { class: "badge running" }, RUNNING[newest.state]),
    ),
    exchangeTable(`The last exchanges of conversation ${number}`, shown),
    earlier.length > 0 &&
      make(
        "details",
        {},
        make("summary", {}, `${plural(earlier.length, "earlier exchange")}`),
        exchangeTable(`Earlier exchanges of conversation ${number}`, earlier),
      ),
  );
}

const COLUMNS = [
  { title: "When", cell: (one) => ago(one.began_at) },
  { title: "Way", cell: way },
  { title: "First event", numeric: true, cell: (one) => milliseconds(one.first_event_ms) },
  { title: "Input", numeric: true, cell: (one) => tokens(inputTokens(one.usage)) },
  { title: "From cache", numeric: true, cell: (one) => shareOrDash(cacheShare(one.usage)) },
  { title: "Output", numeric: true, cell: (one) => tokens(one.usage.output_tokens) },
  { title: "End", cell: ended },
];

function exchangeTable(caption, exchanges) {
  return table(caption, COLUMNS, exchanges, more);
}

function way(one) {
  if (!one.way) return one.state in RUNNING ? "…" : "–";
  const badge = make("span", { class: `badge ${one.way}` }, one.way);
  return make("span", { class: "line" }, badge, make("span", { class: "why" }, one.reason));
}

function ended(one) {
  if (one.state in RUNNING) return RUNNING[one.state];
  const after = make("span", { class: "why" }, `after ${milliseconds(one.seconds * 1000)}`);
  if (one.error) return [make("span", { class: "bad" }, `failed, ${one.error.status}`), after];
  if (one.state === "client left") return ["the client left", after];
  return [ENDED[one.stop_reason] ?? one.stop_reason ?? "done", after];
}

/** Why the cache did not help; and what was said, where the server was asked to show it. */
function more(one) {
  const lines = [
    one.cache_note && make("p", { class: "hint" }, one.cache_note),
    one.question && make("p", { class: "said" }, make("b", {}, "Asked: "), one.question),
    one.answer && make("p", { class: "said" }, make("b", {}, "Answered: "), one.answer),
  ].filter(Boolean);
  return lines.length ? lines : null;
}

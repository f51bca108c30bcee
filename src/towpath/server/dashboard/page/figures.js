// What is going on in figures, and what was read and written in tokens.

import { make, rowGroup, rowOf, tableOf } from "./dom.js";
import { runs } from "./exchange.js";
import { cacheShare, count, dollars, inputTokens, percent, plural, shareOrDash, tokens } from "./words.js";

/** What is going on, as terms and figures. */
export function tiles({ server, totals, today, exchanges }) {
  const running = exchanges.filter((one) => runs(one) && one.state !== "waiting").length;
  const live = Object.values(server.sessions).reduce((sum, one) => sum + one, 0);
  return [
    ["Running", count(running), server.waiting ? `${count(server.waiting)} waiting` : "none waiting"],
    ["Live processes", count(live), `${count(server.memory_mb)} MB`],
    ["Exchanges", count(totals.exchanges), `${count(totals.failed)} failed, ${count(totals.refused)} refused`],
    ["Today", dollars(today.cost), `${plural(today.exchanges, "exchange")}, at API prices`],
    ["Input from cache", shareOrDash(cacheShare(totals)), `of ${tokens(inputTokens(totals))} tokens`],
  ].map(([title, figure, note]) => ({ title, figure, note }));
}

export function tile({ title, figure, note }) {
  return make("div", {}, make("dt", {}, title), make("dd", {}, make("b", {}, figure), make("span", {}, note)));
}

const KINDS = [
  ["From cache", "cache_read_input_tokens"],
  ["Into the cache", "cache_creation_input_tokens"],
  ["Input, not cached", "input_tokens"],
  ["Output", "output_tokens"],
];

/** All tokens by their kind. */
export function tokenTable(totals) {
  const all = inputTokens(totals);
  if (!all && !totals.output_tokens) return make("p", { class: "hint" }, "No tokens yet.");
  const share = (kind) => (kind === "output_tokens" || !all ? "" : percent(totals[kind] / all));
  const columns = [
    { title: "Kind", cell: ([title]) => title },
    { title: "Tokens", kind: "number", cell: ([, kind]) => count(totals[kind]) },
    { title: "Of the input", kind: "number", cell: ([, kind]) => share(kind) },
  ];
  const table = tableOf("Tokens since the server started", columns);
  table.append(rowGroup({}, KINDS.map((row) => rowOf(columns, row))));
  return table;
}

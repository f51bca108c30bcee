// What the ledger has of the last 30 days: read again each minute, and when somebody looks at the page again.

import { make, show } from "./dom.js";
import { dayChart, MEASURES } from "./days.js";
import { dayTable, dearest, groups, misses, slowest, summary } from "./ledger.js";

const AGAIN_MS = 60_000;
const at = (id) => document.getElementById(id);

let report = null;
let key = "";
let measure = "cost";

/** Shows the section from now on, with this key, and tells each new report. Returns a function that stops it. */
export function followUsage(newKey, tell) {
  key = newKey;
  const look = () => document.hidden || read(tell);
  const timer = setInterval(look, AGAIN_MS);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

/** An answer of the server's, or null. */
async function ask(path) {
  try {
    const response = await fetch(path, { headers: key ? { "x-api-key": key } : {}, cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // the line above says that the connection is lost
  }
}

async function read(tell) {
  const newest = await ask("/v1/usage?days=30");
  if (!newest) return;
  report = newest;
  tell(report);
  render();
}

function render() {
  at("usage").hidden = !report.total.exchanges;
  show(at("usage-summary"), report, summary);
  show(at("usage-tables"), report, tables);
  showDays();
}

function tables(value) {
  return make(
    "div",
    { class: "tables" },
    groups("By model", value.models, "unknown"),
    groups("By client", value.clients, "not named"),
    misses(value.causes),
    slowest(value.slowest),
    dearest(value.conversations, (name) => ask(`/v1/usage/conversations/${encodeURIComponent(name)}`)),
    dayTable(value.days),
  );
}

function showDays() {
  const place = at("usage-chart");
  if (!report || !place.clientWidth) return;
  const width = Math.max(240, Math.floor(place.clientWidth));
  show(place, { days: report.days, last: report.last, measure, width }, () => dayChart(report, measure, width));
}

at("usage-measure").append(...Object.entries(MEASURES).map(([value, { title }]) => make("option", { value }, title)));
at("usage-measure").addEventListener("change", (event) => {
  measure = event.target.value;
  showDays();
});
new ResizeObserver(showDays).observe(at("usage-chart"));

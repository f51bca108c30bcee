// The page: follows the activity and shows it.

import { timeChart } from "./chart.js";
import { showClients } from "./connect.js";
import { conversation, conversations } from "./conversations.js";
import { keep, make, show } from "./dom.js";
import { errorItem, processTable, serverLine, tile, tiles, tokenTable, windows } from "./panels.js";
import { follow } from "./stream.js";
import { duration } from "./words.js";

const KEY = "towpath-key";
const SHOWN_ERRORS = 5;
const at = (id) => document.getElementById(id);

let newest = null;
let seenErrors = null;
let aheadSeconds = 0; // how far the server's clock is ahead of this one
let stop = () => {};

function connect(key) {
  stop();
  stop = follow(key, {
    snapshot(value) {
      newest = value;
      aheadSeconds = value.at - Date.now() / 1000;
      render();
    },
    connected() {
      at("key-form").hidden = true;
      at("data").hidden = false;
      at("forget-key").hidden = !key;
      say("live", "Live");
    },
    lost: () => say("lost", newest ? "Connection lost; trying again. What is below is from before." : "No answer from the server; trying again."),
    refused() {
      sessionStorage.removeItem(KEY);
      askForKey(key ? "This key is not accepted." : "");
    },
  });
}

function say(state, words) {
  const line = at("connection");
  line.dataset.state = state;
  document.body.dataset.state = state;
  if (line.textContent !== words) line.textContent = words;
}

function askForKey(problem) {
  newest = null;
  at("data").hidden = true;
  at("server").replaceChildren();
  at("forget-key").hidden = true;
  at("key-form").hidden = false;
  at("key-error").textContent = problem;
  say("locked", "A key is needed");
  at("key").value = "";
  at("key").focus();
}

function render() {
  const { server, limits, exchanges, errors, processes, totals } = newest;
  show(at("server"), server, serverLine);
  keep(at("now"), tiles(newest), (one) => one.title, tile);
  keep(at("conversation-list"), conversations(exchanges), (one) => one.number, conversation);
  showHint(exchanges.length);
  showChart();
  show(at("tokens"), totals, tokenTable);
  show(at("limits"), limits, windows);
  show(at("processes"), processes, processTable);
  showErrors(errors);
  tick();
}

function showHint(known) {
  const hint = at("conversations-hint");
  hint.hidden = known > 0;
  if (known || hint.childElementCount) return;
  const link = make("a", { href: "#connect" }, "Connect a client");
  hint.replaceChildren("Nothing has come yet. ", link, ", ask it something, and it appears here.");
}

function showChart() {
  const place = at("chart");
  const width = Math.max(240, Math.floor(place.clientWidth));
  const shown = newest.exchanges.filter((one) => one.first_event_ms !== null);
  show(place, { shown: shown.map((one) => [one.request_id, one.conversation]), width }, () => timeChart(shown, width));
}

function showErrors(errors) {
  if (!errors.length) {
    at("errors").replaceChildren(make("p", { class: "hint" }, "None."));
  } else {
    if (at("errors").firstElementChild?.tagName !== "OL") at("errors").replaceChildren(make("ol", {}));
    keep(at("errors").firstElementChild, errors.slice(0, SHOWN_ERRORS), (one) => one.request_id, errorItem);
  }
  const ids = errors.map((one) => one.request_id);
  const fresh = seenErrors && errors.find((one) => !seenErrors.has(one.request_id));
  if (fresh) at("new-error").textContent = `New error: ${fresh.plain}`;
  seenErrors = new Set(ids);
}

/** Times are said anew as they go by. */
function tick() {
  const now = Date.now() / 1000 + aheadSeconds;
  for (const time of document.querySelectorAll("time[data-at]")) {
    const seconds = now - Number(time.dataset.at);
    const text = seconds < 5 ? "just now" : `${duration(seconds)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = at("key").value.trim();
  sessionStorage.setItem(KEY, key);
  connect(key);
});

at("forget-key").addEventListener("click", () => {
  stop();
  sessionStorage.removeItem(KEY);
  askForKey("");
});

new ResizeObserver(() => newest && showChart()).observe(at("chart"));
setInterval(tick, 1000);
showClients(at("clients"), at("copied"));
connect(sessionStorage.getItem(KEY) ?? "");

// Who serves here, and what keeps it from serving.

import { copyable } from "./copy.js";
import { make } from "./dom.js";
import { ago } from "./exchange.js";
import { inWords } from "./words.js";

const METHODS = { api_key: "API key", api_key_helper: "API key", oauth_token: "OAuth token", "claude.ai": "Claude login" };
const PROVIDERS = { bedrock: "Amazon Bedrock", vertex: "Google Vertex AI", foundry: "Microsoft Foundry" };

/** How it is logged in, its mode, its version and its age; and why the ledger is not written, if it is not. */
export function serverLine(server) {
  const words = server.status === "starting" ? "Starting" : server.auth.logged_in ? login(server.auth) : "Not logged in";
  const others = server.accesses.slice(1).map(accessOf);
  const also = others.length ? ` · also by ${others.join(", ")}` : "";
  const ledger = !["ok", "off"].includes(server.ledger) && make("span", { class: "bad" }, ` · ${server.ledger}`);
  const said = `${words}${also} · ${server.mode} mode · version ${server.version} · started `;
  return make("span", {}, said, ago(server.started_at), ledger);
}

const accessOf = ({ name, logged_in: isIn }) => (isIn === false ? `${name} (not logged in)` : name);

function login({ method, provider, subscription }) {
  if (subscription) return `${inWords(subscription)} plan`;
  return PROVIDERS[provider] ?? METHODS[method] ?? inWords(method ?? "logged in");
}

/** Why nothing can be answered, and the command that mends it, if one does; null if all is well. */
export function trouble({ status, cli }) {
  if (!cli.found) {
    return {
      title: "The Claude CLI is missing",
      words: "Requests fail until Towpath is installed again, the way it was installed. That brings its CLI along.",
    };
  }
  if (status !== "not logged in") return null;
  const path = cli.path.includes(" ") ? `"${cli.path}"` : cli.path;
  return {
    title: "Nobody is logged in to Claude",
    words:
      "Requests fail until somebody is. Run this on the server's machine, or set CLAUDE_PROXY_UPSTREAM_API_KEY to " +
      "an API key and start the server again. This page notices a login within a minute.",
    command: `${path} auth login`,
  };
}

/** The same as a banner; ``said`` is where a screen reader hears that the command was copied. */
export function banner(found, said) {
  const shown = make("div", {}, make("h2", {}, found.title), make("p", {}, found.words));
  if (found.command) shown.append(make("div", { class: "command" }, ...copyable("the command", found.command, said)));
  return shown;
}

// The activity as it comes. By fetch, since an EventSource cannot send a key.

// The server says something every 15 s at least (CLAUDE_PROXY_PING_SECONDS): a line that is silent is dead.
const SILENT_MS = 60_000;
const AGAIN_MS = [500, 1000, 2000, 5000, 10_000];

/**
 * Reads snapshots until stopped, and connects again on its own.
 * on: {snapshot(value), connected(), lost(waitMs), refused()}; refused means that the key is missing or wrong,
 * and ends it. Returns a function that stops it.
 */
export function follow(key, on) {
  const stopping = new AbortController();
  run(key, on, stopping.signal);
  return () => stopping.abort();
}

async function run(key, on, stopped) {
  for (let failures = 0; !stopped.aborted; failures++) {
    try {
      const response = await read(key, on, stopped, () => (failures = 0));
      if (response.status === 401) return on.refused();
    } catch {
      // A server that is not there, and a line that broke, are the same to a person: it is tried again.
    }
    if (stopped.aborted) return;
    const wait = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)];
    on.lost(wait);
    await pause(wait, stopped);
  }
}

async function read(key, on, stopped, begun) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const response = await fetch("/v1/activity/stream", {
      headers: key ? { "x-api-key": key } : {},
      cache: "no-store",
      signal: AbortSignal.any([stopped, silence.signal]),
    });
    if (!response.ok) return response;
    on.connected();
    begun();
    let rest = "";
    for await (const part of parts(response.body.pipeThrough(new TextDecoderStream()))) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      const events = (rest + part).split("\n\n");
      rest = events.pop();
      for (const event of events) tell(event, on);
    }
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** The pieces of a stream; not every browser can loop over one. */
async function* parts(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function tell(event, on) {
  const lines = event.split("\n");
  const data = lines.find((line) => line.startsWith("data: "));
  if (lines.includes("event: activity") && data) on.snapshot(JSON.parse(data.slice(6)));
}

/** Waits, but no longer than until the machine says that it is on-line, or somebody looks at the page. */
function pause(milliseconds, stopped) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    document.addEventListener("visibilitychange", done);
    stopped.addEventListener("abort", done, { once: true });
  });
}

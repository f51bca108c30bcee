// Names OpenCode's session and agent in each request that goes to a server on this machine.
//
// Optional: Towpath knows a conversation by what is in it and needs none of this. It is for a person who
// reads logs, and for servers that tell agents apart. Added by `towpath setup opencode --plugin`, or by
// "plugin": ["file:///path/to/towpath.ts"] in opencode.json.
//
// It imports nothing, so OpenCode has nothing to install for it.

type Request = {
  sessionID: string
  agent: string // its name: build, plan, title, ...
  model: { providerID: string; api?: { url?: string } }
  provider: { options?: { baseURL?: string } }
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"])

// What is meant for Towpath is not told to the real API, should the address be taken out again.
function isHere(request: Request): boolean {
  const address = request.provider.options?.baseURL ?? process.env.ANTHROPIC_BASE_URL
  return !!address && URL.canParse(address) && LOOPBACK.has(new URL(address).hostname)
}

// A header may hold printable ASCII only; an agent may have any name.
const asHeader = (name: string) => name.replace(/[^\x20-\x7e]+/g, encodeURIComponent)

export const Towpath = async () => ({
  "chat.headers": async (request: Request, output: { headers: Record<string, string> }) => {
    if (request.model.providerID !== "anthropic" || !isHere(request)) return
    output.headers["x-opencode-session"] = asHeader(request.sessionID)
    output.headers["x-opencode-agent"] = asHeader(request.agent)
  },
})

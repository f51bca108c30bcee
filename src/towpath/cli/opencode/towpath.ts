// Names OpenCode's session and agent in each request that goes to a server on this machine.
//
// Optional: Towpath knows a conversation by what is in it and needs none of this. It is for a person who
// reads logs, and for servers that tell agents apart. Added by `towpath setup opencode --plugin`, or by
// "plugin": ["file:///path/to/towpath.ts"] in opencode.json.
//
// One file for both majors: OpenCode 1 (from 1.18.29) calls `server`, OpenCode 2 calls `setup`. It imports
// nothing, so OpenCode has nothing to install for it.

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"])

// What is meant for Towpath is not told to the real API, should the address be taken out again.
const isHere = (address?: string) =>
  !!address && URL.canParse(address) && LOOPBACK.has(new URL(address).hostname)

// A header may hold printable ASCII only; an agent may have any name.
const asHeader = (name: string) => name.replace(/[^\x20-\x7e]+/g, encodeURIComponent)

const named = (sessionID: string, agent: string) => ({
  "x-opencode-session": asHeader(sessionID),
  "x-opencode-agent": asHeader(agent),
})

type ChatRequest = {
  sessionID: string
  agent: string // its name: build, plan, title, ...
  model: { providerID: string }
  provider: { options?: { baseURL?: string } }
}

const server = async () => ({
  "chat.headers": async (request: ChatRequest, output: { headers: Record<string, string> }) => {
    const address = request.provider.options?.baseURL ?? process.env.ANTHROPIC_BASE_URL
    if (request.model.providerID !== "anthropic" || !isHere(address)) return
    Object.assign(output.headers, named(request.sessionID, request.agent))
  },
})

type HttpRequest = {
  sessionID: string
  agent: string
  model: { providerID: string }
  kind: string // primary, title, compaction, generate
  request: Request
}
type Hook = (name: "http.request", does: (event: HttpRequest) => void) => Promise<unknown>

const setup = async (context: { session: { hook: Hook } }) => {
  await context.session.hook("http.request", event => {
    if (event.model.providerID !== "anthropic" || !isHere(event.request.url)) return
    const agent = event.kind === "primary" ? event.agent : event.kind
    for (const [name, value] of Object.entries(named(event.sessionID, agent)))
      event.request.headers.set(name, value)
  })
}

export default { id: "towpath", server, setup }

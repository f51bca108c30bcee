// Drives the Claude Agent SDK for TypeScript; prints what came of it as JSON, as agent_sdk_turns.py does.
import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk"
import { z } from "zod"

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } }
const SCHEMA = { type: "object", properties: { depth: { type: "integer" } }, required: ["depth"] }
const CALLS = ["upper", "lower"].map((lock) => `CALL mcp__t__gauge {"lock": "${lock}"}`).join("\n")

const gauge = tool("gauge", "Reads the water level at a lock.", { lock: z.string() }, async ({ lock }) => ({
  content: [{ type: "text", text: `${lock} is two metres deep` }],
}))
const fields = () => ({
  model: "claude-sonnet-4-5",
  systemPrompt: "You are a lock keeper.",
  settingSources: [],
  tools: [],
  mcpServers: { t: createSdkMcpServer({ name: "t", tools: [gauge] }) },
  allowedTools: ["mcp__t__gauge"],
})

const said = {}
const asUser = (content) => ({ type: "user", message: { role: "user", content }, parent_tool_use_id: null })

// The next question goes out when the answer before it has ended.
const questions = [["text", "SAY hello"], ["streamed", "REPEAT 5 boat "], ["results", CALLS]]
let goOn
async function* prompts() {
  for (const [, text] of questions) {
    const answered = new Promise((resolve) => (goOn = resolve))
    yield asUser(text)
    await answered
  }
}
let pieces = []
let asked = 0
for await (const message of query({ prompt: prompts(), options: { ...fields(), includePartialMessages: true } })) {
  if (message.type === "stream_event" && message.event.delta?.type === "text_delta")
    pieces.push(message.event.delta.text)
  if (message.type !== "result") continue
  const [name] = questions[asked++]
  said[name] = name === "streamed" ? pieces : message.result
  pieces = []
  goOn()
}

async function ended(prompt, more = {}) {
  let result
  for await (const message of query({ prompt, options: { ...fields(), ...more } }))
    if (message.type === "result") result = message
  return result
}
const outputFormat = { type: "json_schema", schema: SCHEMA }
said.object = (await ended('CALL StructuredOutput {"depth": 2}', { outputFormat })).structured_output
async function* picture() {
  yield asUser([IMAGE, { type: "text", text: "SAY a boat" }])
}
said.picture = (await ended(picture())).result
said.error = await ended("CLOSE THE GATE").then((result) => result.result, (error) => String(error))
console.log(JSON.stringify(said))

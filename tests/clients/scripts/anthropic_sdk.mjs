// Drives Anthropic's SDK for TypeScript: `node anthropic_sdk.mjs <what> <url>` prints what came of it as JSON.
import Anthropic from "@anthropic-ai/sdk"
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema"

const [what, baseURL] = process.argv.slice(2)
const client = new Anthropic({ baseURL, apiKey: "dummy", maxRetries: 0 })
const fields = { model: "claude-sonnet-4-6", max_tokens: 4000 }
const user = (content) => ({ role: "user", content })
const schema = { type: "object", properties: { lock: { type: "string" } }, required: ["lock"] }
const gauge = { name: "gauge", description: "Reads the water level at a lock.", input_schema: schema }

const does = {
  async text() {
    const whole = await client.messages.create({ ...fields, messages: [user("SAY hello")] })
    const stream = client.messages.stream({ ...fields, messages: [user("REPEAT 50 boat ")] })
    const pieces = []
    stream.on("text", (piece) => pieces.push(piece))
    const streamed = await stream.finalMessage()
    return { whole, streamed, pieces: pieces.length }
  },
  async tool() {
    const messages = [user('CALL gauge {"lock": "upper"}')]
    const asked = await client.messages.stream({ ...fields, messages, tools: [gauge] }).finalMessage()
    const call = asked.content.find((block) => block.type === "tool_use")
    messages.push({ role: "assistant", content: asked.content })
    messages.push(user([{ type: "tool_result", tool_use_id: call.id, content: "two metres" }]))
    const answer = await client.messages.stream({ ...fields, messages, tools: [gauge] }).finalMessage()
    return { call: { name: call.name, input: call.input }, answer }
  },
  async runner() {
    const run = async ({ lock }) => `${lock} is three metres deep`
    const depth = betaTool({ name: "depth", description: "Measures.", inputSchema: schema, run })
    const messages = [user('CALL depth {"lock": "upper"}')]
    return { answer: await client.beta.messages.toolRunner({ ...fields, messages, tools: [depth] }) }
  },
  async error() {
    return client.messages.stream({ ...fields, messages: [user("hello")] }).finalMessage()
  },
}

try {
  console.log(JSON.stringify(await does[what]()))
} catch (error) {
  const { name } = error.constructor
  const { status, error: body, message, requestID } = error
  console.log(JSON.stringify({ failed: { name, status, body, message, requestID } }))
}

// Drives OpenAI's SDK for TypeScript: `node openai_sdk.mjs <api>-<what> <url>` prints what came of it as JSON.
import OpenAI from "openai"

const [asked, url] = process.argv.slice(2)
const [api, what] = asked.split("-")
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "dummy", maxRetries: 0 })
const model = "claude-sonnet-4-6"
const parameters = { type: "object", properties: { lock: { type: "string" } }, required: ["lock"] }
const dot =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
const schema = { type: "object", properties: { open: { type: "boolean" } }, required: ["open"] }
const user = (content) => ({ role: "user", content })
const CALLS = 'CALL gauge {"lock": "upper"}\nCALL gauge {"lock": "lower"}'
const depth = (call) => `${JSON.parse(call).lock} is two metres deep`

const chat = {
  say: async (messages, more = {}) => (await client.chat.completions.create({ model, messages, ...more })).choices[0].message,
  async text() {
    const first = await chat.say([user("SAY hello")])
    const again = await chat.say([user("SAY hello"), first, user("SAY again")])
    const stream = client.chat.completions.stream({ model, messages: [user("REPEAT 50 boat ")] })
    return { texts: [first.content, again.content], streamed: await stream.finalContent() }
  },
  async tool() {
    const run = client.chat.completions.runTools({
      model,
      messages: [user(CALLS)],
      tools: [{ type: "function", function: { name: "gauge", parameters, function: depth } }],
    })
    return { text: await run.finalContent() }
  },
  async object() {
    const format = { type: "json_schema", json_schema: { name: "gate", strict: true, schema } }
    const fields = { model, messages: [user("Is the gate open?")], response_format: format }
    return { object: JSON.parse((await client.chat.completions.parse(fields)).choices[0].message.content) }
  },
  async image() {
    const content = [{ type: "text", text: "SAY grey" }, { type: "image_url", image_url: { url: dot } }]
    return { text: (await chat.say([user(content)])).content }
  },
  error: () => chat.say([user("hello")]),
}
const responses = {
  say: (input, more = {}) => client.responses.create({ model, input, ...more }),
  async text() {
    const first = await responses.say([user("SAY hello")])
    const again = await responses.say([user("SAY hello"), ...first.output, user("SAY again")])
    const stream = client.responses.stream({ model, input: "REPEAT 50 boat " })
    return { texts: [first.output_text, again.output_text], streamed: (await stream.finalResponse()).output_text }
  },
  async tool() {
    const tools = [{ type: "function", name: "gauge", parameters }]
    const first = await responses.say([user(CALLS)], { tools })
    const calls = first.output.filter((item) => item.type === "function_call")
    const outputs = calls.map(({ call_id, arguments: given }) => ({
      type: "function_call_output", call_id, output: depth(given),
    }))
    return { text: (await responses.say([user(CALLS), ...first.output, ...outputs], { tools })).output_text }
  },
  async object() {
    const text = { format: { type: "json_schema", name: "gate", strict: true, schema } }
    return { object: JSON.parse((await responses.say("Is the gate open?", { text })).output_text) }
  },
  async image() {
    const content = [{ type: "input_text", text: "SAY grey" }, { type: "input_image", image_url: dot }]
    return { text: (await responses.say([user(content)])).output_text }
  },
  error: () => responses.say("hello"),
}

try {
  console.log(JSON.stringify(await { chat, responses }[api][what]()))
} catch (error) {
  const { name, status, message } = error
  console.log(JSON.stringify({ failed: { name: error.constructor.name, status, message } }))
}

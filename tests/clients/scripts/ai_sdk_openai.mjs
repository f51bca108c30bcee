// Drives Vercel's AI SDK through OpenAI's APIs: `node ai_sdk_openai.mjs <provider>-<what> <url>` prints JSON.
import { createOpenAI } from "@ai-sdk/openai"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai"

const [asked, url] = process.argv.slice(2)
const [provider, what] = asked.split("-")
const baseURL = `${url}/v1`
const name = "claude-sonnet-4-6"
const models = {
  responses: () => createOpenAI({ baseURL, apiKey: "dummy" })(name),
  chat: () => createOpenAI({ baseURL, apiKey: "dummy" }).chat(name),
  compatible: () =>
    createOpenAICompatible({ name: "towpath", baseURL, apiKey: "dummy", supportsStructuredOutputs: true, includeUsage: true })(name),
}
const inputSchema = jsonSchema({ type: "object", properties: { lock: { type: "string" } }, required: ["lock"] })
const execute = async ({ lock }) => `${lock} is two metres deep`
const gauge = tool({ description: "Reads the water level at a lock.", inputSchema, execute })
const fields = { model: models[provider](), maxRetries: 0 }
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

const does = {
  async text() {
    const user = (content) => ({ role: "user", content })
    const first = await generateText({ ...fields, messages: [user("SAY hello")] })
    const messages = [user("SAY hello"), ...first.response.messages, user("SAY again")]
    const again = await generateText({ ...fields, messages })
    const stream = streamText({ ...fields, prompt: "REPEAT 50 boat " })
    const pieces = []
    for await (const piece of stream.textStream) pieces.push(piece)
    return { texts: [first.text, again.text], pieces: pieces.length, usage: (await stream.usage).outputTokens }
  },
  async tool() {
    const prompt = 'CALL gauge {"lock": "upper"}\nCALL gauge {"lock": "lower"}'
    const result = streamText({ ...fields, prompt, tools: { gauge }, stopWhen: stepCountIs(4) })
    return { text: await result.text, steps: (await result.steps).length }
  },
  async object() {
    const schema = jsonSchema({ type: "object", properties: { open: { type: "boolean" } }, required: ["open"] })
    const output = Output.object({ schema })
    return { object: (await generateText({ ...fields, output, prompt: "Is the gate open?" })).output }
  },
  async image() {
    const content = [
      { type: "text", text: "SAY grey" },
      { type: "file", mediaType: "image/png", data: dot },
    ]
    return { text: (await generateText({ ...fields, messages: [{ role: "user", content }] })).text }
  },
  async error() {
    return { text: (await generateText({ ...fields, prompt: "hello" })).text }
  },
}

try {
  console.log(JSON.stringify(await does[what]()))
} catch (error) {
  const { name, statusCode, message } = error
  console.log(JSON.stringify({ failed: { name, statusCode, message } }))
}

// Drives Vercel's AI SDK: `node ai_sdk.mjs <what> <url>` prints what came of it as JSON.
import { createAnthropic } from "@ai-sdk/anthropic"
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai"

const [what, url] = process.argv.slice(2)
const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: "dummy" })("claude-sonnet-4-6")
const inputSchema = jsonSchema({ type: "object", properties: { lock: { type: "string" } }, required: ["lock"] })
const execute = async ({ lock }) => `${lock} is two metres deep`
const gauge = tool({ description: "Reads the water level at a lock.", inputSchema, execute })
const fields = { model, maxRetries: 0 }

const partsOf = async (result) => {
  const parts = []
  for await (const part of result.fullStream) parts.push(part)
  return parts
}

const does = {
  async text() {
    const whole = await generateText({ ...fields, system: "Be brief.", prompt: "SAY hello" })
    const parts = await partsOf(streamText({ ...fields, prompt: "REPEAT 50 boat " }))
    const texts = parts.filter((part) => part.type === "text-delta").map((part) => part.text)
    return { text: whole.text, usage: whole.usage, streamed: texts.join(""), kinds: parts.map((part) => part.type) }
  },
  async tool() {
    const prompt = 'CALL gauge {"lock": "upper"}\nCALL gauge {"lock": "lower"}'
    const result = streamText({ ...fields, prompt, tools: { gauge }, stopWhen: stepCountIs(4) })
    const parts = await partsOf(result)
    return { text: await result.text, steps: (await result.steps).length, kinds: parts.map((part) => part.type) }
  },
  async thinking() {
    const thinking = { type: "enabled", budgetTokens: 2000 }
    const prompt = 'THINK which lock\nCALL gauge {"lock": "upper"}'
    const providerOptions = { anthropic: { thinking } }
    const { text, steps } = await generateText({
      ...fields, prompt, tools: { gauge }, providerOptions, stopWhen: stepCountIs(4),
    })
    return { text, thought: steps[0].reasoningText }
  },
  async object() {
    const schema = jsonSchema({ type: "object", properties: { open: { type: "boolean" } }, required: ["open"] })
    return { object: (await generateObject({ ...fields, schema, prompt: "Is the gate open?" })).object }
  },
  async error() {
    return { text: (await generateText({ ...fields, prompt: "hello" })).text }
  },
  async broken() {
    const parts = await partsOf(streamText({ ...fields, prompt: "hello", onError: () => {} }))
    const errors = parts.filter((part) => part.type === "error").map((part) => part.error)
    return { kinds: parts.map((part) => part.type), errors }
  },
}

try {
  console.log(JSON.stringify(await does[what]()))
} catch (error) {
  const { name, statusCode, message, data } = error
  console.log(JSON.stringify({ failed: { name, statusCode, message, data } }))
}

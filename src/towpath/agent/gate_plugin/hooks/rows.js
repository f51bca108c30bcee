// Claude Code runs these hooks for each row that it adds to its conversation, before it asks the model again:
// agent/gate.py says why. A subagent's conversation (agentId) is the CLI's own affair. What throws lets the
// row through.

export const register = on => {
  let turnId
  let passed = 0

  on('turn.start', async ($, e, next) => {
    if (e.agentId === undefined) turnId = e.turnId
    return next(e)
  })

  // A user message in the CLI's own words.
  on('session.append', { door: 'note' }, async ($, e, next) => {
    if (e.agentId === undefined) await $.turn.abort({ turnId })
    return next(e)
  })

  // A tool's result: one that the client gave, or one that the CLI made up.
  on('session.append', { door: 'tool-result' }, async ($, e, next) => {
    const file = await $.env.get('TOWPATH_RESULTS')
    if (!file || e.agentId !== undefined) return next(e)
    const given = Number(await $.fs.read(file))
    if (passed < given) passed++
    else await $.turn.abort({ turnId })
    return next(e)
  })
}

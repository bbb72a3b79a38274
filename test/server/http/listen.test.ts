/** How a door is shut: what is under way is answered, and nothing after it. */
import { Agent, createServer, type RequestListener, request } from 'node:http'
import { expect, it } from 'vitest'
import { listen, stopListening } from '../../../server/http/listen.ts'

const HOST = '127.0.0.1'

it('a request that is under way when the server stops is answered, and its connection takes no other', async () => {
  const came = Promise.withResolvers<void>()
  const mayAnswer = Promise.withResolvers<void>()
  const { server, port } = await serve(async (_request, response) => {
    came.resolve()
    await mayAnswer.promise
    response.end('answered')
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const underWay = get(port, agent)
  await came.promise
  const stopped = stopListening(server)
  const next = get(port, agent)
  mayAnswer.resolve()
  expect(await underWay).toBe('answered')
  // Which of them it is depends on whether the client has seen the connection's end when it sends.
  expect(await next).toMatch(/^(ECONNRESET|ECONNREFUSED|EPIPE)$/)
  await stopped
  agent.destroy()
})

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  const listening = await listen(server, 0, HOST)
  if (!listening.ok) throw new Error(listening.error.detail)
  return { server, port: listening.value }
}

/** @returns the body, or the code of the fault */
function get(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ host: HOST, port, agent }, async (response) => {
      resolve((await response.toArray()).join(''))
    })
    call.once('error', (fault: NodeJS.ErrnoException) => resolve(fault.code ?? fault.message))
    call.end()
  })
}

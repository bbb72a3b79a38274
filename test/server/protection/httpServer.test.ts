import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { errorReply } from '../../../model/rest/error.ts'
import { answerBadConnections, SERVER_LIMITS } from '../../../server/protection/httpServer.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Sends the bytes, and resolves with all that comes back before the server hangs up. */
async function answerTo(bytes: string, limits: object = {}): Promise<string> {
  const server = createServer({ ...SERVER_LIMITS, ...limits }, (request, response) => {
    request.resume().once('end', () => response.end('heard'))
  })
  answerBadConnections(server)
  server.listen(0, '127.0.0.1')
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  await new Promise((resolve) => server.once('listening', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(bytes)
  let heard = ''
  socket.on('data', (data) => {
    heard += data.toString()
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return heard
}

it.each([
  ['what is no HTTP', 'hello\r\n\r\n', '400', 'BAD_REQUEST', {}],
  ['headers that are too large', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431', 'HEADERS_TOO_LARGE', {}],
  [
    'headers that do not come to an end',
    'GET / HTTP/1.1\r\nX: ',
    '408',
    'REQUEST_TIMEOUT',
    { headersTimeout: 50, connectionsCheckingInterval: 20 },
  ],
  [
    'a body that does not come',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n',
    '408',
    'REQUEST_TIMEOUT',
    { headersTimeout: 50, requestTimeout: 60, connectionsCheckingInterval: 20 },
  ],
] as const)('%s is answered as any error, and the line is closed', async (_name, bytes, status, code, limits) => {
  const answer = await answerTo(bytes, limits)
  expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true)
  expect(errorReply.parse(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))))).toMatchObject({ code })
})

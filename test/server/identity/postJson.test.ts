import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createCertificate } from '../../../server/identity/certificate.ts'
import { MAX_REPLY_BYTES, postJson } from '../../../server/identity/postJson.ts'
import { eavesdropper, errorOf, httpServer, httpsServer, okValue } from './support.ts'

const hub = await createCertificate('Hub')
const impostor = await createCertificate('Hub')
const timeoutMs = 5_000

async function echo(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method, headers } = incoming
  response.writeHead(201, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ method, token: headers.authorization, body: JSON.parse(Buffer.concat(chunks).toString()) }),
  )
}

describe('postJson', () => {
  it('posts to a pinned server', async () => {
    const url = await httpsServer(hub, echo)
    const { fingerprint } = hub
    const reply = await postJson(url, { bräute: ['Zoë'] }, { fingerprint, token: 'ws1.t', timeoutMs })
    const body = { method: 'POST', token: 'Bearer ws1.t', body: { bräute: ['Zoë'] } }
    expect(okValue(reply)).toEqual({ status: 201, body })
  })

  it('sends neither token nor body to another certificate', async () => {
    const server = await eavesdropper(impostor)
    const { fingerprint } = hub
    const reply = await postJson(`https://127.0.0.1:${server.port}`, {}, { fingerprint, token: 'ws1.t', timeoutMs })
    const actual = impostor.fingerprint
    expect(errorOf(reply)).toEqual({ kind: 'wrong-certificate', expected: fingerprint, actual })
    await server.clientGone
    expect(server).toMatchObject({ connections: 1, bytes: 0 })
  })

  it('leaves the usual check to authorities when nothing is pinned', async () => {
    const server = await eavesdropper(hub)
    const reply = await postJson(`https://127.0.0.1:${server.port}`, {}, { token: 'ws1.t', timeoutMs })
    expect(errorOf(reply)).toMatchObject({ kind: 'unreachable', detail: expect.stringContaining('self-signed') })
    expect(server.bytes).toBe(0)
  })

  it('posts over plain HTTP, as on loopback, but never when a certificate is expected', async () => {
    const url = await httpServer(echo)
    expect(okValue(await postJson(url, 1, { timeoutMs })).body).toEqual({ method: 'POST', body: 1 })
    expect(errorOf(await postJson(url, 1, { fingerprint: hub.fingerprint, timeoutMs })).kind).toBe('bad-url')
  })

  it('gives the status and body of a refusal, and no body for an empty reply', async () => {
    const url = await httpServer((incoming, response) => {
      if (incoming.url === '/empty') response.writeHead(204).end()
      else response.writeHead(410).end('{"code":"GONE"}')
    })
    expect(okValue(await postJson(url, {}, { timeoutMs }))).toEqual({ status: 410, body: { code: 'GONE' } })
    expect(okValue(await postJson(`${url}/empty`, {}, { timeoutMs }))).toEqual({ status: 204, body: undefined })
  })

  it('does not follow a redirect', async () => {
    const url = await httpServer((_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end())
    expect(okValue(await postJson(url, {}, { timeoutMs })).status).toBe(307)
  })

  it('tells a captive portal from a server of ours', async () => {
    const url = await httpServer((_, response) => response.end('<html>Welcome to the venue'))
    expect(errorOf(await postJson(url, {}, { timeoutMs }))).toEqual({ kind: 'reply-not-json', status: 200 })
  })

  it('stops reading an endless reply', async () => {
    let sent = 0
    const url = await httpServer((_, response) => {
      const more = (): void => {
        sent += 65_536
        if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(more)
      }
      response.on('drain', more)
      more()
    })
    const reply = await postJson(url, {}, { timeoutMs })
    expect(errorOf(reply)).toEqual({ kind: 'reply-too-large', limitBytes: MAX_REPLY_BYTES })
    expect(sent).toBeLessThan(100 * MAX_REPLY_BYTES)
  })

  it.each(['nobody answers', 'the reply stops half-way'])('gives up after the time-out when %s', async (what) => {
    const url = await httpServer((_, response) => {
      if (what === 'the reply stops half-way') response.write('{"half":')
    })
    expect(errorOf(await postJson(url, {}, { timeoutMs: 150 }))).toEqual({ kind: 'timeout', timeoutMs: 150 })
  })

  it('reports a connection that is cut within the reply, or refused', async () => {
    const url = await httpServer((incoming, response) => {
      response.write('{"half":')
      setTimeout(() => incoming.socket.destroy(), 20)
    })
    expect(errorOf(await postJson(url, {}, { timeoutMs })).kind).toBe('unreachable')
    const refused = await postJson('http://127.0.0.1:1/', {}, { timeoutMs })
    expect(errorOf(refused)).toEqual({ kind: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') })
  })

  it.each(['', 'nonsense', 'ftp://127.0.0.1/'])('refuses the address %j', async (url) => {
    expect(errorOf(await postJson(url, {}, { timeoutMs })).kind).toBe('bad-url')
  })
})

import { createServer, request } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createCertificate } from '../../../server/identity/certificate.ts'
import { PinError, pinnedAgent, pinnedConnect } from '../../../server/identity/pinned.ts'
import { eavesdropper, httpsServer, listen, tlsOptions } from './support.ts'

const hub = await createCertificate('Hub')
const impostor = await createCertificate('Hub')

function get(url: string, options: Parameters<typeof request>[1]): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, headers: { authorization: 'Bearer ws1.secret' } }, (response) => {
      response.setEncoding('utf8').on('data', resolve)
    })
    outgoing.on('error', reject).end()
  })
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
}

describe('a pinned connection', () => {
  it('reaches the certificate that it is for, by createConnection and by agent, again and again', async () => {
    const url = await httpsServer(hub, (incoming, response) => response.end(incoming.headers.authorization))
    const agent = pinnedAgent(hub.fingerprint)
    expect(await get(url, { createConnection: pinnedConnect(hub.fingerprint) })).toBe('Bearer ws1.secret')
    expect(await get(url, { agent })).toBe('Bearer ws1.secret')
    expect(await get(url, { agent })).toBe('Bearer ws1.secret')
    expect(await get(url.replace('127.0.0.1', 'localhost'), { agent })).toBe('Bearer ws1.secret')
  })

  it('is overheard by the server of these tests when the certificate is right', async () => {
    const server = await eavesdropper(hub)
    const outgoing = request(`https://127.0.0.1:${server.port}/`, { agent: pinnedAgent(hub.fingerprint) })
    outgoing.on('error', () => undefined).end()
    await expect.poll(() => server.bytes).toBeGreaterThan(0)
    outgoing.destroy()
  })

  it.each([
    ['createConnection', { createConnection: pinnedConnect(hub.fingerprint) }],
    ['agent', { agent: pinnedAgent(hub.fingerprint) }],
  ])('sends not one byte to another certificate, by %s', async (_, options) => {
    const server = await eavesdropper(impostor)
    const error = await get(`https://127.0.0.1:${server.port}/`, options).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PinError)
    expect(error).toMatchObject({
      kind: 'wrong-certificate',
      expected: hub.fingerprint,
      actual: impostor.fingerprint,
    })
    await server.clientGone
    expect(server).toMatchObject({ connections: 1, bytes: 0 })
  })

  it('sends nothing to an impostor who came after the hub at the same address', async () => {
    const agent = pinnedAgent(hub.fingerprint)
    const server = createServer(tlsOptions(hub), (_, response) => response.end('hello'))
    const port = await listen(server)
    expect(await get(`https://127.0.0.1:${port}/`, { agent })).toBe('hello')
    server.setSecureContext(tlsOptions(impostor))
    let requests = 0
    server.on('request', () => {
      requests += 1
    })
    await expect(get(`https://127.0.0.1:${port}/`, { agent })).rejects.toBeInstanceOf(PinError)
    expect(requests).toBe(0)
  })

  it('carries a WebSocket', async () => {
    const server = createServer(tlsOptions(hub))
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket, incoming) => {
      socket.on('message', (data) => socket.send(`${incoming.headers.authorization} says ${data}`))
    })
    const port = await listen(server)
    const socket = new WebSocket(`wss://127.0.0.1:${port}/sync`, {
      agent: pinnedAgent(hub.fingerprint),
      headers: { authorization: 'ana' },
    })
    await opened(socket)
    const reply = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('hello')
    expect(await reply).toBe('ana says hello')
    socket.terminate()
    sockets.close()
  })

  it('opens no WebSocket to another certificate and tells it nothing', async () => {
    const server = await eavesdropper(impostor)
    const socket = new WebSocket(`wss://127.0.0.1:${server.port}/sync`, ['ws1.secret'], {
      agent: pinnedAgent(hub.fingerprint),
    })
    await expect(opened(socket)).rejects.toMatchObject({ kind: 'wrong-certificate', actual: impostor.fingerprint })
    await server.clientGone
    expect(server).toMatchObject({ connections: 1, bytes: 0 })
  })

  it('refuses TLS 1.2', async () => {
    const server = await eavesdropper(hub, { maxVersion: 'TLSv1.2' })
    await expect(
      get(`https://127.0.0.1:${server.port}/`, { agent: pinnedAgent(hub.fingerprint) }),
    ).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
    expect(server.bytes).toBe(0)
  })

  it('gives up on somebody who never finishes the handshake', async () => {
    const port = await listen(createTcpServer((socket) => socket.resume()))
    const agent = pinnedAgent(hub.fingerprint, { timeoutMs: 100 })
    await expect(get(`https://127.0.0.1:${port}/`, { agent })).rejects.toThrow('no TLS connection within 100 ms')
  })
})

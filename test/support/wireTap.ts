import { createServer, request } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

/** Stands between installs and a cloud, and keeps every word that passes: bodies of requests and replies, and messages. */
export interface WireTap {
  readonly url: string
  readonly said: readonly string[]
  close(): Promise<void>
}

export async function openWireTap(target: string): Promise<WireTap> {
  const said: string[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      said.push(`${incoming.url} ${JSON.stringify(incoming.headers)}`, body.toString())
      const onward = request(new URL(incoming.url ?? '/', target), {
        method: incoming.method,
        headers: incoming.headers,
      })
      onward.on('response', (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.on('data', (chunk: Buffer) => {
          said.push(chunk.toString())
          outgoing.write(chunk)
        })
        reply.on('end', () => outgoing.end())
      })
      onward.on('error', () => outgoing.destroy())
      onward.end(body)
    })
  })
  const sockets = new WebSocketServer({ server, maxPayload: 8_000_000 })
  sockets.on('connection', (near, { url }) => {
    const address = new URL(url ?? '/', target)
    address.protocol = 'ws:'
    const far = new WebSocket(address, { maxPayload: 8_000_000 })
    const waiting: string[] = []
    near.on('message', (data) => {
      said.push(String(data))
      if (far.readyState === far.OPEN) far.send(String(data))
      else waiting.push(String(data))
    })
    far.on('open', () => {
      for (const text of waiting.splice(0)) far.send(text)
    })
    far.on('message', (data) => {
      said.push(String(data))
      near.send(String(data))
    })
    near.on('close', () => far.close())
    far.on('close', () => near.close())
    for (const side of [near, far]) side.on('error', () => side.terminate())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the tap has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    said,
    async close() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

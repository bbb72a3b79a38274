/** A TCP proxy on loopback that can be cut: after so many bytes, at once, or for good. What it carries may be TLS. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Bytes that clients have sent, and that they were sent. */
  readonly up: () => number
  readonly down: () => number
  readonly cuts: () => number
  /** Cuts all lines when so many more bytes have gone up, or down; `undefined` cuts no more. */
  cutAfter(bytes: number | undefined, direction?: 'up' | 'down'): void
  /** Takes no lines, and cuts those that are open. */
  setDown(isDown: boolean): void
  close(): Promise<void>
}

export async function startCuttingProxy(target: () => { readonly host: string; readonly port: number }) {
  const lines = new Set<Socket>()
  const counted = { up: 0, down: 0 }
  let cuts = 0
  let limit: { readonly direction: 'up' | 'down'; readonly at: number } | undefined
  let isDown = false

  function cutAll(): void {
    for (const socket of lines) socket.destroy()
    lines.clear()
  }

  function carry(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    from.on('data', (chunk) => {
      const left = limit?.direction === direction ? limit.at - counted[direction] : Number.POSITIVE_INFINITY
      counted[direction] += Math.min(left, chunk.length)
      if (chunk.length < left) {
        if (!to.write(chunk)) from.pause()
        return
      }
      limit = undefined
      cuts += 1
      // What went before the cut arrives.
      to.write(chunk.subarray(0, left), cutAll)
    })
    to.on('drain', () => from.resume())
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }

  const server = createServer((client) => {
    if (isDown) return client.destroy()
    const { host, port } = target()
    const upstream = connect(port, host)
    for (const socket of [client, upstream]) {
      lines.add(socket)
      socket.on('close', () => lines.delete(socket))
    }
    carry(client, upstream, 'up')
    carry(upstream, client, 'down')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: CuttingProxy = {
    port: (server.address() as AddressInfo).port,
    up: () => counted.up,
    down: () => counted.down,
    cuts: () => cuts,
    cutAfter(bytes, direction = 'up') {
      limit = bytes === undefined ? undefined : { direction, at: counted[direction] + bytes }
    },
    setDown(down) {
      isDown = down
      if (down) cutAll()
    },
    async close() {
      cutAll()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  return proxy
}

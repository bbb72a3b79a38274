/** A TCP proxy on loopback that counts, delays, throttles and cuts. It knows TLS records, and not what is in them. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What befalls a connection. Everything is optional: without any, bytes pass as they are. */
export interface Fate {
  /** It is cut when this many TLS records have passed, both directions together. */
  readonly cutAfterRecords?: number
  /** … and the next one by half. */
  readonly cutsInTheMiddle?: boolean
  readonly delayMs?: number
  /** In each direction. */
  readonly bytesPerSecond?: number
}

export interface TcpProxy {
  readonly port: number
  /** Of all connections so far: to the target, and from it. */
  bytes(): { readonly up: number; readonly down: number }
  connections(): number
  /** Connections that were cut by their fate. */
  cuts(): number
  /** Cuts all connections that are open. */
  cutAll(): void
  close(): Promise<void>
}

/** @param fateOf what befalls the n-th connection, counted from 0 */
export async function openTcpProxy(targetPort: number, fateOf: (n: number) => Fate = () => ({})): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let connections = 0
  let cuts = 0
  let up = 0
  let down = 0

  const server = createServer((client) => {
    const fate = fateOf(connections++)
    const target = connect(targetPort, '127.0.0.1')
    let left = fate.cutAfterRecords ?? Number.POSITIVE_INFINITY
    const both = [client, target]
    for (const socket of both) {
      sockets.add(socket)
      socket.setNoDelay(true)
      // An error is followed by the end, which `forward` passes on.
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    const cut = (): void => {
      if (!client.destroyed) cuts++
      for (const socket of both) socket.destroy()
    }
    /** One TLS record, or what there is of it. @returns false if it was cut */
    const pass = (record: Buffer, to: Socket): boolean => {
      if (left <= 0) {
        if (fate.cutsInTheMiddle) to.write(record.subarray(0, record.length >> 1), cut)
        else cut()
        return false
      }
      left--
      to.write(record)
      return true
    }
    forward(client, target, fate, (record) => {
      up += record.length
      return pass(record, target)
    })
    forward(target, client, fate, (record) => {
      down += record.length
      return pass(record, client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => ({ up, down }),
    connections: () => connections,
    cuts: () => cuts,
    cutAll() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const RECORD_HEADER_BYTES = 5
/** So much may wait in the proxy. */
const MAX_AHEAD_MS = 500

function forward(from: Socket, to: Socket, fate: Fate, pass: (record: Buffer) => boolean): void {
  const { delayMs = 0, bytesPerSecond, cutAfterRecords } = fate
  let held = Buffer.alloc(0)
  /** When the line is free again. */
  let freeAt = 0
  /** What is on the line, first in, first out: two timers of Node may fire in the other order than they were set in. */
  const line: (() => void)[] = []

  function arrivesAt(at: number, arrive: () => void): void {
    line.push(arrive)
    setTimeout(() => line.shift()?.(), Math.max(0, at - performance.now()))
  }

  function put(bytes: Buffer): void {
    if (cutAfterRecords === undefined) {
      pass(bytes)
      return
    }
    held = Buffer.concat([held, bytes])
    while (held.length >= RECORD_HEADER_BYTES) {
      const length = RECORD_HEADER_BYTES + held.readUInt16BE(3)
      if (held.length < length) return
      const record = held.subarray(0, length)
      held = held.subarray(length)
      if (!pass(record)) return
    }
  }

  from.on('data', (bytes: Buffer) => {
    if (delayMs === 0 && bytesPerSecond === undefined) return put(bytes)
    const now = performance.now()
    freeAt = Math.max(now, freeAt) + (bytesPerSecond === undefined ? 0 : (bytes.length / bytesPerSecond) * 1_000)
    // A slow line does not take more than it can carry: the sender must notice.
    if (freeAt - now > MAX_AHEAD_MS) {
      from.pause()
      setTimeout(() => from.resume(), freeAt - now - MAX_AHEAD_MS)
    }
    arrivesAt(freeAt + delayMs, () => put(bytes))
  })
  // The end of one is the end of the other, when what was under way has arrived.
  from.on('close', () => arrivesAt(freeAt + delayMs, () => to.destroySoon()))
}

/** What the tests of this folder share: a state store in memory, folders that vanish, and TLS servers that count. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Result } from '../../../model/result.ts'
import type { StateStore } from '../../../model/sync/changeStore.ts'
import type { Certificate } from '../../../server/identity/certificate.ts'

export const NOW_MS = Date.UTC(2026, 5, 20, 14, 0)
export const DAY_MS = 24 * 3_600_000

/** Keeps JSON, as a real store does; every call takes a turn of the event loop, as a disk does. */
export class MemoryState implements StateStore {
  readonly entries = new Map<string, string>()

  async get(key: string): Promise<unknown> {
    await turn()
    const json = this.entries.get(key)
    return json === undefined ? undefined : JSON.parse(json)
  }

  async set(key: string, value: unknown): Promise<void> {
    await turn()
    this.entries.set(key, JSON.stringify(value))
  }

  async list(prefix: string): Promise<ReadonlyMap<string, unknown>> {
    await turn()
    return new Map(
      [...this.entries].filter(([key]) => key.startsWith(prefix)).map(([k, json]) => [k, JSON.parse(json)]),
    )
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function okValue<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`expected a value, got the error ${JSON.stringify(result.error)}`)
  return result.value
}

export function errorOf<E>(result: Result<unknown, E>): E {
  if (result.ok) throw new Error('expected an error, got a value')
  return result.error
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-identity-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

export async function httpsServer(certificate: Certificate, listener: RequestListener): Promise<string> {
  return `https://127.0.0.1:${await listen(createHttpsServer(tlsOptions(certificate), listener))}`
}

export async function httpServer(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(listener))}`
}

export function tlsOptions({ certPem, keyPem }: Certificate): TlsOptions {
  return { cert: certPem, key: keyPem, requestCert: true, rejectUnauthorized: false }
}

/** Sees what a server sees of its clients. */
export interface Eavesdropper {
  readonly port: number
  /** TCP connections, whether or not their handshake came to its end. */
  connections: number
  /** What was sent inside TLS. */
  bytes: number
  /** Resolves when the first client has gone. */
  readonly clientGone: Promise<void>
}

export async function eavesdropper(certificate: Certificate, options: TlsOptions = {}): Promise<Eavesdropper> {
  const { promise: clientGone, resolve } = Promise.withResolvers<void>()
  const server = createTlsServer({ ...tlsOptions(certificate), ...options }, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length
    })
    // A client that hangs up right after the handshake may reset the connection: nothing that this is about.
    socket.on('error', () => undefined)
  })
  server.on('connection', (socket) => {
    seen.connections += 1
    socket.on('close', () => resolve())
  })
  const seen: Eavesdropper = { port: await listen(server), connections: 0, bytes: 0, clientGone }
  return seen
}

/**
 * TLS that talks to one certificate and no other.
 *
 * Names and issuers say nothing about a laptop in a venue's Wi-Fi, so Node's own check is off, and with it
 * `checkServerIdentity`. Instead the fingerprint is compared when the handshake has ended, and only then is the socket
 * handed to whoever wants to write on it: somebody who answers at the right address with another certificate sees a
 * handshake and not one byte of a request. That the peer holds the certificate's key is part of the handshake itself.
 *
 * An install shows its own certificate in the same handshake, so the peer knows which device it talks to before it has read
 * a word (`presentedDevice`).
 */
import { Agent, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, TLSSocket } from 'node:tls'
import { type Certificate, deviceIdOf, fingerprintOf } from './certificate.ts'

export class PinError extends Error {
  readonly kind = 'wrong-certificate'
  readonly expected: string
  /** Absent if the peer showed no certificate. */
  readonly actual: string | undefined

  constructor(expected: string, actual: string | undefined) {
    super(`the certificate is ${actual ?? 'missing'}, not ${expected}`)
    this.name = 'PinError'
    this.expected = expected
    this.actual = actual
  }
}

/** What Node's `createConnection` option is given, as far as it matters here. */
export interface ConnectTarget {
  readonly host?: string | null | undefined
  readonly port?: number | string | null | undefined
}

type OnConnected = (error: Error | null, socket: Duplex) => void

/** How long connecting and the handshake may take together. */
const CONNECT_TIMEOUT_MS = 10_000

export interface PinOptions {
  /** Shown to the peer. */
  readonly own?: Pick<Certificate, 'certPem' | 'keyPem'> | undefined
  readonly timeoutMs?: number
}

/**
 * A `createConnection` for `https.request` (without an agent). It calls back with the socket, or with an error, which is
 * a {@link PinError} if another certificate answered; the socket is then destroyed.
 */
export function pinnedConnect(
  fingerprint: string,
  { own, timeoutMs = CONNECT_TIMEOUT_MS }: PinOptions = {},
): (target: ConnectTarget, onConnected: OnConnected) => undefined {
  return ({ host, port }, onConnected) => {
    // Only these are taken over. A request's `path` would be read as that of a local socket, and a kept `session` may
    // resume without showing a certificate.
    const name = host ?? 'localhost'
    const socket = connect({
      host: name,
      port: Number(port ?? 443),
      ...(isIP(name) === 0 && { servername: name }),
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
      ...(own && { cert: own.certPem, key: own.keyPem }),
    })
    let isSettled = false
    const settle = (error: Error | null): void => {
      // A destroyed socket may still have an error to tell, which finds its listener and no further use.
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      if (error === null) socket.off('error', settle)
      else socket.destroy()
      onConnected(error, socket)
    }
    const timer = setTimeout(() => settle(new Error(`no TLS connection within ${timeoutMs} ms`)), timeoutMs)
    socket.on('error', settle)
    socket.once('secureConnect', () => {
      const actual = peerFingerprint(socket)
      settle(actual === fingerprint ? null : new PinError(fingerprint, actual))
    })
  }
}

/** For `https.request` and for `new WebSocket(url, { agent })`. Every request gets its own connection. */
export function pinnedAgent(fingerprint: string, options: PinOptions = {}): Agent {
  return new PinnedAgent(fingerprint, options)
}

/** Which device is at the other end, by the certificate that it showed; `undefined` if it showed none. */
export function presentedDevice(socket: unknown): string | undefined {
  const fingerprint = socket instanceof TLSSocket ? peerFingerprint(socket) : undefined
  return fingerprint === undefined ? undefined : deviceIdOf(fingerprint)
}

class PinnedAgent extends Agent {
  readonly #connect: ReturnType<typeof pinnedConnect>

  constructor(fingerprint: string, options: PinOptions) {
    super({ keepAlive: false, maxCachedSessions: 0 })
    this.#connect = pinnedConnect(fingerprint, options)
  }

  override createConnection(options: RequestOptions, onConnected?: OnConnected): undefined {
    if (onConnected === undefined) throw new TypeError('a pinned connection is handed over by callback only')
    this.#connect(options, onConnected)
  }
}

function peerFingerprint(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  return certificate && fingerprintOf(certificate.raw)
}

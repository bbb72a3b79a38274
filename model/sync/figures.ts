/** What is known of the work of the sync, per peer and in all, for status routes and for people who look after a hub. */
import type { LineQuality } from './line.ts'
import type { SessionError } from './session.ts'

/** Counts since the line came up. */
export interface Traffic {
  /** On the wire, compressed, where the platform tells; else the length of the messages. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly recordsIn: number
  readonly recordsOut: number
  /** Records that were refused, by either side. */
  readonly refused: number
}

export const NO_TRAFFIC: Traffic = { bytesIn: 0, bytesOut: 0, recordsIn: 0, recordsOut: 0, refused: 0 }

export function addTraffic(a: Traffic, b: Traffic): Traffic {
  return {
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    recordsIn: a.recordsIn + b.recordsIn,
    recordsOut: a.recordsOut + b.recordsOut,
    refused: a.refused + b.refused,
  }
}

export interface SessionFigures extends Traffic, LineQuality {
  /** ms since 1970 UTC. */
  readonly sinceMs: number
}

/** Of a peer that we call. All times in ms since 1970 UTC. */
export interface UpstreamFigures {
  /** Lines that were tried to open. */
  readonly attempts: number
  /** Lines that could not be opened, or ended in an error. */
  readonly failures: number
  /** Failures since a session went well; the pauses between tries grow with it. */
  readonly inARow: number
  readonly lastError?: SessionError & { readonly atMs: number }
  /** Absent while there is a line. */
  readonly nextTryAtMs?: number
}

export interface PeerFigures {
  readonly kind: 'hub' | 'cloud' | 'device'
  readonly deviceId: string
  readonly name: string
  /** Changes here that the peer has not acknowledged. */
  readonly queue: number
  /** Changes that the peer announced and that have not arrived. */
  readonly incoming: number
  /** Absent while there is no line. */
  readonly session?: SessionFigures
  /** Absent for a peer that calls us. */
  readonly upstream?: UpstreamFigures
}

export interface Figures {
  readonly peers: readonly PeerFigures[]
  /** Of all sessions since the start of this process, also those that have ended. */
  readonly total: Traffic & {
    readonly sessions: number
    /** Sessions that ended in an error, and lines that could not be opened. */
    readonly failures: number
    readonly lastError?: SessionError & { readonly atMs: number }
  }
}

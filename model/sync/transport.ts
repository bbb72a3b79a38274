import type { Line } from '../line.ts'

/** An open line to a peer: a WebSocket in Node and in the browser. */
export interface Transport extends Line {
  /** Bytes that were sent and that the network has not taken yet. A peer that does not read makes them grow. */
  buffered(): number
  /** Bytes that went over the wire so far, where the platform tells (a browser does not); else text is counted. */
  wireBytes?(): { readonly in: number; readonly out: number }
}

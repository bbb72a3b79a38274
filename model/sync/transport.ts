/** One open line to a peer: text frames in order, or an end. A WebSocket in Node and in the browser. */
export interface Transport {
  send(text: string): void
  close(): void
  onMessage(listener: (text: string) => void): void
  /** Called once, also if the line is already down. */
  onClose(listener: () => void): void
  /** Bytes that were sent and that the network has not taken yet. A peer that does not read makes them grow. */
  buffered(): number
  /** Bytes that went over the wire so far, where the platform tells (a browser does not); else text is counted. */
  wireBytes?(): { readonly in: number; readonly out: number }
}

/** One open line to a peer: text frames in order, or an end. A WebSocket in Node and in the browser. */
export interface Transport {
  send(text: string): void
  close(): void
  onMessage(listener: (text: string) => void): void
  /** Called once, also if the line is already down. */
  onClose(listener: () => void): void
}

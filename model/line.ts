/** One open line between two programs: text frames in order, or an end. */
export interface Line {
  send(text: string): void
  /** @param reason for whoever looks for it at the other end; a message port has no way to tell it */
  close(reason?: string): void
  onMessage(listener: (text: string) => void): void
  /** Called once, whichever end has closed it, also if the line is already down. */
  onClose(listener: () => void): void
}

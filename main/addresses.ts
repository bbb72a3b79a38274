/** Where the window may go: to its own page, and nowhere else. Other sites open in the person's browser, if at all. */

const MAX_LINK_CHARS = 2_048

/** Whether an address is the page that the window was opened with. The fragment may differ: the page routes by it. */
export function isOwnPage(address: string, windowUrl: string): boolean {
  const there = URL.parse(address)
  const own = URL.parse(windowUrl)
  // Only http: the origin of every file: and data: address is the same word "null".
  return own?.protocol === 'http:' && there?.origin === own.origin && there.pathname === own.pathname
}

/**
 * The address to hand to the operating system, or `undefined` if it must not be. Anything but https could start a
 * program there, and "https://bank.example@evil.example" shows people one name and goes to another.
 */
export function externalLink(address: string): string | undefined {
  if (address.length > MAX_LINK_CHARS) return undefined
  const url = URL.parse(address)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
  return url.href
}

/** A frame that sends a message, as far as the check needs it. */
export interface SenderFrame {
  readonly url: string
  readonly parent: unknown
}

/** Whether a message comes from our page itself: not from a frame inside it, nor from a page that took its place. */
export function isOwnMainFrame<F extends SenderFrame>(frame: F | null, windowUrl: string): frame is F {
  return frame !== null && frame.parent === null && isOwnPage(frame.url, windowUrl)
}

/** How somebody came to this page, as the fragment of the address says. Browsers never send fragments to a server. */
export type Entrance =
  | { readonly kind: 'window'; readonly secret: string }
  | { readonly kind: 'invitation'; readonly secret: string; readonly fingerprint: string }
  | { readonly kind: 'return' }

const LAUNCH_KEY = 'wedsync-launch'

/**
 * `#launch=…` opens the window of the install on this computer; the secret is kept for reloads of this tab.
 * `#join=…&fp=…` is an invitation: the secret and the hub's fingerprint, or a whole `wedsync://join?…` link.
 */
export function readEntrance(hash: string): Entrance {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const launch = fields.get('launch')
  if (launch) return { kind: 'window', secret: launch }
  const join = fields.get('join')
  if (!join) return { kind: 'return' }
  const link = join.startsWith('wedsync:') ? new URL(join).searchParams : undefined
  const fingerprint = (link ?? fields).get('fp') ?? ''
  return { kind: 'invitation', secret: link ? (link.get('secret') ?? '') : join, fingerprint }
}

/** Reads the entrance, and takes it out of the address and so out of the history. */
export function takeEntrance(): Entrance {
  const entrance = readEntrance(window.location.hash)
  if (entrance.kind === 'window') sessionStorage.setItem(LAUNCH_KEY, entrance.secret)
  if (entrance.kind !== 'return') history.replaceState(null, '', window.location.pathname)
  const known = sessionStorage.getItem(LAUNCH_KEY)
  return entrance.kind === 'return' && known ? { kind: 'window', secret: known } : entrance
}

import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

const DIGITS = 10

/**
 * The name by which tablets call the hub of a team on the local network, such as `wedsync-1f0c9a7be2.local`: the same in
 * every venue, whichever laptop is the hub. Whoever does not know the team learns nothing from it.
 */
export function teamHost(team: string): string {
  return `wedsync-${bytesToHex(sha256(utf8ToBytes(`wedsync team host ${team}`))).slice(0, DIGITS)}.local`
}

/**
 * Whether a name leads to the hub of this team: its host, or any name right below that. Browsers keep the address of a name
 * for a minute, also that of a hub that is gone; a name that was never asked for leads to the one that is there now.
 */
export function isHostOf(teamHost: string, name: string): boolean {
  const lower = name.toLowerCase()
  return lower === teamHost || (/^[a-z0-9]{1,63}\.$/.test(lower.slice(0, -teamHost.length)) && lower.endsWith(teamHost))
}

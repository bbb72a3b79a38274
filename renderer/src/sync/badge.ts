/** What the sync badge says. Pure, so that every state can be shown and tested without a network. */
import type { PeerStatus } from '../../../model/database/status.ts'
import { unreachable } from '../../../model/result.ts'
import type { ReplicaStatus } from '../replica/replica.ts'

/** How this device stands with the others. */
export type SyncState =
  /** Nobody to sync with: an install by itself. */
  | { readonly kind: 'local' }
  /** Somebody upstream is out of reach. `inStep` counts those upstream that are not. */
  | {
      readonly kind: 'offline'
      readonly waiting: number
      readonly missing: readonly string[]
      readonly inStep: number
    }
  | { readonly kind: 'syncing'; readonly toGo: number }
  /** Digests were compared with every reachable peer and are the same. `away`: devices of this hub out of reach. */
  | { readonly kind: 'complete'; readonly away: number }

/** The one thing that the badge shows; what matters more hides what matters less. */
export type BadgeState = { readonly setAside: number } & (
  | { readonly kind: 'problem'; readonly problem: string }
  | { readonly kind: 'shutOut' }
  | { readonly kind: 'keyReplaced' }
  | { readonly kind: 'conflict'; readonly toDecide: number; readonly sync: SyncState }
  | SyncState
)

type Known = Pick<
  ReplicaStatus,
  'role' | 'upstreams' | 'devices' | 'quarantined' | 'problem' | 'isShutOut' | 'isKeyReplaced'
>

/** @param conflicts how many conflicts wait for a person */
export function badgeState(status: Known, conflicts: number): BadgeState {
  const setAside = status.quarantined
  if (status.problem !== undefined) return { kind: 'problem', problem: status.problem, setAside }
  if (status.isShutOut) return { kind: 'shutOut', setAside }
  if (status.isKeyReplaced) return { kind: 'keyReplaced', setAside }
  const sync = syncState(status)
  return conflicts > 0 ? { kind: 'conflict', toDecide: conflicts, sync, setAside } : { ...sync, setAside }
}

function syncState({ role, upstreams, devices }: Known): SyncState {
  const busy = [...upstreams, ...devices].filter(isBusy)
  if (busy.length > 0) return { kind: 'syncing', toGo: sum(busy, toGo) }
  const missing = upstreams.filter(({ state }) => state === 'offline')
  const inStep = upstreams.length - missing.length
  if (missing.length > 0 || (role === 'tablet' && upstreams.length === 0)) {
    // Every peer waits for much the same changes, so the largest number is nearer the truth than the sum.
    const waiting = Math.max(0, ...missing.map((peer) => peer.waiting))
    return { kind: 'offline', waiting, missing: missing.map(({ name }) => name), inStep }
  }
  const away = devices.filter(({ state }) => state === 'offline').length
  if (upstreams.length === 0 && devices.length === away) return { kind: 'local' }
  return { kind: 'complete', away }
}

/** A peer that claims to be equal while something is still on its way is not. */
function isBusy(peer: PeerStatus): boolean {
  return peer.state === 'syncing' || (peer.state === 'equal' && toGo(peer) > 0)
}

function toGo({ waiting, incoming }: PeerStatus): number {
  return waiting + incoming
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}

/** The badge in words, short enough for a header and complete enough to be read aloud. */
export function badgeWords(badge: BadgeState): string {
  if (badge.kind === 'problem') return 'Problem: nothing can be saved now'
  if (badge.kind === 'shutOut') return 'Shut out: nothing is sent'
  if (badge.kind === 'keyReplaced') return 'Join again: nothing is sent'
  const sync = badge.kind === 'conflict' ? badge.sync : badge
  const parts = badge.kind === 'conflict' ? [`${badge.toDecide} to decide`, syncWords(sync)] : [syncWords(sync)]
  if (badge.setAside > 0) parts.push(`except ${badge.setAside} set aside`)
  return parts.join(' · ')
}

function syncWords(sync: SyncState): string {
  switch (sync.kind) {
    case 'local':
      return 'Saved on this device'
    case 'offline':
      return sync.waiting === 0 ? 'Offline, nothing waiting' : `Offline, ${sync.waiting} waiting`
    case 'syncing':
      return sync.toGo === 0 ? 'Syncing, comparing' : `Syncing, ${sync.toGo} to go`
    case 'complete':
      return sync.away === 0 ? 'All equal' : `All equal, ${devicesWords(sync.away)} away`
    default:
      return unreachable(sync)
  }
}

function changesWords(count: number): string {
  return count === 1 ? '1 change' : `${count} changes`
}

function devicesWords(count: number): string {
  return count === 1 ? '1 device' : `${count} devices`
}

/** One upstream or device in plain words, for the panel. */
export function peerWords(peer: PeerStatus): string {
  const waiting = peer.waiting > 0 ? `${changesWords(peer.waiting)} still to go there` : ''
  const incoming = peer.incoming > 0 ? `${changesWords(peer.incoming)} still to come here` : ''
  const counts = [waiting, incoming].filter((part) => part !== '').join(', ')
  switch (peer.state) {
    case 'offline':
      return `Out of reach. ${counts === '' ? 'Nothing waits for it.' : `${counts}.`}`
    case 'syncing':
      return counts === '' ? 'Comparing what both have.' : `Syncing: ${counts}.`
    case 'equal':
      return counts === '' ? 'Has exactly what you have.' : `Syncing: ${counts}.`
    default:
      return unreachable(peer.state)
  }
}

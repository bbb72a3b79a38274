import { describe, expect, it } from 'vitest'
import type { PeerStatus } from '../../model/database/status.ts'
import { badgeState, badgeWords, peerWords } from '../../renderer/src/sync/badge.ts'

function peer(name: string, state: PeerStatus['state'], waiting = 0, incoming = 0): PeerStatus {
  return { deviceId: name, name, kind: 'hub', state, waiting, incoming }
}

const alone = { role: 'local', upstreams: [], devices: [], quarantined: 0 } as const

function badge(status: Partial<Parameters<typeof badgeState>[0]>, conflicts = 0) {
  const state = badgeState({ ...alone, ...status }, conflicts)
  return { kind: state.kind, words: badgeWords(state) }
}

describe('the sync badge', () => {
  it('says "saved on this device" on an install by itself', () => {
    expect(badge({})).toEqual({ kind: 'local', words: 'Saved on this device' })
  })

  it('counts what waits while the hub is out of reach', () => {
    expect(badge({ upstreams: [peer('Hub', 'offline', 3)] })).toEqual({ kind: 'offline', words: 'Offline, 3 waiting' })
  })

  it('does not count a change twice because two peers wait for it', () => {
    const upstreams = [peer('Hub', 'offline', 3), peer('Cloud', 'offline', 5)]
    expect(badge({ upstreams }).words).toBe('Offline, 5 waiting')
  })

  it('does not call itself complete while one of two upstreams is away', () => {
    const state = badgeState({ ...alone, upstreams: [peer('Hub', 'equal'), peer('Cloud', 'offline')] }, 0)
    expect(state).toEqual({ kind: 'offline', waiting: 0, missing: ['Cloud'], inStep: 1, setAside: 0 })
  })

  it('says how much is under way, both directions together', () => {
    expect(badge({ upstreams: [peer('Hub', 'syncing', 2, 5)] })).toEqual({ kind: 'syncing', words: 'Syncing, 7 to go' })
    expect(badge({ upstreams: [peer('Hub', 'syncing')] }).words).toBe('Syncing, comparing')
  })

  it('does not believe in "equal" while a change is on its way', () => {
    expect(badge({ upstreams: [peer('Hub', 'equal', 1)] }).kind).toBe('syncing')
  })

  it('is complete only if everybody is equal', () => {
    expect(badge({ upstreams: [peer('Hub', 'equal')] })).toEqual({ kind: 'complete', words: 'All equal' })
  })

  it('speaks of the devices of a hub', () => {
    const hub = { role: 'hub' } as const
    expect(badge({ ...hub, devices: [peer('Tablet', 'equal')] }).words).toBe('All equal')
    expect(badge({ ...hub, devices: [peer('Tablet', 'syncing', 4)] }).words).toBe('Syncing, 4 to go')
    expect(badge({ ...hub, devices: [peer('Tablet', 'equal'), peer('Phone', 'offline', 9)] }).words).toBe(
      'All equal, 1 device away',
    )
    expect(badge({ ...hub, devices: [peer('Phone', 'offline', 9)] }).kind).toBe('local')
  })

  it('never calls a tablet without a hub saved everywhere', () => {
    expect(badge({ role: 'tablet' }).kind).toBe('offline')
  })

  it('puts a decision before everything but a problem, and still says how syncing stands', () => {
    expect(badge({ upstreams: [peer('Hub', 'offline', 2)] }, 1)).toEqual({
      kind: 'conflict',
      words: '1 to decide · Offline, 2 waiting',
    })
    expect(badge({ problem: 'The server stopped.' }, 1).kind).toBe('problem')
  })

  it('says that a device was shut out, or has to join again, and not that a network is away', () => {
    const { kind, words } = badge({ upstreams: [peer('Hub', 'offline', 3)], isShutOut: true })
    expect([kind, words]).toEqual(['shutOut', 'Shut out: nothing is sent'])
    const asked = badge({ upstreams: [peer('Hub', 'offline', 3)], isKeyReplaced: true })
    expect([asked.kind, asked.words]).toEqual(['keyReplaced', 'Join again: nothing is sent'])
  })

  it('owns up to what was set aside', () => {
    expect(badge({ upstreams: [peer('Hub', 'equal')], quarantined: 2 }).words).toBe('All equal · except 2 set aside')
  })
})

describe('a peer in plain words', () => {
  it('tells what each side lacks', () => {
    expect(peerWords(peer('Hub', 'equal'))).toBe('Has exactly what you have.')
    expect(peerWords(peer('Hub', 'offline', 1))).toBe('Out of reach. 1 change still to go there.')
    expect(peerWords(peer('Hub', 'syncing', 0, 3))).toBe('Syncing: 3 changes still to come here.')
  })
})

/** A hub with its LAN and its cloud, and two weddings that no attempt at any of the three doors may change. */
import { expect } from 'vitest'
import type { OutgoingChange } from '../../model/client/calls.ts'
import { dialByHand, type HandPeer } from './handPeer.ts'
import { type HttpAnswer, type HttpCall, httpCall } from './httpCall.ts'
import { admitted, batchOf, holdings, lanOf, makeWedding, newJoin } from './teamCalls.ts'
import { eventually, type Ready, type Rest, type RunningServers, rest, type Server } from './wedsync.ts'

export const DOORS = ['loopback', 'LAN', 'cloud'] as const
export type Door = (typeof DOORS)[number]
export type Wedding = Awaited<ReturnType<typeof makeWedding>>
export type Member = Awaited<ReturnType<typeof admitted>>

export interface GuardedTeam {
  readonly cloud: Server
  readonly hub: Server
  readonly lan: NonNullable<Ready['lan']>
  readonly owner: Rest
  /** A tablet of an owner: the hub's own token is good at the LAN only with the hub's certificate. */
  readonly ownersTablet: Member
  readonly weddingA: Wedding
  readonly weddingB: Wedding
  /** A tablet that may enter wedding A only. */
  readonly tablet: Member
  at(door: Door, path: string, options?: HttpCall): Promise<HttpAnswer>
  /** A token that opens everything there. */
  ownersTokenAt(door: Door): string
  pushAt(door: Door, token: string | undefined, changes: readonly OutgoingChange[]): Promise<HttpAnswer>
  dialAt(door: 'LAN' | 'cloud'): Promise<HandPeer>
  /** Fails if a wedding has changed since the start, at the hub or in the cloud. */
  expectUnchanged(): Promise<void>
}

/** @param up starts the servers, and its owner ends them */
export async function openGuardedTeam(
  folders: { make(name: string): string },
  { up }: Pick<RunningServers, 'up'>,
): Promise<GuardedTeam> {
  const cloud = await up(['cloud', '--data', folders.make('cloud')])
  const hub = await up([
    ...['hub', '--data', folders.make('hub'), '--lan-host', '127.0.0.1'],
    ...['--cloud', cloud.ready.url, '--cloud-token', cloud.ready.enrol ?? ''],
  ])
  const lan = lanOf(hub.ready)
  const owner = rest(hub.ready.url, hub.ready.token)
  const ownerAtCloud = rest(cloud.ready.url, hub.ready.token)
  const weddingA = await makeWedding(owner, 'Ana & Rui', ['Ceremony', 'Dinner'])
  const weddingB = await makeWedding(owner, 'Bea & Tom', ['Ceremony', 'Party'])
  const ownersTablet = await admitted(lan, (await newJoin(owner, { role: 'owner' })).join)
  const tablet = await admitted(lan, (await newJoin(owner, { role: 'planner', weddings: [weddingA.id] })).join)

  async function everywhere() {
    return { hub: await holdings(owner), cloud: await holdings(ownerAtCloud) }
  }
  const before = await eventually(
    'the cloud has both',
    everywhere,
    (held) => held.hub.length === 2 && JSON.stringify(held.hub) === JSON.stringify(held.cloud),
  )

  function at(door: Door, path: string, options: HttpCall = {}): Promise<HttpAnswer> {
    const places = {
      loopback: { url: hub.ready.url },
      LAN: { url: lan.url, fingerprint: lan.fingerprint },
      cloud: { url: cloud.ready.url },
    }
    const { url, ...pin } = places[door]
    return httpCall(`${url}/api/offline/${path}`, { ...pin, ...options })
  }

  return {
    cloud,
    hub,
    lan,
    owner,
    ownersTablet,
    weddingA,
    weddingB,
    tablet,
    at,
    ownersTokenAt: (door) => (door === 'LAN' ? ownersTablet.token : (hub.ready.token ?? '')),
    pushAt: (door, token, changes) =>
      at(door, 'sync', { method: 'POST', token, body: JSON.stringify(batchOf(changes)) }),
    dialAt: (door) => (door === 'LAN' ? dialByHand(lan.url, lan.fingerprint) : dialByHand(cloud.ready.url)),
    async expectUnchanged() {
      expect(await everywhere()).toEqual(before)
    },
  }
}

/**
 * What a hub says of itself on the network (DNS-SD, RFC 6763), and how a device reads it. Nothing personal: no names of
 * people, computers or teams.
 *
 *     _wedsync._tcp.local        PTR   hub-3q2x7w…._wedsync._tcp.local
 *     hub-3q2x7w…._wedsync._tcp  SRV   port, wedsync-1f0c9a….local
 *                                TXT   v=1 id=<device id> team=<endorsement>
 *     wedsync-1f0c9a….local      A     address on the interface that it is said on; tablets call the team's hub by this name
 *
 * The endorsement is the team's signature of the device id. Its private key is held by exactly the devices that may serve as
 * hub, so whoever knows the team's public key, that is its members and its cloud, knows a hub of the team that may be given a
 * token once its certificate has proved the device id. Anybody else sees that two hubs have one name for tablets, and so are
 * of one team, but not of which.
 */
import type { Answer } from 'dns-packet'
import { deviceIdSchema } from '../identity/certificate.ts'
import { isSignedByTeam, signAsTeam } from '../identity/signed.ts'

export const SERVICE = '_wedsync._tcp.local'

/** Seconds for which a record holds: a hub that vanished without a word is forgotten after two minutes. */
export const TTL_SECONDS = 120
const FORMAT = 'v=1'
const ENDORSEMENT_CHARS = 86
const INSTANCE_CHARS = 16
const MAX_PORT = 65_535

export interface Announcement {
  readonly deviceId: string
  readonly endorsement: string
  readonly port: number
}

/** @param teamKey the team's private key */
export function endorse(deviceId: string, teamKey: string): string {
  return signAsTeam(statement(deviceId), teamKey)
}

/** @param teamKey the team's public key */
export function isEndorsed({ deviceId, endorsement }: Announcement, teamKey: string): boolean {
  return isSignedByTeam(statement(deviceId), endorsement, teamKey)
}

/** No token begins like this, so neither passes for the other. */
function statement(deviceId: string): string {
  return `wedsync hub of the team: ${deviceId}`
}

/** What a hub announces. */
export interface Announced extends Announcement {
  /** The team's name for tablets (`model/identity/teamHost.ts`). */
  readonly host: string
}

/** @param ttl seconds; 0 takes the announcement back */
export function recordsOf({ deviceId, endorsement, port, host }: Announced, address: string, ttl: number): Answer[] {
  const instance = `hub-${deviceId.slice(0, INSTANCE_CHARS)}`
  const name = `${instance}.${SERVICE}`
  return [
    { name: SERVICE, type: 'PTR', ttl, data: name },
    { name, type: 'SRV', ttl, flush: true, data: { port, target: host, priority: 0, weight: 0 } },
    { name, type: 'TXT', ttl, flush: true, data: [FORMAT, `id=${deviceId}`, `team=${endorsement}`] },
    addressRecord(host, address, ttl),
  ]
}

/** Flushed: who called the hub that is gone is not to wait for it until its address is forgotten. */
export function addressRecord(name: string, address: string, ttl = TTL_SECONDS): Answer {
  return { name, type: 'A', ttl, flush: true, data: address }
}

/** An announcement as it was heard; `ttl` 0 if it was taken back. */
export interface Heard extends Announcement {
  readonly ttl: number
}

/** The hubs that a packet speaks of. What is no announcement of ours is passed over: anybody may say anything here. */
export function hubsIn(records: readonly Answer[]): readonly Heard[] {
  const heard: Heard[] = []
  for (const record of records) {
    if (record.type !== 'SRV' || !record.name.endsWith(`.${SERVICE}`)) continue
    const text = records.find(({ type, name }) => type === 'TXT' && name === record.name)
    const fields = text?.type === 'TXT' ? fieldsOf(text.data) : undefined
    const deviceId = deviceIdSchema.safeParse(fields?.get('id'))
    const endorsement = fields?.get('team') ?? ''
    const { port } = record.data
    if (!deviceId.success || endorsement.length !== ENDORSEMENT_CHARS || port < 1 || port > MAX_PORT) continue
    heard.push({ deviceId: deviceId.data, endorsement, port, ttl: Math.min(record.ttl ?? 0, TTL_SECONDS) })
  }
  return heard
}

function fieldsOf(data: string | Buffer | (string | Buffer)[]): ReadonlyMap<string, string> {
  const strings = (Array.isArray(data) ? data : [data]).map(String)
  return new Map(
    strings.map((text) => {
      const equals = text.indexOf('=')
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}

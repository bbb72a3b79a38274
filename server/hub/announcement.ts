/**
 * What a hub says of itself on the network (DNS-SD, RFC 6763), and how a device reads it. Nothing personal: no names of
 * people, computers or teams.
 *
 *     _wedsync._tcp.local        PTR   hub-3q2x7w…._wedsync._tcp.local
 *     hub-3q2x7w…._wedsync._tcp  SRV   port, wedsync-1f0c9a….local
 *                                TXT   v=1 id=<device id> team=<endorsement> was=<endorsement by the key before> …
 *     wedsync-1f0c9a….local      A     address on the interface that it is said on; tablets call the team's hub by this name
 *
 * The endorsement is the team's signature of the device id. Its private key is held by exactly the devices that may serve as
 * hub, so whoever knows the team's public key, that is its members and its cloud, knows a hub of the team that may be given a
 * token once its certificate has proved the device id. Anybody else sees that two hubs have one name for tablets, and so are
 * of one team, but not of which. Where the team's key was replaced, the hub has the word of the keys before as well, for those who
 * have not heard of it: they call, and hear it.
 */
import type { Answer } from 'dns-packet'
import { deviceIdSchema } from '../identity/certificate.ts'
import { isSignedByTeam, signAsTeam } from '../identity/signed.ts'

export const SERVICE = '_wedsync._tcp.local'

/** Seconds for which a record holds: a hub that vanished without a word is forgotten after two minutes. */
export const TTL_SECONDS = 120
const FORMAT = 'v=1'
const ENDORSEMENT_CHARS = 86
/** More of them would not fit into a packet, and nobody is as far behind. */
const MAX_FORMER = 4
const INSTANCE_CHARS = 16
const MAX_PORT = 65_535

export interface Announcement {
  readonly deviceId: string
  /** By the team's present key. */
  readonly endorsement: string
  /** By the keys before, the last one first. */
  readonly formerEndorsements: readonly string[]
  readonly port: number
}

type Endorsed = Pick<Announcement, 'deviceId' | 'endorsement' | 'formerEndorsements'>

/** @param teamKeys the team's private keys by epoch, the present one last */
export function endorse(deviceId: string, teamKeys: readonly string[]): Endorsed {
  const [endorsement = '', ...former] = teamKeys.map((key) => signAsTeam(statement(deviceId), key)).toReversed()
  return { deviceId, endorsement, formerEndorsements: former.slice(0, MAX_FORMER) }
}

/**
 * @param teamKey the team's public key, as far as is known here
 * @returns `ahead`: the hub is of the team, which has another key by now
 */
export function endorsementBy(
  { deviceId, endorsement, formerEndorsements }: Endorsed,
  teamKey: string,
): 'present' | 'ahead' | undefined {
  const isByTeam = (signature: string) => isSignedByTeam(statement(deviceId), signature, teamKey)
  if (isByTeam(endorsement)) return 'present'
  return formerEndorsements.some(isByTeam) ? 'ahead' : undefined
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
export function recordsOf(
  { deviceId, endorsement, formerEndorsements, port, host }: Announced,
  address: string,
  ttl: number,
): Answer[] {
  const former = formerEndorsements.map((each) => `was=${each}`)
  const instance = `hub-${deviceId.slice(0, INSTANCE_CHARS)}`
  const name = `${instance}.${SERVICE}`
  return [
    { name: SERVICE, type: 'PTR', ttl, data: name },
    { name, type: 'SRV', ttl, flush: true, data: { port, target: host, priority: 0, weight: 0 } },
    { name, type: 'TXT', ttl, flush: true, data: [FORMAT, `id=${deviceId}`, `team=${endorsement}`, ...former] },
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
    const deviceId = deviceIdSchema.safeParse(fields?.get('id')?.[0])
    const [endorsement = ''] = fields?.get('team') ?? []
    const former = (fields?.get('was') ?? []).filter(({ length }) => length === ENDORSEMENT_CHARS)
    const { port } = record.data
    if (!deviceId.success || endorsement.length !== ENDORSEMENT_CHARS || port < 1 || port > MAX_PORT) continue
    heard.push({
      deviceId: deviceId.data,
      endorsement,
      formerEndorsements: former.slice(0, MAX_FORMER),
      port,
      ttl: Math.min(record.ttl ?? 0, TTL_SECONDS),
    })
  }
  return heard
}

function fieldsOf(data: string | Buffer | (string | Buffer)[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  for (const text of (Array.isArray(data) ? data : [data]).map(String)) {
    const equals = text.indexOf('=')
    const name = text.slice(0, equals)
    fields.set(name, [...(fields.get(name) ?? []), text.slice(equals + 1)])
  }
  return fields
}

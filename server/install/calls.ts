/** How this install reaches its upstreams: the hub of its team on the LAN, and the cloud. */
import { WebSocket } from 'ws'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Transport } from '../../model/sync/transport.ts'
import { enrolled } from '../cloud/doors.ts'
import type { Identity } from '../identity/identity.ts'
import { pinnedAgent } from '../identity/pinned.ts'
import { postJson, type RequestError } from '../identity/postJson.ts'
import { foundingOf } from '../identity/succession.ts'
import { openTransport } from '../sync/webSocketTransport.ts'
import { isLoginPage, LOGIN_PAGE_IN_THE_WAY, withoutCloud } from './loginPage.ts'

export const PEER_PATH = '/api/offline/peer'
export const ENROL_PATH = '/api/offline/enrol'
export const INVITATIONS_PATH = '/api/offline/invitations'
export const RECOVERY_PATH = '/api/offline/recovery-box'

const hubAddress = z.object({ url: z.url(), fingerprint: z.string(), name: z.string() })
export type HubAddress = z.infer<typeof hubAddress>

const cloudAddress = z.object({ url: z.url(), enrolToken: z.string().optional(), enrolled: z.boolean() })
export type CloudAddress = z.infer<typeof cloudAddress>

const ENROL_TIMEOUT_MS = 5_000

export async function knownHub(state: StateStore): Promise<HubAddress | undefined> {
  return hubAddress.nullish().parse(await state.get('hub')) ?? undefined
}

export async function forgetHub(state: StateStore): Promise<void> {
  await state.set('hub', null)
}

export async function rememberHub(state: StateStore, hub: HubAddress): Promise<void> {
  await state.set('hub', hub)
}

export async function knownCloud(state: StateStore): Promise<CloudAddress | undefined> {
  return cloudAddress.optional().parse(await state.get('cloud'))
}

/** Keeps the cloud's address for later starts. A new address means enrolling there. */
export async function rememberCloud(state: StateStore, url: string, enrolToken: string | undefined): Promise<void> {
  const known = await knownCloud(state)
  const enrolled = known?.url === url && known.enrolled
  await state.set('cloud', { url, ...(enrolToken !== undefined && { enrolToken }), enrolled })
}

/** The team is known at the cloud already, whoever told it. */
export async function rememberEnrolment(state: StateStore): Promise<void> {
  const known = await knownCloud(state)
  if (known) await state.set('cloud', { ...known, enrolled: true })
}

/** Talks to the one certificate that the join link named, and to nobody else; and shows its own. */
export async function dialHub({ url, fingerprint }: HubAddress, own: Identity): Promise<Transport> {
  const socket = new WebSocket(peerUrl(url), { agent: pinnedAgent(fingerprint, { own }), maxPayload: 8_000_000 })
  return openTransport(socket)
}

/** Enrols the team first, if that has not been done. */
export async function dialCloud(state: StateStore, identity: Identity): Promise<Transport> {
  const cloud = await knownCloud(state)
  if (!cloud) throw new Error('there is no cloud to call')
  if (!cloud.enrolled && cloud.enrolToken !== undefined) {
    const outcome = await enrol(cloud.url, cloud.enrolToken, identity)
    if (!outcome.ok) throw new Error(outcome.error)
    await rememberEnrolment(state)
  }
  try {
    return await openTransport(new WebSocket(peerUrl(cloud.url), { maxPayload: 8_000_000 }))
  } catch (cause) {
    throw withoutCloud(cause)
  }
}

async function enrol(url: string, token: string, { team }: Identity): Promise<Result<true, string>> {
  const { successions } = team
  const body = { team: { ...foundingOf(team), ...(successions && { successions: [...successions] }) } }
  const reply = await postJson(new URL(ENROL_PATH, url).href, body, { token, timeoutMs: ENROL_TIMEOUT_MS })
  if (!reply.ok) {
    const isPage = reply.error.kind === 'reply-not-json' && isLoginPage(reply.error.status)
    return err(isPage ? LOGIN_PAGE_IN_THE_WAY : `the cloud does not answer (${describeRequestError(reply.error)})`)
  }
  const { status, body: answer } = reply.value
  // Whoever else answers 200 does not know which team it is.
  if (status === 200 && enrolled.safeParse(answer).data?.team === team.id) return ok(true)
  if (status === 401) return err('the cloud does not accept the enrolment token: check --cloud-token')
  return err(isLoginPage(status) ? LOGIN_PAGE_IN_THE_WAY : `the cloud refused the enrolment with status ${status}`)
}

function describeRequestError(error: RequestError): string {
  return 'detail' in error ? error.detail : error.kind
}

function peerUrl(base: string): string {
  const url = new URL(PEER_PATH, base)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

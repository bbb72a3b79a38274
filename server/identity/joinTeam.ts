/** The device's end of joining: presents a link's secret to the hub, and believes only a reply that fits together. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { toBase64Url } from '../../model/bytes.ts'
import { isSameJson } from '../../model/canonicalJson.ts'
import {
  type Answer,
  askUntilAnswered,
  invitationId,
  type JoinAsk,
  joinPending,
  NONCE_BYTES,
} from '../../model/identity/joinCode.ts'
import { err, ok, type Result, unreachable } from '../../model/result.ts'
import { deviceIdOf } from './certificate.ts'
import { grantOf } from './grant.ts'
import type { JoinTarget, LinkError } from './joinLink.ts'
import { JOIN_PATH, JOIN_REFUSALS, type JoinRefusal, type JoinReply, joinReplySchema } from './joinProtocol.ts'
import { type JsonReply, postJson, type RequestError } from './postJson.ts'
import { publicKeyOf } from './signed.ts'
import { foundingOf, lineOf } from './succession.ts'
import { readToken } from './token.ts'

/** Who wants to join. */
export interface Applicant {
  readonly deviceId: string
  readonly deviceName: string
  readonly personName: string
  /** Its certificate proves the device id. */
  readonly certPem: string
  readonly keyPem: string
  /** Its public key, for keys of sealed values. */
  readonly wrappingKey?: string
  readonly wrappingProof?: string
}

export type JoinError =
  | { readonly kind: 'hub-unreachable'; readonly url: string; readonly detail: string }
  | { readonly kind: 'cloud-unreachable'; readonly url: string; readonly detail: string }
  | { readonly kind: 'wrong-certificate'; readonly url: string; readonly actual: string | undefined }
  | {
      readonly kind:
        | 'secret-unknown'
        | 'secret-used'
        | 'secret-expired'
        | 'declined'
        | 'needs-approval'
        | 'busy'
        | 'gave-up'
        | 'same-device'
        | 'other-device'
        | 'not-a-hub'
    }
  | { readonly kind: 'unexpected-reply'; readonly detail: string }

const JOIN_TIMEOUT_MS = 15_000
const HTTP_OK = 200
const HTTP_CREATED = 201
const HTTP_ACCEPTED = 202
/** How often somebody who waits to be let in asks again. */
const ASK_EVERY_MS = 1_000

const ERROR_KINDS: Readonly<Record<JoinRefusal, JoinError>> = {
  unknown: { kind: 'secret-unknown' },
  used: { kind: 'secret-used' },
  expired: { kind: 'secret-expired' },
  declined: { kind: 'declined' },
  'needs-approval': { kind: 'needs-approval' },
  busy: { kind: 'busy' },
  'same-device': { kind: 'same-device' },
  'other-device': { kind: 'other-device' },
  'not-a-hub': { kind: 'not-a-hub' },
}

export interface JoinOptions {
  /** For each request. */
  readonly timeoutMs?: number
  /** Somebody has to let this device in: the code that both screens show. Called once, if at all. */
  readonly onWaiting?: (code: string) => void
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

/** Joins as an install. Nobody but the hub that the link names sees the secret. */
export async function joinTeam(
  link: JoinTarget,
  { deviceId, deviceName, personName, wrappingKey, wrappingProof, ...own }: Applicant,
  { timeoutMs = JOIN_TIMEOUT_MS, onWaiting = () => undefined, signal }: JoinOptions = {},
): Promise<Result<JoinReply, JoinError>> {
  const hub = deviceIdOf(link.fingerprint)
  if (hub === deviceId) return err({ kind: 'same-device' })
  const applicant = {
    deviceId,
    deviceName,
    personName,
    ...(wrappingKey !== undefined && { wrappingKey }),
    ...(wrappingProof !== undefined && { wrappingProof }),
  }
  const { fingerprint } = link

  async function send(ask: JoinAsk): Promise<Answer<Result<JoinReply, JoinError>>> {
    const request = { kind: 'install', secret: link.secret, ...applicant, ask }
    const answer = await postJson(new URL(JOIN_PATH, link.url).href, request, { fingerprint, own, timeoutMs })
    if (!answer.ok) return { kind: 'final', value: err(toJoinError(answer.error, link.url)) }
    const pending = answer.value.status === HTTP_ACCEPTED ? joinPending.safeParse(answer.value.body).data : undefined
    if (pending) return { kind: 'pending', pending }
    return { kind: 'final', value: readReply(answer.value, link, deviceId) }
  }

  const answered = await askUntilAnswered({
    nonce: toBase64Url(randomBytes(NONCE_BYTES)),
    about: { hub, applicant: deviceId, invitation: invitationId(link.secret) },
    send,
    onWaiting,
    pause: () => pauseUnless(signal),
  })
  if (answered === 'gave-up') return err({ kind: 'gave-up' })
  return answered === 'contradiction' ? unexpected('it contradicts itself') : answered
}

/** @returns false if the signal came meanwhile */
async function pauseUnless(signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(ASK_EVERY_MS, undefined, { ...(signal && { signal }) })
    return true
  } catch (cause) {
    if (signal?.aborted) return false
    throw cause
  }
}

function readReply(answer: JsonReply, link: JoinTarget, deviceId: string): Result<JoinReply, JoinError> {
  if (answer.status !== HTTP_OK && answer.status !== HTTP_CREATED) return err(refusalOf(answer))
  const reply = joinReplySchema.safeParse(answer.body)
  if (!reply.success) {
    const fields = reply.error.issues.map((issue) => issue.path.join('.') || 'all of it')
    return unexpected(`damaged: ${fields.join(', ')}`)
  }
  const mismatch = mismatchOf(reply.data, link, deviceId)
  return mismatch === undefined ? ok(reply.data) : unexpected(mismatch)
}

/** One sentence for a person: what happened and what to do. */
export function describeJoinError(error: JoinError | LinkError): string {
  switch (error.kind) {
    case 'bad-link':
      return `The link cannot be used: ${error.reason}.`
    case 'hub-unreachable':
      return `The hub at ${error.url} does not answer (${error.detail}): check that it is switched on and that this device is in the same network, then try the link again.`
    case 'cloud-unreachable':
      return `The cloud at ${error.url} does not answer (${error.detail}): check that this device is online, then try again.`
    case 'wrong-certificate':
      return `Another device than the hub of the link answers at ${error.url}, so nothing was sent to it: check that you are in the right network, and ask for a new link from the hub.`
    case 'secret-unknown':
      return 'The hub does not know this link: copy the whole link again, or ask for a new one.'
    case 'secret-used':
      return 'This link has been used already, and a link works once: ask for a new one.'
    case 'secret-expired':
      return 'This link has expired: ask for a new one.'
    case 'declined':
      return 'The owner of the team has declined, so this device is not in: speak with them, and ask for a new link.'
    case 'needs-approval':
      return 'Whoever uses this link has to ask first, which this version of WedSync does not do: update it, then try the link again.'
    case 'busy':
      return 'Another device is asking to join with this link just now: if that is not one of yours, tell the owner of the team; else try again in half a minute.'
    case 'gave-up':
      return 'You stopped waiting, and nothing was changed: try the link again when somebody is there to let you in.'
    case 'same-device':
      return 'This link was made by this very device: open it on the device that is to join.'
    case 'other-device':
      return 'The hub saw another certificate than the one of this device: something stands between the two, so leave this network, or ask the owner of the team.'
    case 'not-a-hub':
      return 'The device that the link leads to may not let others in: ask the owner of the team for a link.'
    case 'unexpected-reply':
      return `The hub gave an answer that this version does not understand (${error.detail}): bring both devices to the same version and ask for a new link.`
    default:
      return unreachable(error)
  }
}

function toJoinError(error: RequestError, url: string): JoinError {
  switch (error.kind) {
    case 'wrong-certificate':
      return { kind: 'wrong-certificate', url, actual: error.actual }
    case 'timeout':
      return { kind: 'hub-unreachable', url, detail: `no answer within ${error.timeoutMs} ms` }
    case 'unreachable':
    case 'bad-url':
      return { kind: 'hub-unreachable', url, detail: error.detail }
    case 'reply-too-large':
      return { kind: 'unexpected-reply', detail: `larger than ${error.limitBytes} bytes` }
    case 'reply-not-json':
      return { kind: 'unexpected-reply', detail: `status ${error.status}, not JSON` }
    default:
      return unreachable(error)
  }
}

/** Also of the cloud, which refuses as a hub does. */
export function refusalOf({ status, body }: JsonReply): JoinError {
  const code = z.object({ code: z.string().max(100) }).safeParse(body).data?.code
  for (const refusal of Object.keys(JOIN_REFUSALS) as JoinRefusal[]) {
    if (JOIN_REFUSALS[refusal].code === code) return ERROR_KINDS[refusal]
  }
  return { kind: 'unexpected-reply', detail: `status ${status}${code === undefined ? '' : `, ${code}`}` }
}

/**
 * What in the reply contradicts the link, the device or the reply itself. The token's time is left to whoever uses it:
 * a device whose clock is wrong may still join.
 */
function mismatchOf(reply: JoinReply, link: JoinTarget, deviceId: string): string | undefined {
  const { team, userId, grant } = reply
  if (reply.deviceId !== deviceId) return 'it is for another device'
  if (reply.hub.deviceId !== deviceIdOf(link.fingerprint)) return 'it names another hub'
  if (link.team !== undefined && team.id !== link.team) return 'it names another team'
  if (team.privateKey !== undefined && publicKeyOf(team.privateKey) !== team.publicKey) return 'its keys do not match'
  const line = lineOf(foundingOf(team), team.successions ?? [])
  if (line.publicKey !== team.publicKey) return 'its keys do not follow from each other'
  const token = readToken(reply.token, team.publicKey)
  if (!token.ok) return `its token is ${token.error.kind}`
  const promised = { team: team.id, user: userId, device: deviceId, ...grant }
  const { team: ofTeam, user, device } = token.value
  const given = { team: ofTeam, user, device, ...grantOf(token.value) }
  return isSameJson(given, promised) ? undefined : 'its token says something else'
}

function unexpected(detail: string): Result<never, JoinError> {
  return err({ kind: 'unexpected-reply', detail })
}

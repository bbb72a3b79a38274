/** Who asks to be let in by an invitation that waits for its owner's word (`model/identity/joinCode.ts`). */
import { randomBytes } from 'node:crypto'
import { toBase64Url } from '../../model/bytes.ts'
import { commitmentTo, invitationId, type JoinPending, joinCode, NONCE_BYTES } from '../../model/identity/joinCode.ts'
import type { JoinDecision, JoinEntry } from '../../model/rest/hub.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { JoinRefusal, JoinRequest } from './joinProtocol.ts'
import { type Application, changeJoin, type Join, joinsIn } from './joins.ts'

/** Somebody who has not asked again for so long has gone, and another one may ask with the same link. */
const PATIENCE_MS = 20_000

/** When each applicant asked last, by invitation, in ms of the wall clock. A restart forgets it; they ask again. */
const lastAsked = new Map<string, number>()

/**
 * One question of an applicant.
 * @returns `undefined` if nothing is to be waited for: the invitation needs no approval, or this applicant has it
 */
export async function applyToJoin(
  request: JoinRequest,
  state: StateStore,
  nowMs: number,
): Promise<Result<JoinPending | undefined, { readonly kind: JoinRefusal }>> {
  const joinId = invitationId(request.secret)
  return changeJoin<Result<JoinPending | undefined, { readonly kind: JoinRefusal }>>(state, joinId, (join) => {
    if (!join || join.approval === 'given') return { result: ok(undefined) }
    const refusal = refusalOf(join, nowMs)
    if (refusal) return { result: err({ kind: refusal }) }
    const { ask } = request
    if (!ask) return { result: err({ kind: 'needs-approval' }) }
    const applicant = request.kind === 'install' ? request.deviceId : ask.commitment
    const known = join.application
    if (known?.applicant !== applicant || known.commitment !== ask.commitment) {
      if (join.decision === 'admitted' || (known && isHere(joinId, nowMs))) return { result: err({ kind: 'busy' }) }
      const { kind, personName, deviceName } = request
      const hubNonce = toBase64Url(randomBytes(NONCE_BYTES))
      const application = {
        applicant,
        kind,
        personName,
        deviceName,
        commitment: ask.commitment,
        hubNonce,
        askedAt: nowMs,
      }
      lastAsked.set(joinId, nowMs)
      return { result: ok({ state: 'reveal', nonce: hubNonce }), join: { ...join, application } }
    }
    lastAsked.set(joinId, nowMs)
    if (ask.nonce === undefined) return { result: ok({ state: 'reveal', nonce: known.hubNonce }) }
    if (commitmentTo(ask.nonce) !== known.commitment) return { result: err({ kind: 'needs-approval' }) }
    if (join.decision === 'admitted') return { result: ok(undefined) }
    const waiting: Result<JoinPending, never> = ok({ state: 'waiting' })
    if (known.applicantNonce === ask.nonce) return { result: waiting }
    return { result: waiting, join: { ...join, application: { ...known, applicantNonce: ask.nonce } } }
  })
}

/** Invitations that can still be used, and who asks with each. */
export async function openJoins(state: StateStore, hub: string, nowMs: number): Promise<readonly JoinEntry[]> {
  const open = [...(await joinsIn(state))].filter(
    ([, join]) => refusalOf(join, nowMs) === undefined && join.decision === undefined,
  )
  return open.map(([joinId, { role, weddings, vendors, expiresAt, approval, application }]) => {
    const code = application && isHere(joinId, nowMs) ? codeOf(application, joinId, hub) : undefined
    return {
      joinId,
      role,
      weddings: weddings === 'all' ? 'all' : [...weddings],
      ...(vendors && { vendors: [...vendors] }),
      approval,
      expiresAt: new Date(expiresAt).toISOString(),
      ...(application &&
        code !== undefined && {
          asking: {
            personName: application.personName,
            deviceName: application.deviceName,
            kind: application.kind,
            code,
            askedAt: new Date(application.askedAt).toISOString(),
          },
        }),
    }
  })
}

export type DecideError = 'unknown' | 'nobody-asks' | 'other-code'

/** Lets an applicant in, or ends the invitation. To let in takes the code that was seen: by now somebody else may ask. */
export function decideJoin(
  state: StateStore,
  joinId: string,
  decision: JoinDecision,
  hub: string,
  nowMs: number,
): Promise<Result<Join, DecideError>> {
  return changeJoin<Result<Join, DecideError>>(state, joinId, (join) => {
    if (!join || join.decision !== undefined || refusalOf(join, nowMs)) return { result: err('unknown') }
    if (decision.decision === 'decline') {
      const declined: Join = { ...join, decision: 'declined' }
      return { result: ok(declined), join: declined }
    }
    const code = join.application && codeOf(join.application, joinId, hub)
    if (code === undefined) return { result: err('nobody-asks') }
    if (code !== decision.code) return { result: err('other-code') }
    const admitted: Join = { ...join, decision: 'admitted' }
    return { result: ok(admitted), join: admitted }
  })
}

function refusalOf({ usedAt, decision, expiresAt }: Join, nowMs: number): 'used' | 'declined' | 'expired' | undefined {
  if (usedAt !== undefined) return 'used'
  if (decision === 'declined') return 'declined'
  return nowMs >= expiresAt ? 'expired' : undefined
}

function isHere(joinId: string, nowMs: number): boolean {
  return nowMs - (lastAsked.get(joinId) ?? Number.NEGATIVE_INFINITY) < PATIENCE_MS
}

function codeOf(
  { applicant, hubNonce, applicantNonce }: Application,
  invitation: string,
  hub: string,
): string | undefined {
  return applicantNonce === undefined ? undefined : joinCode({ hub, applicant, invitation, applicantNonce, hubNonce })
}

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../model/bytes.ts'
import { commitmentTo, invitationId, joinCode } from '../../../model/identity/joinCode.ts'
import { applyToJoin, decideJoin, openJoins } from '../../../server/identity/applications.ts'
import { type JoinRequest, joinRequestSchema } from '../../../server/identity/joinProtocol.ts'
import { createJoin, redeemJoin } from '../../../server/identity/joins.ts'
import { errorOf, MemoryState, NOW_MS, okValue } from './support.ts'

const HUB = toBase64Url(randomBytes(32))
const invitation = { role: 'photographer', weddings: 'all', expiresInSeconds: 3_600, nowMs: NOW_MS } as const

interface Tablet {
  readonly nonce: string
  ask(revealed?: boolean): JoinRequest
  code(hubNonce: string): string
}

function tablet(secret: string, personName: string): Tablet {
  const nonce = toBase64Url(randomBytes(32))
  const commitment = commitmentTo(nonce)
  return {
    nonce,
    ask: (revealed = false) =>
      joinRequestSchema.parse({
        kind: 'browser',
        secret,
        personName,
        deviceName: 'tablet',
        ask: { commitment, ...(revealed && { nonce }) },
      }),
    code: (hubNonce) =>
      joinCode({ hub: HUB, applicant: commitment, invitation: invitationId(secret), applicantNonce: nonce, hubNonce }),
  }
}

async function invited(approval: 'given' | 'ask' = 'ask') {
  const state = new MemoryState()
  const secret = await createJoin(state, { ...invitation, approval })
  return { state, secret, joinId: invitationId(secret) }
}

/** Asks as far as it gets without the owner's word. */
async function knock(state: MemoryState, who: Tablet, nowMs = NOW_MS): Promise<string> {
  const first = okValue(await applyToJoin(who.ask(), state, nowMs))
  if (first?.state !== 'reveal') throw new Error(`${first?.state}`)
  expect(okValue(await applyToJoin(who.ask(true), state, nowMs))).toEqual({ state: 'waiting' })
  return who.code(first.nonce)
}

describe('an invitation that asks first', () => {
  it('lets nobody in before the owner has, who sees who asks and the same code; then that device, once', async () => {
    const { state, secret, joinId } = await invited()
    const cleo = tablet(secret, 'Cleo')
    expect(await openJoins(state, HUB, NOW_MS)).toMatchObject([{ joinId, role: 'photographer', approval: 'ask' }])
    const code = await knock(state, cleo)
    expect(await redeemJoin(state, secret, NOW_MS)).toEqual({ ok: false, error: { kind: 'needs-approval' } })
    const [open] = await openJoins(state, HUB, NOW_MS)
    expect(open?.asking).toMatchObject({ personName: 'Cleo', deviceName: 'tablet', kind: 'browser', code })
    okValue(await decideJoin(state, joinId, { decision: 'admit', code }, HUB, NOW_MS))
    expect(okValue(await applyToJoin(cleo.ask(true), state, NOW_MS))).toBeUndefined()
    expect(okValue(await redeemJoin(state, secret, NOW_MS))).toEqual({ role: 'photographer', weddings: 'all' })
    expect(errorOf(await applyToJoin(cleo.ask(true), state, NOW_MS))).toEqual({ kind: 'used' })
    expect(await openJoins(state, HUB, NOW_MS)).toEqual([])
  })

  it('does not show a code before the device has told its nonce, and takes no other nonce than the one it is bound to', async () => {
    const { state, secret, joinId } = await invited()
    const cleo = tablet(secret, 'Cleo')
    okValue(await applyToJoin(cleo.ask(), state, NOW_MS))
    expect((await openJoins(state, HUB, NOW_MS))[0]?.asking).toBeUndefined()
    expect(errorOf(await decideJoin(state, joinId, { decision: 'admit', code: '' }, HUB, NOW_MS))).toBe('nobody-asks')
    const other = { ...cleo.ask(), ask: { commitment: commitmentTo(cleo.nonce), nonce: tablet(secret, 'x').nonce } }
    expect(errorOf(await applyToJoin(other, state, NOW_MS))).toEqual({ kind: 'needs-approval' })
  })

  it('keeps out somebody else with the same link: while one asks, after one was let in, and by another code', async () => {
    const { state, secret, joinId } = await invited()
    const [cleo, eve] = [tablet(secret, 'Cleo'), tablet(secret, 'Eve')]
    const eves = await knock(state, eve)
    expect(errorOf(await applyToJoin(cleo.ask(), state, NOW_MS))).toEqual({ kind: 'busy' })
    // Eve has gone; the owner still has her code before their eyes when Cleo asks.
    const later = NOW_MS + 21_000
    const cleos = await knock(state, cleo, later)
    expect(cleos).not.toBe(eves)
    expect(errorOf(await decideJoin(state, joinId, { decision: 'admit', code: eves }, HUB, later))).toBe('other-code')
    okValue(await decideJoin(state, joinId, { decision: 'admit', code: cleos }, HUB, later))
    expect(errorOf(await applyToJoin(eve.ask(true), state, later))).toEqual({ kind: 'busy' })
    expect(okValue(await applyToJoin(cleo.ask(true), state, later))).toBeUndefined()
  })

  it('tells the device that it was declined, and is over; or that it came too late', async () => {
    const { state, secret, joinId } = await invited()
    const cleo = tablet(secret, 'Cleo')
    await knock(state, cleo)
    okValue(await decideJoin(state, joinId, { decision: 'decline' }, HUB, NOW_MS))
    expect(errorOf(await applyToJoin(cleo.ask(true), state, NOW_MS))).toEqual({ kind: 'declined' })
    expect(await redeemJoin(state, secret, NOW_MS)).toEqual({ ok: false, error: { kind: 'declined' } })
    expect(await openJoins(state, HUB, NOW_MS)).toEqual([])
    const late = await invited()
    const end = NOW_MS + 3_600_000
    expect(errorOf(await applyToJoin(tablet(late.secret, 'Cleo').ask(), late.state, end))).toEqual({ kind: 'expired' })
    expect(errorOf(await decideJoin(late.state, late.joinId, { decision: 'decline' }, HUB, end))).toBe('unknown')
  })

  it('needs a device that can ask', async () => {
    const { state, secret } = await invited()
    const { ask: _, ...old } = tablet(secret, 'Cleo').ask()
    expect(errorOf(await applyToJoin(old, state, NOW_MS))).toEqual({ kind: 'needs-approval' })
  })
})

describe('an invitation that is itself the approval', () => {
  it('takes no notice of what a device adds in order to ask', async () => {
    const { state, secret } = await invited('given')
    expect(okValue(await applyToJoin(tablet(secret, 'Cleo').ask(), state, NOW_MS))).toBeUndefined()
    expect(okValue(await redeemJoin(state, secret, NOW_MS))).toEqual({ role: 'photographer', weddings: 'all' })
  })

  it('can be withdrawn', async () => {
    const { state, secret, joinId } = await invited('given')
    okValue(await decideJoin(state, joinId, { decision: 'decline' }, HUB, NOW_MS))
    expect(await redeemJoin(state, secret, NOW_MS)).toEqual({ ok: false, error: { kind: 'declined' } })
  })
})

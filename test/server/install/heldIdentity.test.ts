import { expect, it } from 'vitest'
import { err, ok } from '../../../model/result.ts'
import { createIdentity, type Identity, loadIdentity, saveIdentity } from '../../../server/identity/identity.ts'
import { createTeamKeys, mintFor } from '../../../server/identity/token.ts'
import { holdIdentity } from '../../../server/install/heldIdentity.ts'
import { DAY_MS, MemoryState, NOW_MS } from '../identity/support.ts'

const keys = createTeamKeys()

/** A photographer's laptop, which cannot mint its own token. */
async function photographer(): Promise<Identity> {
  const own = await createIdentity({ deviceName: 'Laptop', personName: 'Carla', nowMs: NOW_MS })
  const member = {
    ...own,
    team: { id: own.team.id, publicKey: keys.publicKey },
    grant: { role: 'photographer', weddings: 'all' },
  } as const
  return { ...member, token: tokenAt(member, NOW_MS) }
}

function tokenAt({ team, userId: user, deviceId: device, grant }: Omit<Identity, 'token'>, nowMs: number): string {
  return mintFor({ team: team.id, user, device, holder: 'install', ...grant }, keys.privateKey, nowMs)
}

async function held() {
  const state = new MemoryState()
  const identity = await photographer()
  const said: string[] = []
  return { state, identity, said, holding: holdIdentity(identity, state, (event) => said.push(event)) }
}

it('keeps a renewed token, in memory at once and on disk', async () => {
  const { state, identity, holding } = await held()
  const renewed = tokenAt(identity, NOW_MS + DAY_MS)
  holding.renewed(renewed)
  expect(holding.now().token).toBe(renewed)
  await expect.poll(async () => (await loadIdentity(state))?.token).toBe(renewed)
})

it('takes no token that is not a renewal of its own', async () => {
  const { identity, said, holding } = await held()
  holding.renewed(tokenAt({ ...identity, deviceId: 'd'.repeat(43) }, NOW_MS + DAY_MS))
  expect(holding.now().token).toBe(identity.token)
  expect(said).toEqual(['a renewed token is not for this device'])
})

it('a token that is renewed while the install joins another team does not put the former team back in its place', async () => {
  const { state, identity, holding } = await held()
  const elsewhere = { ...identity, userId: crypto.randomUUID(), team: { id: crypto.randomUUID(), ...createTeamKeys() } }
  holding.renewed(tokenAt(identity, NOW_MS + DAY_MS))
  await holding.whileJoining(async () => {
    holding.renewed(tokenAt(identity, NOW_MS + 2 * DAY_MS))
    await saveIdentity(state, elsewhere)
    holding.renewed(tokenAt(identity, NOW_MS + 3 * DAY_MS))
    return ok(elsewhere)
  })
  holding.renewed(tokenAt(identity, NOW_MS + 4 * DAY_MS))
  // Whatever had been under way has come to its end by now: each write takes one turn.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect((await loadIdentity(state))?.team.id).toBe(elsewhere.team.id)
})

it('goes on renewing when joining has failed', async () => {
  const { identity, holding } = await held()
  await holding.whileJoining(async () => err('declined'))
  await expect(holding.whileJoining(() => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk')
  const renewed = tokenAt(identity, NOW_MS + DAY_MS)
  holding.renewed(renewed)
  expect(holding.now().token).toBe(renewed)
})

/** What a cloud knows of the keys of teams. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openPostgresStore, type PostgresStore } from '../../../server/changes/postgres.ts'
import { keepTeam, knownTeam, meetTeam, watchInside } from '../../../server/cloud/teams.ts'
import { kitKeys } from '../../../server/identity/recovery.ts'
import { makeSuccession } from '../../../server/identity/succession.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'

const kit = kitKeys(randomBytes(32))
const madeBy = 'A'.repeat(43)
let store: PostgresStore

beforeAll(async () => {
  store = await openPostgresStore({})
})

afterAll(() => store.close())

async function enrolled() {
  const { publicKey, privateKey } = createTeamKeys()
  const id = randomUUID()
  await keepTeam(store, { id, publicKey, recoveryKey: kit.publicKey, successions: [] })
  const next = createTeamKeys()
  const team = { id, publicKey, privateKey, recoveryKey: kit.publicKey }
  const about = { team, next, nextRecoveryKey: kit.publicKey, stays: [], madeBy, madeAt: 0 }
  return { id, publicKey, next, text: makeSuccession({ ...about, kit }), about }
}

it('[KEY1] a team has the key that it was founded with until a succession counts, and the next from then on', async () => {
  const { id, publicKey, next, text, about } = await enrolled()
  const forged = makeSuccession({ ...about, kit: kitKeys(randomBytes(32)) })
  expect(await meetTeam(store, id, [forged])).toEqual({ successions: [], isNew: false })
  expect((await knownTeam(store, id))?.present).toBe(publicKey)
  expect(await meetTeam(store, id, [forged, text])).toEqual({ successions: [text], isNew: true })
  expect(await meetTeam(store, id, [])).toEqual({ successions: [text], isNew: false })
  expect((await knownTeam(store, id))?.present).toBe(next.publicKey)
  expect(await meetTeam(store, randomUUID(), [text])).toBeUndefined()
})

it('[KEY2] of two successions that are told at once, to several processes, the same one counts', async () => {
  const { id, about } = await enrolled()
  const keys = [createTeamKeys(), createTeamKeys(), createTeamKeys()]
  const texts = keys.map((next) => makeSuccession({ ...about, next, kit }))
  await Promise.all(texts.map((text) => meetTeam(store, id, [text])))
  expect((await knownTeam(store, id))?.present).toBe(keys.map(({ publicKey }) => publicKey).sort()[0])
})

it('a team that an earlier version has enrolled has its key, and no other can be put in its place', async () => {
  const { id, text, about } = await enrolled()
  await store.state.set(`team/${id}`, about.team.publicKey)
  expect((await knownTeam(store, id))?.present).toBe(about.team.publicKey)
  expect(await meetTeam(store, id, [text])).toEqual({ successions: [], isNew: false })
})

it('[KEY4] sends away those who are in by the key before, and nobody else', async () => {
  const { id, publicKey, next, text } = await enrolled()
  const other = await enrolled()
  const gone: string[] = []
  const inside = watchInside(
    store,
    (deviceId) => gone.push(deviceId),
    (fault) => expect.unreachable(String(fault)),
  )
  onTestFinished(() => inside.stop())
  inside.note(id, 'thief', publicKey)
  inside.note(other.id, 'stranger', other.publicKey)
  await inside.check()
  expect(gone).toEqual([])
  await meetTeam(store, id, [text])
  inside.note(id, 'laptop', next.publicKey)
  await inside.check()
  await inside.check()
  expect(gone).toEqual(['thief'])
})

import { afterEach, describe, expect, it } from 'vitest'
import { viewRecord } from '../../../model/merge/view.ts'
import { createIdentity, type Identity } from '../../../server/identity/identity.ts'
import { openSealingKeys, type SealingKeys } from '../../../server/identity/sealingKeys.ts'
import { type FileParts, readChangeFile, writeChangeFile } from '../../../server/install/changeFile.ts'
import { isChangeFile } from '../../../server/install/changeFileKind.ts'
import { uuidOf } from '../../support/ids.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { holdingsOf } from '../../support/syncTeam.ts'

const NOW = Date.parse('2027-06-12T10:00:00Z')
const WEDDING = uuidOf(20)
const ADA = uuidOf(21)

interface Laptop extends FileParts {
  readonly replica: MemoryReplica
}

const open: { keys: SealingKeys; replica: MemoryReplica }[] = []
afterEach(async () => {
  for (const { keys, replica } of open.splice(0)) {
    await keys.stop()
    await replica.close()
  }
})

async function laptop(name: string, identity: Identity, now = NOW): Promise<Laptop> {
  const replica = await openMemoryReplica(name, { now: () => now })
  const { changes, state } = replica
  const options = {
    identity,
    changes,
    state,
    author: async () => replica.author(),
    now: () => now,
    log: () => undefined,
  }
  const keys = await openSealingKeys(options)
  open.push({ keys, replica })
  return { identity, keys, replica, store: { changes, state } }
}

async function newTeam(): Promise<Identity> {
  return createIdentity({ deviceName: 'd', personName: 'Ana', nowMs: NOW })
}

async function fileOf(from: Laptop, since?: number): Promise<string> {
  const file = await writeChangeFile(from, since === undefined ? {} : { sinceMs: since })
  if (!file) throw new Error('this laptop writes no change files')
  return file.text
}

/** Two laptops of one team that never meet, and a wedding that the first one holds. */
async function apart(): Promise<readonly [Laptop, Laptop]> {
  const identity = await newTeam()
  const other = { ...(await newTeam()), team: identity.team }
  const [ana, ben] = [await laptop('ana', identity), await laptop('ben', other, NOW + 60_000)]
  await ana.replica.create({
    id: WEDDING,
    scope: WEDDING,
    table: 'weddings',
    data: { name: 'A & B', date: '2027-06-12' },
  })
  await ana.replica.create({ id: ADA, scope: WEDDING, table: 'guests', data: { name: 'Ada', phone: '123' } })
  return [ana, ben]
}

describe('a change file', () => {
  it('[INV2] brings two laptops to the same state that have no network, and read again changes nothing', async () => {
    const [ana, ben] = await apart()
    const first = await fileOf(ana)
    expect(isChangeFile(first)).toBe(true)
    expect(await readChangeFile(first, ben)).toMatchObject({ ok: true, value: { refused: [] } })
    await Promise.all([ana.replica.edit(ADA, { phone: '456' }), ben.replica.edit(ADA, { meal: 'fish' })])
    const back = await fileOf(ben)
    for (const text of [back, back, first]) expect(await readChangeFile(text, ana)).toMatchObject({ ok: true })
    await readChangeFile(await fileOf(ana), ben)
    expect(await holdingsOf(ben.replica, WEDDING)).toEqual(await holdingsOf(ana.replica, WEDDING))
    expect(viewRecord(await ben.replica.read(ADA)).data).toMatchObject({ name: 'Ada', phone: '456', meal: 'fish' })
    const head = await ana.store.changes.head(WEDDING)
    await readChangeFile(back, ana)
    expect(await ana.store.changes.head(WEDDING)).toBe(head)
  })

  it('is sealed, and has what was edited since', async () => {
    const [ana, ben] = await apart()
    const text = await fileOf(ana)
    // With their quotes, which no ciphertext has by chance.
    for (const secret of ['"Ada"', '"123"', 'A & B']) expect(text).not.toContain(secret)
    await readChangeFile(text, ben)
    await ben.replica.edit(ADA, { meal: 'fish' })
    const news = await writeChangeFile(ben, { sinceMs: NOW + 30_000, wedding: WEDDING })
    expect(news?.text).toContain(ADA)
    expect(news?.text.split('\n')[1]).not.toContain(`"id":"${WEDDING}"`)
  })

  it('is not taken from another team, nor if a character of it was changed, nor in part', async () => {
    const [ana, ben] = await apart()
    const text = await fileOf(ana)
    const stranger = await laptop('stranger', await newTeam())
    expect(await readChangeFile(text, stranger)).toEqual({ ok: false, error: { kind: 'other-team' } })
    const changed = text.replace('2027-06-12', '2027-06-13')
    const cut = text.split('\n').slice(0, -2).join('\n')
    for (const each of [changed, cut]) {
      expect(await readChangeFile(each, ben)).toEqual({ ok: false, error: { kind: 'changed-since' } })
    }
    expect(await readChangeFile('title,time\nCeremony,15:00', ben)).toMatchObject({ ok: false })
    expect((await ben.store.changes.scopes()).includes(WEDDING)).toBe(false)
  })

  it('is written by those only who may pass on what others wrote', async () => {
    const { privateKey, ...team } = (await newTeam()).team
    expect(privateKey).toBeDefined()
    const viewer = await laptop('viewer', { ...(await newTeam()), team, grant: { role: 'viewer', weddings: 'all' } })
    expect(await writeChangeFile(viewer, {})).toBeUndefined()
  })
})

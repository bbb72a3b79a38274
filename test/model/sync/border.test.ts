import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { Registers, Unit } from '../../../model/merge/unit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { err, ok } from '../../../model/result.ts'
import type { Border } from '../../../model/sync/border.ts'
import { QUARANTINE, quarantined } from '../../../model/sync/quarantine.ts'
import { deadLetters, MAX_OFFERS } from '../../../model/sync/refusals.ts'
import { retryQuarantined } from '../../../model/sync/retryQuarantined.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import type { MemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const ADA = uuidOf(200)

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

const reversed = (text: string): string => [...text].reverse().join('')

/** Names of registers, tags and texts are written backwards; dots, stamps and vectors stay. */
function turned(record: CausalRecord): CausalRecord {
  const units = [...record.units].map(([readClass, unit]): [string, Unit] => {
    const registers: Registers = new Map(
      [...unit.registers].map(([name, siblings]) => [
        reversed(name),
        siblings.map(({ edit, value }) => ({
          edit: { ...edit, tag: reversed(edit.tag) },
          value: typeof value === 'string' ? reversed(value) : value,
        })),
      ]),
    )
    return [readClass, { vector: unit.vector, registers }]
  })
  return { ...record, units: new Map(units) }
}

const mirror: Border = {
  edition: 'without a key',
  outline: turned,
  outgoing: async (record) => turned(record),
  incoming: async (record) => (record.id === uuidOf(666) ? err({ reason: 'no key for it' }) : ok(turned(record))),
}

async function addGuest(replica: MemoryReplica, id: string, name: string): Promise<void> {
  const data = { name, phone: 'secret', tags: ['family'] }
  await replica.create({ id, scope: LAKE, table: 'guests', data })
}

const equalOn = async (line: Line): Promise<unknown[]> =>
  Promise.all([line.caller, line.called].map(async (session) => (await session.progress(LAKE))?.equal))

/** Two laptops that hold what is written, and a cloud between them that holds it backwards. */
async function throughCloud(): Promise<{ a: MemoryReplica; b: MemoryReplica; cloud: MemoryReplica; lines: Line[] }> {
  const [a, b, cloud] = [await team.replica('a'), await team.replica('b'), await team.replica('cloud')]
  await addGuest(a, ADA, 'Ada')
  const lines = [team.connect(a, cloud, { border: mirror }), team.connect(b, cloud, { border: mirror })]
  await team.pass(1_000)
  return { a, b, cloud, lines }
}

describe('a border', () => {
  it('[SYN5] shows the peer other records than we hold, and whoever holds the key the same; all are equal', async () => {
    const { a, b, cloud, lines } = await throughCloud()
    expect(viewRecord(await cloud.read(ADA)).data).toMatchObject({ eman: 'adA' })
    expect(await holdingsOf(b, LAKE)).toEqual(await holdingsOf(a, LAKE))
    expect(await equalOn(lines[0] ?? expect.fail())).toEqual([true, true])
    expect(await equalOn(lines[1] ?? expect.fail())).toEqual([true, true])
    expect(lines[0]?.sent('repair')).toEqual([])
  })

  it('[SYN5] lets deltas through, both ways', async () => {
    const { a, b, lines } = await throughCloud()
    await a.edit(ADA, { name: 'Grace', tags: ['family', 'choir'] })
    await team.pass(1_000)
    await b.edit(ADA, { phone: 'changed' })
    await team.pass(1_000)
    const records = lines.map((line) => line.sent('changes').flatMap((message) => message.records))
    const areDeltas = records.map((each) => each.map((record) => JSON.stringify(record).startsWith('{"changed"')))
    expect(areDeltas).toEqual(Array(2).fill([false, true, true]))
    expect(JSON.stringify(lines[1]?.sent('changes', 'caller'))).not.toMatch(/secret|terces|changed"?:"changed/)
    expect(viewRecord(await a.read(ADA)).data).toMatchObject({ name: 'Grace', phone: 'changed' })
    expect(await holdingsOf(b, LAKE)).toEqual(await holdingsOf(a, LAKE))
    expect(await equalOn(lines[0] ?? expect.fail())).toEqual([true, true])
  })

  it('[SYN5] repair works through it', async () => {
    const { a, b, cloud, lines } = await throughCloud()
    for (let i = 0; i < 20; i++) await addGuest(a, uuidOf(300 + i), `Guest ${i}`)
    await team.pass(1_000)
    for (const { pipe } of lines) pipe.cut()
    await cloud.removeByHand([uuidOf(303), ADA])
    await b.removeByHand([uuidOf(304)])
    const again = [team.connect(a, cloud, { border: mirror }), team.connect(b, cloud, { border: mirror })]
    await team.pass(3_000)
    expect(await holdingsOf(b, LAKE)).toEqual(await holdingsOf(a, LAKE))
    expect(again.map((line) => line.sent('resend').length)).toEqual([0, 0])
    expect(await equalOn(again[0] ?? expect.fail())).toEqual([true, true])
    expect(await equalOn(again[1] ?? expect.fail())).toEqual([true, true])
  })

  it('[SYN5][INV5] a record that it does not let in is set aside with the reason, and the others go in', async () => {
    const [laptop, cloud] = [await team.replica('laptop'), await team.replica('cloud')]
    await addGuest(cloud, uuidOf(666), 'Nobody')
    await addGuest(cloud, ADA, 'adA')
    const line = team.connect(laptop, cloud, { border: mirror })
    await team.pass(2_000)
    expect(line.refused.caller[0]).toEqual({ id: uuidOf(666), reason: 'no key for it' })
    expect((await laptop.state.list(QUARANTINE)).size).toBe(1)
    expect((await laptop.changes.records([ADA])).size).toBe(1)
    expect(await equalOn(line)).toEqual([true, true])
  })

  it('[SYN10] a record that waits outside for a key is taken when the key has come, whatever came of it meanwhile', async () => {
    const { a, b, cloud, lines } = await throughCloud()
    for (const { pipe } of lines) pipe.cut()
    const closed: Border = { ...mirror, incoming: async () => err({ reason: 'this device has no key' }) }
    await a.edit(ADA, { name: 'Grace' })
    await addGuest(a, uuidOf(201), 'Alan')
    const upload = team.connect(a, cloud, { border: mirror })
    let download = team.connect(b, cloud, { border: closed })
    await team.pass(1_000)
    // More often than a refused record is offered.
    for (let i = 0; i <= MAX_OFFERS; i++) {
      download.pipe.cut()
      download = team.connect(b, cloud, { border: closed })
      await team.pass(1_000)
      await a.edit(ADA, { phone: `0${i}` })
      await team.pass(1_000)
    }
    expect((await quarantined(b.state, LAKE)).map(({ id }) => id).sort()).toEqual([ADA, uuidOf(201)])
    const asItIs = await retryQuarantined(
      { scope: LAKE, id: uuidOf(201), peer: cloud.changes.epoch },
      { ...b, rules: TRUSTED },
    )
    expect(asItIs).toEqual({ ok: false, error: { kind: 'refused', reason: 'this device has no key' } })
    expect((await b.changes.records([uuidOf(201)])).size).toBe(0)
    expect((await equalOn(download))[0]).toBe(true) // as far as it goes
    expect(download.sent('repair')).toEqual([])

    download.pipe.cut()
    download = team.connect(b, cloud, { border: { ...mirror, edition: 'with the key' } })
    await team.pass(2_000)
    expect(await holdingsOf(b, LAKE)).toEqual(await holdingsOf(a, LAKE))
    expect([await quarantined(b.state), await deadLetters(cloud.state, cloud.changes.epoch)]).toEqual([[], []])
    expect([await equalOn(download), await equalOn(upload)]).toEqual(Array(2).fill([true, true]))
    expect(download.sent('repair')).toHaveLength(1)
  })

  it('[SYN10] what waits outside in many weddings is asked for a little at a time', async () => {
    const [laptop, cloud] = [await team.replica('laptop'), await team.replica('cloud')]
    const weddings = Array.from({ length: 70 }, (_, i) => uuidOf(1_000 + i))
    for (const [i, scope] of weddings.entries()) {
      await cloud.create({ id: uuidOf(2_000 + i), scope, table: 'guests', data: { eman: 'adA' } })
    }
    const closed: Border = { ...mirror, incoming: async () => err({ reason: 'this device has no key' }) }
    const line = team.connect(laptop, cloud, { border: closed })
    await team.pass(1_000)
    expect(await quarantined(laptop.state)).toHaveLength(70)
    line.pipe.cut()
    const again = team.connect(laptop, cloud, { border: { ...mirror, edition: 'with the key' } })
    await team.pass(3_000)
    expect(again.called.peer()).toBeDefined()
    expect(await quarantined(laptop.state)).toEqual([])
    expect(await laptop.changes.scopes()).toHaveLength(70)
  })
})

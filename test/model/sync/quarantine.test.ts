import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Grant } from '../../../model/roles.ts'
import { quarantined, removeQuarantined, settleTaken } from '../../../model/sync/quarantine.ts'
import { deadLetters, MAX_OFFERS } from '../../../model/sync/refusals.ts'
import { retryQuarantined } from '../../../model/sync/retryQuarantined.ts'
import { rulesOf, TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { createMemoryState, type MemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const ADA = uuidOf(200)
const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

/** A hub with a guest, and a photographer who has renamed her, which photographers may not. */
async function refusedEdit(): Promise<{ camera: MemoryReplica; hub: MemoryReplica; line: Line }> {
  const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
  await hub.create({ id: ADA, scope: LAKE, table: 'guests', data: { name: 'Ada' } })
  const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
  await team.pass(1_000)
  await camera.edit(ADA, { name: 'Eda' })
  await team.pass(1_000)
  return { camera, hub, line }
}

const nameAt = async (replica: MemoryReplica): Promise<unknown> => viewRecord(await replica.read(ADA)).data.name

describe('a record that is refused', () => {
  it('[SYN10] is kept with the reason where it was refused, and is a dead letter where it was written', async () => {
    const { camera, hub } = await refusedEdit()
    const reason = expect.stringContaining('may not write name')
    expect(await quarantined(hub.state)).toMatchObject([{ id: ADA, scope: LAKE, peer: camera.changes.epoch, reason }])
    expect(await quarantined(hub.state, uuidOf(101))).toEqual([])
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([
      { id: ADA, scope: LAKE, peer: hub.changes.epoch, reason, attempts: 1 },
    ])
    expect(await deadLetters(hub.state, hub.changes.epoch)).toEqual([])
  })

  it('[SYN10] is offered again in a few sessions, then no more, until a newer protocol is spoken', async () => {
    const { camera, hub, line } = await refusedEdit()
    let last = line
    const connect = async (protocol: number): Promise<number> => {
      last.pipe.cut()
      last = team.connect(camera, hub, { grant: PHOTOGRAPHER, protocol: { caller: protocol } })
      await team.pass(1_000)
      return last.sent('changes', 'caller').length
    }
    const offers: number[] = []
    for (let i = 1; i <= MAX_OFFERS; i++) offers.push(await connect(1))
    expect(offers).toEqual([...Array(MAX_OFFERS - 1).fill(1), 0])
    expect(await connect(2)).toBe(1)
    expect(await nameAt(hub)).toBe('Ada')
  })

  it('[SYN10] goes in at the next session if the role may write it by then, and is off both lists', async () => {
    const { camera, hub, line } = await refusedEdit()
    line.pipe.cut()
    const again = team.connect(camera, hub, { grant: { role: 'planner', weddings: 'all' } })
    await team.pass(2_000)
    expect(await nameAt(hub)).toBe('Eda')
    expect(await quarantined(hub.state)).toEqual([])
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
    expect(await holdingsOf(camera, LAKE, 'owner')).toEqual(await holdingsOf(hub, LAKE, 'owner'))
    expect((await again.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[SYN10] goes in when somebody who may write it says so, and the device hears of it in its next session', async () => {
    const { camera, hub, line } = await refusedEdit()
    const place = { scope: LAKE, id: ADA, peer: camera.changes.epoch }
    const viewer = rulesOf({ role: 'viewer', weddings: 'all' }, uuidOf(1), () => true)
    const refusal = await retryQuarantined(place, { ...hub, rules: viewer })
    expect(refusal).toMatchObject({ ok: false, error: { kind: 'refused', reason: expect.stringContaining('viewer') } })
    expect(await quarantined(hub.state)).toMatchObject([{ peer: camera.changes.epoch }])
    expect(await retryQuarantined(place, { ...hub, rules: TRUSTED })).toEqual({ ok: true, value: true })
    expect(await nameAt(hub)).toBe('Eda')
    line.pipe.cut()
    team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(2_000)
    expect([await quarantined(hub.state), await deadLetters(camera.state, camera.changes.epoch)]).toEqual([[], []])
    const twice = await retryQuarantined(place, { ...hub, rules: TRUSTED })
    expect(twice).toEqual({ ok: false, error: { kind: 'not-in-quarantine' } })
  })

  it('[SYN10] stays when the same record is taken of somebody else (simulation, seed 594)', async () => {
    const { camera, hub } = await refusedEdit()
    const taken = new Map([[ADA, await camera.read(ADA)]])
    await settleTaken(hub.state, LAKE, 'laptop', taken)
    expect(await quarantined(hub.state)).toMatchObject([{ id: ADA, peer: camera.changes.epoch }])
    await settleTaken(hub.state, LAKE, camera.changes.epoch, new Map([[ADA, await hub.read(ADA)]]))
    expect(await quarantined(hub.state), 'what it holds is not in the record').toHaveLength(1)
    await settleTaken(hub.state, LAKE, camera.changes.epoch, taken)
    expect(await quarantined(hub.state)).toEqual([])
  })

  it('[SYN10] is kept of each peer that brings it, and one is let in without the other', async () => {
    const { camera, hub } = await refusedEdit()
    const phone = await team.replica('phone')
    team.connect(phone, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    await phone.edit(ADA, { name: 'Ida' })
    await team.pass(1_000)
    const peers = [camera.changes.epoch, phone.changes.epoch]
    expect((await quarantined(hub.state)).map(({ peer }) => peer).sort()).toEqual([...peers].sort())
    await retryQuarantined({ scope: LAKE, id: ADA, peer: phone.changes.epoch }, { ...hub, rules: TRUSTED })
    expect(await nameAt(hub)).toBe('Ida')
    expect((await quarantined(hub.state)).map(({ peer }) => peer)).toEqual([camera.changes.epoch])
  })

  it('[SYN10] an entry of an earlier version, which kept one for each record, is found and settled', async () => {
    const { camera, hub } = await refusedEdit()
    const [entry] = await quarantined(hub.state)
    const state = createMemoryState()
    await state.set(`quarantine/${LAKE}/${ADA}`, entry)
    const place = { scope: LAKE, id: ADA, peer: camera.changes.epoch }
    expect(await removeQuarantined(state, { ...place, peer: 'another one' })).toBe(false)
    expect(await removeQuarantined(state, place)).toBe(true)
    expect(await quarantined(state)).toEqual([])
  })

  it('[SYN10] can be put away by a person, and a copy stays', async () => {
    const { camera, hub } = await refusedEdit()
    const place = { scope: LAKE, id: ADA, peer: camera.changes.epoch }
    expect(await removeQuarantined(hub.state, place)).toBe(true)
    expect(await quarantined(hub.state)).toEqual([])
    expect(await removeQuarantined(hub.state, place)).toBe(false)
    expect([...(await hub.state.list('quarantine/')).values()]).toMatchObject([{ id: ADA, outcome: 'removed' }])
  })
})

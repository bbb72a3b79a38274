import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import type { Grant } from '../../../model/roles.ts'
import { QUARANTINE } from '../../../model/sync/quarantine.ts'
import { ADA, addGuest, addGuests, BARN, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual, progressOf } from '../../support/inSync.ts'
import { viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type SyncTeam } from '../../support/syncTeam.ts'

const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('who may not', () => {
  it('[6] write is refused with a reason, and does not stop the others', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuest(hub)
    await hub.create({ id: uuidOf(300), scope: LAKE, table: 'photo_groups', data: { name: 'Family' } })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    await camera.edit(ADA, { name: 'Not Ada' })
    await camera.edit(uuidOf(300), { done: true })
    await team.pass(3_000)
    expect((await viewOf(hub, ADA)).data.name).toBe('Ada')
    expect((await viewOf(hub, uuidOf(300))).data.done).toBe(true)
    expect(line.refused.caller).toContainEqual({ id: ADA, reason: expect.stringContaining('photographer') })
    expect((await viewOf(camera, ADA)).data.name).toBe('Not Ada')
    const kept = await hub.state.list(QUARANTINE)
    expect([...kept.values()]).toMatchObject([
      { id: ADA, scope: LAKE, peer: camera.changes.epoch, reason: expect.stringContaining('name') },
    ])
    expect(await progressOf(line.caller, LAKE)).toMatchObject({ waiting: 0, equal: true })
  })

  it('[6] enter a wedding is sent nothing of it and brings nothing into it', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(hub, ADA, LAKE)
    await addGuest(hub, uuidOf(201), BARN)
    await addGuest(tablet, uuidOf(202), BARN)
    const line = team.connect(tablet, hub, { grant: { role: 'planner', weddings: [LAKE] } })
    await team.pass(3_000)
    await expectEqual(LAKE, tablet, hub)
    expect(line.pipe.log.filter(({ by, text }) => by === 'called' && text.includes(uuidOf(201)))).toEqual([])
    expect((await hub.changes.records([uuidOf(202)])).size).toBe(0)
    expect(line.refused.caller).toEqual([{ id: uuidOf(202), reason: expect.stringContaining('no part') }])
    expect(await progressOf(line.caller, LAKE)).toMatchObject({ equal: true })
  })

  it('[8] enter a wedding does not ask about it again and again', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet, ADA, BARN)
    const line = team.connect(tablet, hub, { grant: { role: 'planner', weddings: [LAKE] } })
    await team.pass(60_000)
    expect(line.sent('digest').length).toBeLessThan(10)
  })

  it('[6] read a class never gets it, and knows all the same that it holds what it may', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuest(hub)
    await hub.create({
      id: uuidOf(300),
      scope: LAKE,
      table: 'vendors',
      data: { name: 'Band', actual: 900, contractStatus: 'x' },
    })
    await hub.create({
      id: uuidOf(301),
      scope: LAKE,
      table: 'client_notes',
      data: { content: 'The uncle drinks', visibility: 'internal' },
    })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(2_000)
    expect((await viewOf(camera, ADA)).data).toEqual({ name: 'Ada', dietary: 'vegan' })
    expect((await viewOf(camera, uuidOf(300))).data).toEqual({ name: 'Band' })
    expect((await camera.changes.records([uuidOf(301)])).size).toBe(0)
    const words = line.sent('changes', 'called').map((message) => JSON.stringify(message))
    expect(words.join()).not.toMatch(/private|money|inner|900|phone/)
    expect(await holdingsOf(camera, LAKE)).toEqual(await holdingsOf(hub, LAKE, 'photographer'))
    expect(await equalOn(line, LAKE)).toEqual([true, true])
    expect((await progressOf(line.called, LAKE)).waiting).toBe(0)
  })

  it('[6] read a class deletes nothing of it by editing the rest, and gets no echo of the edit', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    const data = { title: 'Portraits', internalNotes: 'Keep the parents apart' }
    await hub.create({ id: ADA, scope: LAKE, table: 'timeline_items', data })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(1_000)
    const before = line.sent('changes', 'called').length
    await camera.edit(ADA, { done: true })
    await team.pass(2_000)
    expect((await viewOf(hub, ADA)).data).toEqual({ ...data, done: true })
    expect(line.sent('changes', 'called').length - before).toBe(0)
    expect(await equalOn(line, LAKE)).toEqual([true, true])
  })

  it('[6] read the last records of a wedding comes to rest all the same, with nothing announced or waiting', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(hub, 100)
    const secrets = Array.from({ length: 30 }, (_, i) =>
      createRecord(
        { id: uuidOf(5_000 + i), scope: LAKE, table: 'client_notes', data: { content: 'x', visibility: 'internal' } },
        hub.author(),
      ),
    )
    await hub.changes.update([], () => secrets.map((record) => ({ record })))
    await hub.create({
      id: uuidOf(6_000),
      scope: LAKE,
      table: 'client_notes',
      data: { content: 'y', visibility: 'internal' },
    })
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(await progressOf(line.caller, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
    expect(await progressOf(line.called, LAKE)).toEqual({ waiting: 0, incoming: 0, equal: true })
  })
})

describe('who was called', () => {
  it('[6] does not hand its own token to whoever calls', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const line = team.connect(tablet, hub, { grant: { role: 'viewer', weddings: 'all' } })
    await team.exchange()
    expect(line.sent('hello', 'caller')).toMatchObject([{ token: 'token of tablet' }])
    expect(line.sent('hello', 'called')).toEqual([expect.not.objectContaining({ token: expect.anything() })])
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeStamp } from '../../../model/merge/clock.ts'
import { decodeRecord } from '../../../model/merge/codec.ts'
import { createRecord, type Data, deleteRecord } from '../../../model/merge/edit.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { Grant } from '../../../model/roles.ts'
import { type Draft, draftNotice, drafts, removeDraft } from '../../../model/sync/drafts.ts'
import { NO_CLAIMS } from '../../../model/sync/ownClaims.ts'
import { quarantined } from '../../../model/sync/quarantine.ts'
import { deadLetters, MAX_OFFERS, openRefusals } from '../../../model/sync/refusals.ts'
import { retryQuarantined } from '../../../model/sync/retryQuarantined.ts'
import { type Accepted, rulesOf, TRUSTED } from '../../../model/sync/rules.ts'
import { isAgainstRole } from '../../../model/sync/takeBack.ts'
import { PROTOCOL } from '../../../model/wire/version.ts'
import { uuidOf } from '../../support/ids.ts'
import { elevenChars, type MemoryReplica } from '../../support/memoryReplica.ts'
import { createSyncTeam, holdingsOf, type Line, type SyncTeam, TEAM } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const ADA = uuidOf(200)
const TASK = uuidOf(201)
const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

/** A photographer's device, as its app has it: an actor that is given up when something has to be taken back. */
function device(replica: MemoryReplica, grant: Grant = PHOTOGRAPHER) {
  const actors = [elevenChars('camera')]
  const [actor] = actors
  if (actor === undefined) throw new Error('no actor')
  let current = actor
  /** It has lost the records that tell of its former actors, until something of the team is here. */
  let hasForgotten = false
  const trust: Accepted = {
    ...TRUSTED,
    ownEdits: {
      rules: rulesOf(grant, TEAM, () => true, {
        holder: { userId: 'u', deviceId: 'camera' },
        claims: NO_CLAIMS,
      }),
      async refresh() {
        if ((await replica.changes.head(TEAM)) > 0) hasForgotten = false
      },
      isOwn: (each) => each === current || (!hasForgotten && actors.includes(each)),
      isRetired: (each) => actors.includes(each) && each !== current,
      async retire() {
        current = elevenChars(`camera${actors.length}`)
        actors.push(current)
      },
    },
  }
  return {
    trust,
    actors,
    /** It starts anew, under another actor, and all that told of the one before is lost. */
    forget() {
      hasForgotten = true
      current = elevenChars(`camera${actors.length}`)
      actors.push(current)
    },
    edit: (id: string, data: Data) => replica.edit(id, data, { actor: current }),
    create: (id: string, table: string, data: Data) =>
      replica.changes.update([id], () => [
        { record: createRecord({ id, scope: LAKE, table, data }, { ...replica.author(), actor: current }) },
      ]),
    remove: (id: string) =>
      replica.change(id, (record) => deleteRecord(record, { ...replica.author(), actor: current })),
  }
}

async function venue() {
  const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
  await hub.create({ id: ADA, scope: LAKE, table: 'guests', data: { name: 'Ada', tableNumber: 1 } })
  await hub.create({ id: TASK, scope: LAKE, table: 'tasks', data: { title: 'Rings' } })
  const own = device(camera)
  const connect = (grant = PHOTOGRAPHER): Line => team.connect(camera, hub, { grant, trust: own.trust })
  const line = connect()
  await team.pass(1_000)
  return { camera, hub, own, line, connect }
}

const dataAt = async (replica: MemoryReplica, id = ADA) => viewRecord(await replica.read(id)).data
const onlyDraft = async ({ state }: MemoryReplica): Promise<readonly [string, Draft]> => {
  const [first, ...more] = await drafts(state)
  expect(more).toEqual([])
  return first ?? expect.fail('no draft')
}
const isEqual = async (camera: MemoryReplica, hub: MemoryReplica): Promise<boolean> => {
  const [one, other] = [await holdingsOf(camera, LAKE, 'photographer'), await holdingsOf(hub, LAKE, 'photographer')]
  return JSON.stringify(one) === JSON.stringify(other)
}

describe('an edit that the role of its author does not allow', () => {
  it('[ROL4][INV4] becomes a draft with the reason, and the record what the hub holds', async () => {
    const { camera, hub, own, line } = await venue()
    await own.edit(ADA, { name: 'Eda' })
    expect(await dataAt(camera)).toMatchObject({ name: 'Eda' })
    await team.pass(3_000)
    expect(await dataAt(camera)).toEqual({ name: 'Ada', tableNumber: 1 })
    expect(await isEqual(camera, hub)).toBe(true)
    const [, draft] = await onlyDraft(camera)
    expect(draft).toMatchObject({ id: ADA, scope: LAKE, peer: hub.changes.epoch, fields: ['name'] })
    expect(draft.reason).toContain('the role photographer may not write name in guests')
    const typed = decodeRecord(draft.raw)
    expect(typed.ok && viewRecord(typed.value).data.name).toBe('Eda')
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
    expect((await line.caller.progress(LAKE))?.equal, 'complete, and not except one').toBe(true)
    expect(line.sent('digest', 'caller').at(-1)?.except).toEqual([])
  })

  it('[ROL4] can be let in at the hub, by whoever may write it; then it is on the device again', async () => {
    const { camera, hub, own } = await venue()
    await own.edit(ADA, { name: 'Eda' })
    await team.pass(3_000)
    const [entry] = await quarantined(hub.state)
    expect(entry?.reason).toContain('may not write name')
    await retryQuarantined(entry ?? expect.fail('nothing in quarantine'), { ...hub, rules: TRUSTED })
    await team.pass(5_000)
    expect([await dataAt(hub), await dataAt(camera)]).toMatchObject([{ name: 'Eda' }, { name: 'Eda' }])
    expect(await isEqual(camera, hub)).toBe(true)
  })

  it('[ROL4][REG8] no dot of it is given out twice: what is written next has another actor', async () => {
    const { camera, hub, own } = await venue()
    await own.edit(TASK, { done: true })
    await team.pass(1_000)
    await own.edit(ADA, { name: 'Eda' })
    await team.pass(3_000)
    const [first, second] = own.actors
    await own.edit(TASK, { done: false })
    await team.pass(2_000)
    expect(await dataAt(hub, TASK)).toMatchObject({ done: false })
    const vector = (await hub.read(TASK)).units.get('open')?.vector
    expect([vector?.get(first ?? ''), vector?.get(second ?? ''), own.actors.length]).toEqual([1, 1, 2])
    expect(await isEqual(camera, hub)).toBe(true)
  })

  it('[ROL4] in many records at once, and with what is allowed in others, costs one actor', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    const guests = Array.from({ length: 40 }, (_, i) => uuidOf(300 + i))
    for (const id of guests) await hub.create({ id, scope: LAKE, table: 'guests', data: { name: 'Guest' } })
    let last = connect()
    await team.pass(2_000)
    last.pipe.cut()
    for (const id of guests) await own.edit(id, { name: 'Renamed' })
    await own.edit(TASK, { title: 'Rings, both' })
    last = connect()
    await team.pass(5_000)
    expect((await drafts(camera.state)).size).toBe(40)
    expect(own.actors).toHaveLength(2)
    expect(await dataAt(hub, TASK)).toMatchObject({ title: 'Rings, both' })
    expect(await isEqual(camera, hub)).toBe(true)
    expect((await last.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[ROL4] a deletion is taken back as well', async () => {
    const { camera, hub, own } = await venue()
    await own.remove(ADA)
    await team.pass(3_000)
    expect(viewRecord(await camera.read(ADA)).deleted).toBe(false)
    expect((await onlyDraft(camera))[1].fields).toEqual(['$deleted'])
    expect(await isEqual(camera, hub)).toBe(true)
  })

  it('[ROL4][INV4] what somebody else wrote and the hub has lost stays where it is', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    // A planner's edit that only this device still holds, and one of its own in the same record.
    await camera.edit(ADA, { tableNumber: 7 }, { actor: elevenChars('planner') })
    await own.edit(ADA, { name: 'Eda' })
    connect()
    await team.pass(5_000)
    expect(await dataAt(camera)).toEqual({ name: 'Eda', tableNumber: 7 })
    expect((await drafts(camera.state)).size).toBe(0)
    expect(await deadLetters(camera.state, camera.changes.epoch)).toMatchObject([{ id: ADA }])
    expect(await quarantined(hub.state)).toMatchObject([{ id: ADA }])
  })

  it('[ROL4] what the role allows is never taken back, refused as it may be', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    await own.edit(TASK, { done: true })
    connect({ role: 'viewer', weddings: 'all' })
    await team.pass(5_000)
    expect(await dataAt(camera, TASK)).toMatchObject({ done: true })
    expect([(await drafts(camera.state)).size, own.actors.length]).toEqual([0, 1])
    expect(await dataAt(hub, TASK)).not.toHaveProperty('done')
  })

  it.each([0, 86_400_000])(
    '[ROL4][INV4] twice in one record is two drafts, with the hub’s clock %i ms ahead',
    async (aheadMs) => {
      const { camera, hub, own } = await venue()
      await hub.edit(ADA, { tableNumber: 2 }, { stamp: makeStamp(team.scheduler.now() + aheadMs, 0) })
      await team.pass(1_000)
      for (const name of ['Eda', 'Ida']) {
        await own.edit(ADA, { name })
        await team.pass(3_000)
      }
      const typed = [...(await drafts(camera.state)).values()].map(({ raw }) => {
        const record = decodeRecord(raw)
        return record.ok && viewRecord(record.value).data.name
      })
      expect(typed.sort()).toEqual(['Eda', 'Ida'])
      expect(await isEqual(camera, hub)).toBe(true)
    },
  )

  it('[ROL4] leaves nothing refused behind, also with a hub that is not there any more', async () => {
    const { camera, hub, own, line } = await venue()
    line.pipe.cut()
    const barn = await team.replica('barn')
    team.connect(barn, hub)
    await team.pass(1_000)
    // Nobody at this hub answers for what it holds: it goes before the record can be repaired.
    const atBarn = team.connect(camera, barn, { grant: PHOTOGRAPHER })
    await own.edit(ADA, { name: 'Eda' })
    await team.pass(1_000)
    atBarn.pipe.cut()
    expect(await deadLetters(camera.state, camera.changes.epoch)).toMatchObject([{ id: ADA, peer: barn.changes.epoch }])
    team.connect(camera, hub, { grant: PHOTOGRAPHER, trust: own.trust })
    await team.pass(3_000)
    expect(await dataAt(camera)).toEqual({ name: 'Ada', tableNumber: 1 })
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
  })

  it('[ROL4] is taken back as well after the line was cut between refusal and answer as often as anything is offered', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    await own.edit(ADA, { name: 'Eda' })
    for (let offer = 0; offer < MAX_OFFERS; offer++) {
      const { pipe, sent } = connect()
      await team.settle()
      while (sent('ack', 'called').every(({ refused }) => refused.length === 0)) {
        pipe.deliver()
        await team.settle()
      }
      pipe.deliver()
      await team.settle()
      pipe.cut()
      await team.settle()
    }
    expect(await deadLetters(camera.state, camera.changes.epoch)).toMatchObject([{ id: ADA, attempts: MAX_OFFERS }])
    connect()
    await team.pass(2_000)
    const [, { fields }] = await onlyDraft(camera)
    expect([fields, (await dataAt(camera)).name, await isEqual(camera, hub)]).toEqual([['name'], 'Ada', true])
  })

  it('[ROL4] what others have replaced since is not held against the role', async () => {
    const { camera, own } = await venue()
    const { ownEdits = expect.fail('a device') } = own.trust
    await own.edit(ADA, { name: 'Eda' })
    expect(isAgainstRole(await camera.read(ADA), ownEdits)).toBe(true)
    await camera.edit(ADA, { name: 'Ada Byron' }, { actor: elevenChars('planner') })
    expect(isAgainstRole(await camera.read(ADA), ownEdits)).toBe(false)
  })

  it('[ROL4] is taken back as well when what tells that it is ours is lost, and comes back after the refusal', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    await own.edit(ADA, { name: 'Eda' })
    own.forget()
    const again = connect()
    await team.pass(2_000)
    expect([(await drafts(camera.state)).size, (await dataAt(camera)).name]).toEqual([0, 'Eda'])
    expect(again.refused.called).toMatchObject([{ id: ADA }])
    await hub.create({ id: uuidOf(300), scope: TEAM, table: 'members', data: { name: 'Cam' } })
    await team.pass(3_000)
    const [, { fields }] = await onlyDraft(camera)
    expect([fields, (await dataAt(camera)).name, await isEqual(camera, hub)]).toEqual([['name'], 'Ada', true])
  })

  it('[ROL4] can be put away by a person, and a copy stays', async () => {
    const { camera, own } = await venue()
    await own.edit(ADA, { name: 'Eda' })
    await team.pass(3_000)
    expect(await draftNotice(camera.state)).toMatch(/^A change that your role does not allow was taken back/)
    await removeDraft(camera.state, ...(await onlyDraft(camera)))
    expect(await draftNotice(camera.state)).toBeUndefined()
    expect((await drafts(camera.state, LAKE)).size).toBe(0)
    expect([...(await camera.state.list('draft/')).values()]).toMatchObject([{ id: ADA, outcome: 'removed' }])
  })
})

describe('a record that somebody created against their role', () => {
  const NEW = uuidOf(250)
  const isHeld = async ({ changes }: MemoryReplica) => (await changes.records([NEW])).has(NEW)

  it('[ROL5][INV4] becomes a draft with the reason, and is no longer on the device', async () => {
    const { camera, hub, own, line } = await venue()
    await own.create(NEW, 'guests', { name: 'Eda', dietary: 'no nuts' })
    await own.edit(NEW, { tableNumber: 7 })
    await team.pass(3_000)
    expect(await isHeld(camera)).toBe(false)
    expect((await camera.changes.inScope(LAKE)).map(({ id }) => id).sort()).toEqual([ADA, TASK])
    expect(await camera.collection.count().exec()).toBe(2)
    expect(await isEqual(camera, hub)).toBe(true)
    const [, draft] = await onlyDraft(camera)
    expect(draft).toMatchObject({ id: NEW, scope: LAKE, peer: hub.changes.epoch })
    expect([...draft.fields].sort()).toEqual(['$created', 'dietary', 'name', 'tableNumber'])
    expect(draft.reason).toContain('may not create or delete in guests')
    const typed = decodeRecord(draft.raw)
    expect(typed.ok && viewRecord(typed.value).data).toEqual({ name: 'Eda', dietary: 'no nuts', tableNumber: 7 })
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
    expect((await line.caller.progress(LAKE))?.equal, 'complete, and not except one').toBe(true)
    expect(line.sent('digest', 'caller').at(-1)?.except).toEqual([])
  })

  it('[ROL5] is no dead letter, also where the process ended between taking it out and noting that', async () => {
    const { camera, hub, line, connect } = await venue()
    line.pipe.cut()
    const refusals = await openRefusals(camera.state, {
      ownEpoch: camera.changes.epoch,
      peerEpoch: hub.changes.epoch,
      protocol: PROTOCOL,
    })
    const refused = [NEW, ADA].map((id) => ({ id, reason: 'no' }))
    await refusals.note(LAKE, [NEW, ADA], refused, true)
    // Also after as many offers as are made.
    for (let offer = 1; offer < MAX_OFFERS; offer++) await refusals.note(LAKE, [NEW], refused.slice(0, 1), true)
    expect(await deadLetters(camera.state, camera.changes.epoch)).toHaveLength(2)
    connect()
    await team.pass(2_000)
    expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
    expect(await isEqual(camera, hub)).toBe(true)
  })

  it('[ROL5] is nothing that it would send to anybody else', async () => {
    const { camera, own } = await venue()
    await own.create(NEW, 'guests', { name: 'Eda' })
    await team.pass(3_000)
    const cloud = await team.replica('cloud')
    const line = team.connect(camera, cloud)
    await team.pass(3_000)
    expect((await cloud.changes.records([ADA, TASK, NEW])).size).toBe(2)
    expect((await line.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[ROL5][REG8] let in at the hub it is on both again, and what is written next has another actor', async () => {
    const { camera, hub, own } = await venue()
    await own.create(NEW, 'guests', { name: 'Eda' })
    await team.pass(3_000)
    const [entry] = await quarantined(hub.state)
    await retryQuarantined(entry ?? expect.fail('nothing in quarantine'), { ...hub, rules: TRUSTED })
    await team.pass(3_000)
    expect([await dataAt(hub, NEW), await dataAt(camera, NEW)]).toEqual([{ name: 'Eda' }, { name: 'Eda' }])
    expect(await quarantined(hub.state)).toEqual([])
    expect(await isEqual(camera, hub)).toBe(true)
    // Of what was let in, one edit more is refused alone.
    await own.edit(NEW, { name: 'Ida' })
    await team.pass(3_000)
    expect(await dataAt(camera, NEW)).toEqual({ name: 'Eda' })
    expect([...(await drafts(camera.state)).values()].map(({ fields }) => fields)).toContainEqual(['name'])
    const vector = (await hub.read(NEW)).units.get('open')?.vector
    expect([...(vector?.keys() ?? [])]).toEqual([own.actors[0]])
    expect(await isEqual(camera, hub)).toBe(true)
  })

  it('[ROL5] many of them at once, with edits of others, cost one actor', async () => {
    const { camera, hub, own, line, connect } = await venue()
    line.pipe.cut()
    const guests = Array.from({ length: 40 }, (_, i) => uuidOf(300 + i))
    for (const id of guests) await own.create(id, 'guests', { name: 'Guest' })
    await own.edit(ADA, { name: 'Eda' })
    await own.create(NEW, 'tasks', { title: 'Batteries' })
    const last = connect()
    await team.pass(5_000)
    expect([(await drafts(camera.state)).size, own.actors.length]).toEqual([41, 2])
    expect(await dataAt(hub, NEW)).toEqual({ title: 'Batteries' })
    expect(await isEqual(camera, hub)).toBe(true)
    expect((await last.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[ROL5][INV4] in which somebody else has written stays where it is', async () => {
    const { camera, own, line, connect } = await venue()
    line.pipe.cut()
    await own.create(NEW, 'guests', { name: 'Eda' })
    await camera.edit(NEW, { email: 'eda@example.org' }, { actor: elevenChars('planner') })
    connect()
    await team.pass(5_000)
    expect(await dataAt(camera, NEW)).toEqual({ name: 'Eda', email: 'eda@example.org' })
    expect((await drafts(camera.state)).size).toBe(0)
    expect(await deadLetters(camera.state, camera.changes.epoch)).toMatchObject([{ id: NEW }])
  })

  it('[ROL5] stays as well where the hub is too old to say that it holds nothing', async () => {
    const { camera, hub, own, line } = await venue()
    line.pipe.cut()
    team.connect(camera, hub, { grant: PHOTOGRAPHER, trust: own.trust, protocol: { called: 2 } })
    await own.create(NEW, 'guests', { name: 'Eda' })
    await team.pass(5_000)
    expect(await isHeld(camera)).toBe(true)
    expect(await deadLetters(camera.state, camera.changes.epoch)).toMatchObject([{ id: NEW }])
  })
})

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { QUARANTINE } from '../../../model/sync/quarantine.ts'
import { MAX_MESSAGE_BYTES } from '../../../model/wire/index.ts'
import { ADA, addGuest, BARN, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn, expectEqual } from '../../support/inSync.ts'
import { viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('a bad peer', () => {
  it('[5] one bad record among good ones is set aside with its reason, and the good ones go in', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    const good = createRecord(
      { id: uuidOf(301), scope: LAKE, table: 'guests', data: { name: 'Good' } },
      tablet.author(),
    )
    const stray = { ...good, id: uuidOf(303), scope: BARN }
    const line = team.connect(tablet, hub)
    await team.pass(500)
    const records = [
      { id: uuidOf(300), nonsense: true },
      'not even an object',
      encodeRecord(stray),
      { ...encodeRecord(good), id: uuidOf(302), units: { open: { v: [9], e: [], r: { name: [0, 'x'] } } } },
      encodeRecord(editRecord(good, { constructor: 'x' }, tablet.author())),
      encodeRecord({ ...good, id: uuidOf(304) }),
    ]
    line.pipe.inject('caller', JSON.stringify({ type: 'changes', scope: LAKE, seq: 1, remaining: 0, records }))
    await team.exchange()
    const [ack] = line.sent('ack', 'called')
    const names = ack?.refused.map(({ id }) => id.replace(/-[0-9a-f]{16}$/, '')).sort()
    expect(names).toEqual([300, 301, 302, 303].map(uuidOf).concat('unreadable').sort())
    expect(ack?.refused.every(({ reason }) => reason.length > 0)).toBe(true)
    expect((await viewOf(hub, uuidOf(304))).data.name).toBe('Good')
    expect((await hub.state.list(QUARANTINE)).size).toBe(5)
    expect(line.pipe.isOpen()).toBe(true)
  })

  it('[5] one edit with two contents is quarantined, and the rest goes on', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await addGuest(tablet)
    const line = team.connect(tablet, hub)
    await team.pass(1_000)
    line.pipe.cut()
    const stolen = { actor: 'thief______' }
    await tablet.edit(ADA, { name: 'Eda' }, stolen)
    await hub.edit(ADA, { name: 'Ida' }, stolen)
    await addGuest(tablet, uuidOf(201))
    const again = team.connect(tablet, hub)
    await team.pass(3_000)
    expect(again.refused.called[0]).toEqual({ id: ADA, reason: expect.stringContaining('two contents') })
    expect((await viewOf(hub, uuidOf(201))).data.name).toBe('Ada')
    expect((await viewOf(hub, ADA)).data.name).toBe('Ida')
    expect(await equalOn(again, LAKE)).toEqual([true, true])
  })

  const hello = JSON.stringify({
    type: 'hello',
    protocol: 1,
    epoch: 'stranger___',
    deviceId: 'x',
    deviceName: 'x',
    team: null,
    now: 0,
  })
  const digest = JSON.stringify({ type: 'digest', scope: LAKE, classes: {}, except: [] })

  it.each([
    { what: 'garbage', texts: ['garbage'], code: 'BAD_MESSAGE' },
    { what: 'JSON that is no message', texts: ['[]'], code: 'BAD_MESSAGE' },
    { what: 'an unknown message', texts: ['{"type":"drop-tables"}'], code: 'BAD_MESSAGE' },
    { what: 'a message with more in it', texts: ['{"type":"ping","x":1}'], code: 'BAD_MESSAGE' },
    { what: 'a huge message', texts: [`{"type":"ping","x":"${'x'.repeat(MAX_MESSAGE_BYTES)}"}`], code: 'BAD_MESSAGE' },
    { what: 'a message of nothing but brackets', texts: ['['.repeat(3_000_000)], code: 'BAD_MESSAGE' },
    {
      what: 'changes before hello',
      texts: [JSON.stringify({ type: 'changes', scope: LAKE, seq: 1, remaining: 0, records: [] })],
      code: 'PROTOCOL',
    },
    { what: 'resume before hello', texts: ['{"type":"resume","cursors":{}}'], code: 'PROTOCOL' },
    {
      what: 'an ack before resume',
      texts: [hello, JSON.stringify({ type: 'ack', scope: LAKE, seq: 1, refused: [] })],
      code: 'PROTOCOL',
    },
    { what: 'two hellos', texts: [hello, hello], code: 'PROTOCOL' },
    {
      what: 'two resumes',
      texts: [hello, '{"type":"resume","cursors":{}}', '{"type":"resume","cursors":{}}'],
      code: 'PROTOCOL',
    },
    { what: 'a copy of our own store', texts: [hello.replace('stranger___', 'hub-epoch__')], code: 'SAME_STORE' },
    { what: 'a flood', texts: [hello, ...Array<string>(100).fill(digest)], code: 'FLOOD' },
  ])('[5] that sends $what is let go with $code, and nobody else is disturbed', async ({ texts, code }) => {
    const [tablet, hub, bad] = [await team.replica('tablet'), await team.replica('hub'), await team.replica('bad')]
    await addGuest(tablet)
    const good = team.connect(tablet, hub)
    const line = team.connect(bad, hub)
    // Only what is injected arrives: the real caller's messages are taken off the line.
    while (line.pipe.deliver()?.by === 'called');
    line.pipe.cut()
    const hostile = team.connect(bad, hub)
    hostile.pipe.drop() // the hello of an honest caller
    for (const text of texts) hostile.pipe.inject('caller', text)
    hostile.pipe.deliverAll()
    await team.pass(1_000)
    expect(await hostile.called.closed).toMatchObject({ code })
    expect(hostile.sent('error', 'called')).toMatchObject([{ code }])
    expect(good.pipe.isOpen()).toBe(true)
    await expectEqual(LAKE, tablet, hub)
    expect(await equalOn(good, LAKE)).toEqual([true, true])
  })

  it('[5] that answers with nonsense at any moment is let go, and its line can be opened again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10), fc.string(), fc.boolean(), async (delivered, garbage, byCaller) => {
        const world = createSyncTeam()
        try {
          const [tablet, hub] = [await world.replica('tablet'), await world.replica('hub')]
          await addGuest(tablet)
          const line = world.connect(tablet, hub)
          for (let i = 0; i < delivered; i++) {
            await world.settle()
            line.pipe.deliver()
          }
          line.pipe.inject(byCaller ? 'caller' : 'called', `{${garbage}`)
          await world.exchange()
          expect(await (byCaller ? line.called : line.caller).closed).toMatchObject({ code: 'BAD_MESSAGE' })
          const again = world.connect(tablet, hub)
          await world.pass(1_000)
          await expectEqual(LAKE, tablet, hub)
          expect(await equalOn(again, LAKE)).toEqual([true, true])
        } finally {
          await world.close()
        }
      }),
      { numRuns: 12 },
    )
  })
})

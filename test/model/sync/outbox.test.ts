import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { restrictRecord } from '../../../model/merge/record.ts'
import { openCursors } from '../../../model/sync/cursors.ts'
import { createLine, type Line } from '../../../model/sync/line.ts'
import { logReaderOf } from '../../../model/sync/logReader.ts'
import { type Outbox, openOutbox } from '../../../model/sync/outbox.ts'
import { type PeerRules, SEES_ALL, TRUSTED } from '../../../model/sync/rules.ts'
import { type Changes, parseMessage } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'

const LAKE = uuidOf(100)
const PEER = 'peer-epoch_'

let replica: MemoryReplica
let sent: Changes[]
let elapsedMs: number
let wishes: [scope: string, ms: number][]
beforeEach(async () => {
  replica = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
  sent = []
  elapsedMs = WEDDING_MORNING_MS
  wishes = []
})
afterEach(() => replica.close())

const settle = () => new Promise((resolve) => setImmediate(resolve))

async function add(from: number, count: number, more: { from?: string; notes?: string } = {}): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => {
    const data = { title: `Task ${i}`, ...(more.notes !== undefined && { section: more.notes }) }
    return createRecord({ id: uuidOf(from + i), scope: LAKE, table: 'tasks', data }, replica.author())
  })
  await replica.changes.update([], () =>
    records.map((record) => (more.from === undefined ? { record } : { record, from: more.from })),
  )
}

/** A line on which so much may be under way. */
const wide: Line = {
  ...createLine(() => WEDDING_MORNING_MS),
  allowance: () => ({ records: 100, parallel: 4, chars: 1_024_000 }),
}

async function open(
  resume: ReadonlyMap<string, number> = new Map(),
  rules: PeerRules = TRUSTED,
  line: Line = wide,
): Promise<Outbox> {
  const cursors = await openCursors(replica.state, replica.changes.epoch, PEER)
  return openOutbox({
    changes: replica.changes,
    log: logReaderOf(replica.changes),
    rules,
    peerEpoch: PEER,
    resume,
    sent: cursors.sent,
    priority: () => 0,
    line,
    send: (text) => sent.push(messageIn(text)),
    elapsed: () => elapsedMs,
    wake: (scope, ms) => wishes.push([scope, ms]),
  })
}

function messageIn(text: string): Changes {
  const parsed = parseMessage(text)
  if (!parsed.ok || parsed.value.type !== 'changes') throw new Error(`no changes: ${text}`)
  return parsed.value
}

const acknowledge = async (outbox: Outbox, seq: number): Promise<void> => {
  outbox.acknowledge({ type: 'ack', scope: LAKE, seq, refused: [] })
  await outbox.pump()
}

const namesSent = () =>
  sent.flatMap(({ records }) => records.map((record) => JSON.stringify(record).match(/Task \d+/)?.[0]))

describe('outbox', () => {
  it('sends what came after the place where the peer stands', async () => {
    await add(200, 3)
    const outbox = await open(new Map([[LAKE, 2]]))
    await outbox.pump()
    expect(namesSent()).toEqual(['Task 2'])
    expect(outbox.isQuiet(LAKE)).toBe(false)
    await acknowledge(outbox, 3)
    expect(outbox.isQuiet(LAKE)).toBe(true)
  })

  it('loses no call, at whatever moment it comes', async () => {
    await add(200, 1)
    for (let ticks = 0; ticks < 60; ticks++) {
      sent = []
      const outbox = await open(new Map([[LAKE, await replica.changes.head(LAKE)]]))
      void outbox.pump()
      for (let i = 0; i < ticks; i++) await Promise.resolve()
      outbox.touch(uuidOf(101))
      outbox.touch(LAKE)
      void outbox.pump()
      await settle()
      expect([ticks, outbox.isQuiet(LAKE), outbox.isQuiet(uuidOf(101))]).toEqual([ticks, true, true])
    }
  })

  it('leaves out what the peer has sent itself, until the scope is asked for whole', async () => {
    await add(200, 2)
    await add(300, 2, { from: PEER })
    const outbox = await open()
    await outbox.pump()
    expect(namesSent()).toEqual(['Task 0', 'Task 1'])
    await acknowledge(outbox, 4)
    outbox.rewind(LAKE)
    await outbox.pump()
    expect(namesSent()).toEqual(['Task 0', 'Task 1', 'Task 0', 'Task 1', 'Task 0', 'Task 1'])
    await acknowledge(outbox, 4)
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE)]).toEqual([true, 0])
  })

  it('a rewind at any moment sends everything again', async () => {
    await add(200, 1)
    await add(300, 1, { from: PEER })
    for (let ticks = 0; ticks < 60; ticks++) {
      sent = []
      const outbox = await open()
      void outbox.pump()
      for (let i = 0; i < ticks; i++) await Promise.resolve()
      outbox.rewind(LAKE)
      void outbox.pump()
      await settle()
      expect([ticks, sent.at(-1)?.records.length, sent.at(-1)?.seq]).toEqual([ticks, 2, 2])
    }
  })

  it('sends single records again, whoever they came from, and nothing else', async () => {
    await add(200, 150)
    await add(400, 2, { from: PEER })
    const outbox = await open(new Map([[LAKE, 152]]))
    await outbox.pump()
    outbox.sendAgain(LAKE, [uuidOf(203), uuidOf(401), uuidOf(999), 'no id at all'])
    expect(outbox.isQuiet(LAKE)).toBe(false)
    await outbox.pump()
    expect(namesSent()).toEqual(['Task 3', 'Task 1'])
    expect(sent).toMatchObject([{ seq: 152, remaining: 0 }])
    await acknowledge(outbox, 152)
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE), sent.length]).toEqual([true, 0, 1])
  })

  it('sends single records in batches, before the log', async () => {
    await add(200, 250)
    const outbox = await open(new Map([[LAKE, 240]]))
    outbox.sendAgain(
      LAKE,
      Array.from({ length: 240 }, (_, i) => uuidOf(200 + i)),
    )
    await outbox.pump()
    expect(sent.map(({ records }) => records.length)).toEqual([100, 100, 40, 10])
    expect(sent.map(({ seq }) => seq)).toEqual([240, 240, 240, 250])
    for (const { seq } of [...sent]) {
      expect(outbox.isQuiet(LAKE)).toBe(false)
      await acknowledge(outbox, seq)
    }
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE), sent.length]).toEqual([true, 0, 4])
  })

  it('[6] sends no single record of another scope, and none that the peer may not read', async () => {
    await add(200, 2)
    await replica.create({ id: uuidOf(300), scope: uuidOf(101), table: 'tasks', data: { title: 'Task 9' } })
    for (const mayRead of [false, true]) {
      const rules: PeerRules = { ...TRUSTED, mayEnter: (scope) => scope === LAKE, mayRead: () => mayRead }
      const outbox = await open(new Map([[LAKE, 2]]), rules)
      outbox.sendAgain(LAKE, [uuidOf(200), uuidOf(300)])
      outbox.sendAgain(uuidOf(101), [uuidOf(300)])
      await outbox.pump()
      expect([outbox.isQuiet(uuidOf(101)), outbox.isQuiet(LAKE)]).toEqual([true, !mayRead])
    }
    expect(namesSent()).toEqual(['Task 0'])
  })

  it.each([
    { next: 'nothing', expected: ['Task 0'] },
    { next: 'another', expected: ['Task 0', 'Task 1'] },
    { next: 'all', expected: ['Task 0', 'Task 1', 'Task 2'] },
  ])(
    'single records that are asked for at any moment are sent, if then $next is asked for',
    async ({ next, expected }) => {
      await add(200, 3)
      for (let ticks = 0; ticks < 100; ticks++) {
        sent = []
        const outbox = await open(new Map([[LAKE, 3]]))
        void outbox.pump()
        for (let i = 0; i < ticks % 10; i++) await Promise.resolve()
        outbox.sendAgain(LAKE, [uuidOf(200)])
        void outbox.pump()
        for (let i = 0; i < ticks / 2; i++) await Promise.resolve()
        if (next === 'another') outbox.sendAgain(LAKE, [uuidOf(201)])
        if (next === 'all') outbox.rewind(LAKE)
        void outbox.pump()
        await settle()
        expect([ticks, [...new Set(namesSent())].sort()]).toEqual([ticks, expected])
        while (!outbox.isQuiet(LAKE) && sent.length < 9) for (const { seq } of [...sent]) await acknowledge(outbox, seq)
        expect([ticks, outbox.isQuiet(LAKE)]).toEqual([ticks, true])
      }
    },
  )

  it('[8] remembers no more than so many single records', async () => {
    await add(200, 1)
    const outbox = await open(new Map([[LAKE, 1]]))
    outbox.sendAgain(
      LAKE,
      Array.from({ length: 10_000 }, (_, i) => `no id ${i}`),
    )
    outbox.sendAgain(LAKE, [uuidOf(200)])
    await outbox.pump()
    expect([sent, outbox.isQuiet(LAKE)]).toEqual([[], true])
  })

  it('says at last that nothing more comes, if the rest is nothing to the peer', async () => {
    await add(200, 100)
    await add(400, 30, { from: 'other' })
    const mayRead = () => sent.length === 0
    const rules: PeerRules = { ...TRUSTED, mayRead, view: { ...SEES_ALL, mayRead } }
    const outbox = await open(new Map(), rules)
    await outbox.pump()
    expect(sent.map(({ remaining, records }) => [remaining, records.length])).toEqual([
      [30, 100],
      [0, 0],
    ])
    await acknowledge(outbox, 100)
    await acknowledge(outbox, 130)
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE)]).toEqual([true, 0])
  })

  it('counts nothing as waiting that was skipped while a batch was on its way', async () => {
    await add(200, 1)
    const mayRead = () => sent.length === 0
    const rules: PeerRules = { ...TRUSTED, mayRead, view: { ...SEES_ALL, mayRead } }
    const outbox = await open(new Map(), rules)
    await outbox.pump()
    await add(300, 5)
    outbox.touch(LAKE)
    await outbox.pump()
    expect(sent).toHaveLength(1)
    await acknowledge(outbox, 1)
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE)]).toEqual([true, 0])
  })

  it('cuts a batch that grows too long, and sends a record that is too long by itself alone', async () => {
    await add(200, 6, { notes: 'x'.repeat(100_000) })
    await add(300, 1, { notes: 'x'.repeat(400_000) })
    const outbox = await open()
    await outbox.pump()
    expect(sent.map(({ records }) => records.length)).toEqual([2, 2, 2, 1])
    expect(sent.map(({ remaining }) => remaining)).toEqual([5, 3, 1, 0])
  })

  it('goes back to where the peer says it stands, or on to it', async () => {
    await add(200, 3)
    const first = await open()
    await first.pump()
    await acknowledge(first, 3)
    sent = []
    const second = await open()
    await second.pump()
    expect(await second.waiting(LAKE)).toBe(3)
    expect(namesSent()).toHaveLength(3)
    const third = await open(new Map([[LAKE, 3]]))
    await third.pump()
    expect([await third.waiting(LAKE), third.isQuiet(LAKE)]).toEqual([0, true])
  })

  it('a record goes as it is stored to whoever reads all of it, and to others without what is not for them', async () => {
    const data = { name: 'Ada', dietary: 'no nuts' }
    const ada = await replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data })
    const mayRead = (readClass: string) => readClass === 'open'
    const some: PeerRules = {
      ...TRUSTED,
      mayRead: (_record, readClass) => mayRead(readClass),
      view: { ...SEES_ALL, mayRead: (_table, readClass) => mayRead(readClass) },
    }
    for (const [rules, expected] of [
      [TRUSTED, ada],
      [some, restrictRecord(ada, mayRead)],
    ] as const) {
      await (await open(new Map(), rules)).pump()
      expect(sent.pop()?.records).toEqual([expected && encodeRecord(expected)])
    }
    expect([...ada.units.keys()]).toHaveLength(2)
  })

  it('[SYN24] an ack settles as many batches as it says, and none if the last of them did not end there', async () => {
    await add(200, 1_000)
    const outbox = await open()
    await outbox.pump()
    const ack = (seq: number, batches: number) =>
      outbox.acknowledge({ type: 'ack', scope: LAKE, seq, refused: [], batches }).length
    expect(sent.map(({ seq }) => seq)).toEqual([0, 0, 0, 0])
    expect([ack(0, 5), ack(7, 2), ack(0, 3), ack(0, 2)]).toEqual([0, 0, 300, 0])
  })

  it('[INV8] sends a peer that acknowledges nothing two batches, one with what people do now, and no more', async () => {
    await add(200, 1_000)
    const outbox = await open(
      new Map(),
      TRUSTED,
      createLine(() => WEDDING_MORNING_MS),
    )
    for (let i = 0; i < 3; i++) {
      await outbox.pump()
      await replica.edit(uuidOf(200 + i), { title: `Task 99${i}` })
      outbox.touch(LAKE)
    }
    await outbox.pump()
    expect(sent.map(({ records }) => records.length)).toEqual([25, 25, 1])
  })

  it.each([
    { until: 'it is acknowledged', release: () => undefined },
    {
      until: '250 ms have passed',
      release: () => {
        elapsedMs += 250
      },
    },
  ])(
    '[SYN21] a single edit goes at once, and what follows within 250 ms goes together when $until',
    async ({ until, release }) => {
      await add(200, 1)
      const outbox = await open(new Map([[LAKE, 1]]))
      await outbox.pump()
      for (let i = 1; i < 4; i++) {
        await add(200 + i, 1)
        if (outbox.touch(LAKE)) await outbox.pump()
      }
      expect([namesSent(), wishes, outbox.isQuiet(LAKE)]).toEqual([
        ['Task 0'],
        [
          [LAKE, 250],
          [LAKE, 250],
        ],
        false,
      ])
      release()
      if (until === 'it is acknowledged') await acknowledge(outbox, 2)
      else await outbox.pump()
      expect(sent.map(({ seq, records }) => [seq, records.length])).toEqual([
        [2, 1],
        [4, 2],
      ])
    },
  )

  it('what waits to be sent for longer goes on while a burst of edits is held back', async () => {
    await add(200, 150)
    const outbox = await open(new Map([[LAKE, 150]]))
    await outbox.pump()
    for (const id of [300, 301]) {
      await add(id, 1)
      outbox.touch(LAKE)
      await outbox.pump()
    }
    outbox.sendAgain(LAKE, [uuidOf(203)])
    await outbox.pump()
    expect(sent.map(({ records }) => records.length)).toEqual([1, 1])
    expect(namesSent()).toEqual(['Task 0', 'Task 3'])
  })

  it('takes an answer to something it never sent for nothing', async () => {
    await add(200, 3)
    const outbox = await open()
    await outbox.pump()
    await acknowledge(outbox, 77)
    expect([outbox.isQuiet(LAKE), await outbox.waiting(LAKE)]).toEqual([false, 3])
  })
})

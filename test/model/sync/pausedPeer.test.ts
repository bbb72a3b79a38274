import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { createRecord } from '../../../model/merge/edit.ts'
import { ok } from '../../../model/result.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { startSession } from '../../../model/sync/session.ts'
import { uuidOf } from '../../support/ids.ts'
import { createSyncTeam, type Line, type SyncTeam, TEAM } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
/** What waits for the peer is some ten megabytes, so that it would be seen if a session kept it. */
const WAITING = 3_000
const NOTES = 'x'.repeat(3_000)
const MINUTES = 60
const PEERS = 4
const MAX_BYTES = 1_000_000

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

setFlagsFromString('--expose-gc')
const collectGarbage = z.function({ input: [], output: z.void() }).parse(runInNewContext('gc'))

async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  return process.memoryUsage().heapUsed
}

/** Delivers everything but what the paused device would have to work on: its socket lives, the page does not. */
async function deliverHeartbeats({ pipe }: Line, kept: string[]): Promise<void> {
  while (pipe.queue.length > 0) {
    const next = pipe.queue[0]
    if (next?.by === 'called' && next.text.startsWith('{"type":"changes"')) {
      kept.push(next.text)
      pipe.drop()
    } else pipe.deliver()
    await team.settle()
  }
}

it('[SYN16][INV8] a peer that acknowledges nothing for an hour costs less than 1 MB, whatever is written meanwhile', async () => {
  const hub = await team.replica('hub')
  const guests = Array.from({ length: WAITING }, (_, i) => ({
    record: createRecord(
      { id: uuidOf(10_000 + i), scope: LAKE, table: 'guests', data: { name: `Guest ${i}`, notes: NOTES } },
      hub.author(),
    ),
  }))
  await hub.changes.update([], () => guests)
  const tablets = await Promise.all(Array.from({ length: PEERS }, (_, i) => team.replica(`tablet-${i}`)))
  const kept = tablets.map((): string[] => [])

  // What all sessions share is there once the first peer has come.
  const lines = [team.connect(tablets[0] ?? expect.fail(), hub)]
  await team.scheduler.pass(10_000, () => deliverHeartbeats(lines[0] ?? expect.fail(), kept[0] ?? []))
  const before = await heapBytes()
  for (const tablet of tablets.slice(1)) lines.push(team.connect(tablet, hub))
  const deliverAll = async () => {
    for (const [i, line] of lines.entries()) await deliverHeartbeats(line, kept[i] ?? [])
  }
  for (let minute = 0; minute < MINUTES; minute++) {
    await hub.edit(uuidOf(10_000 + minute), { notes: `${NOTES} ${minute}` })
    await team.scheduler.pass(60_000, deliverAll)
  }
  expect(lines.map(({ pipe }) => pipe.isOpen())).toEqual(lines.map(() => true))
  const texts = kept.splice(0).flat()
  const sent = texts.reduce((sum, text) => sum + text.length, 0) / PEERS
  texts.length = 0
  for (const { pipe } of lines) {
    expect(pipe.queue).toEqual([])
    pipe.forget()
  }
  const perPeer = ((await heapBytes()) - before) / (PEERS - 1)
  process.stdout.write(`A paused peer: ${Math.round(perPeer / 1_000)} kB kept, ${Math.round(sent / 1_000)} kB sent\n`)
  expect(perPeer).toBeLessThan(MAX_BYTES)
  expect(sent).toBeLessThan(MAX_BYTES)
})

it('[SYN16][INV8] a peer that asks and does not read is let go at 2 MB, and the others are not concerned', async () => {
  const hub = await team.replica('hub')
  for (let i = 0; i < 400; i++) {
    await hub.create({ id: uuidOf(10_000 + i), scope: LAKE, table: 'guests', data: { name: `Guest ${i}` } })
  }
  const other = team.connect(await team.replica('tablet'), hub)
  await team.pass(3_000)

  let unread = 0
  let deliver: (message: object) => void = () => expect.fail()
  const session = startSession({
    transport: {
      send: (text) => {
        unread += text.length
      },
      close: () => undefined,
      buffered: () => unread,
      onMessage: (listener) => {
        deliver = (message) => listener(JSON.stringify(message))
      },
      onClose: () => undefined,
    },
    scheduler: team.scheduler,
    changes: hub.changes,
    state: hub.state,
    caller: false,
    self: { deviceId: 'hub', deviceName: 'hub', team: TEAM },
    accept: async () => ok(TRUSTED),
    priority: () => 0,
    onProgress: () => undefined,
  })
  const now = team.scheduler.now()
  const device = { deviceId: 'deaf', deviceName: 'deaf', team: TEAM }
  deliver({ type: 'hello', protocol: 2, epoch: 'deaf-epoch_', now, ...device })
  deliver({ type: 'resume', cursors: {} })
  await team.settle()
  const beside = Array<string[]>(32).fill(['open', 'guests'])
  let largest = 0
  for (let asked = 0; unread <= 2_000_000; asked++) {
    expect(asked).toBeLessThan(10_000)
    const before = unread
    deliver({ type: 'probe', scope: LAKE, at: beside })
    await team.settle()
    largest = Math.max(largest, unread - before)
  }
  expect(await session.closed).toMatchObject({ code: 'SLOW' })
  expect(unread).toBeLessThan(2_000_000 + largest + 1)
  deliver({ type: 'probe', scope: LAKE, at: beside })
  await team.settle()
  expect(unread).toBeLessThan(2_000_000 + largest + 1)
  await hub.edit(uuidOf(10_000), { name: 'Ada' })
  await team.pass(1_000)
  expect((await other.caller.progress(LAKE))?.equal).toBe(true)
})

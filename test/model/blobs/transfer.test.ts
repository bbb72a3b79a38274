/** The transfer in virtual time, between two sides in memory that show everything they were asked. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { MAX_BLOB_BYTES, PIECE_BYTES } from '../../../model/blobs/blob.ts'
import { planMoves, type WantedBlob } from '../../../model/blobs/plan.ts'
import type { BlobRemote, RemoteError, SizedBlob } from '../../../model/blobs/remote.ts'
import { createBlobTransfer, type LocalBlobs, type TransferOptions } from '../../../model/blobs/transfer.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { createManualScheduler } from '../../support/manualScheduler.ts'

const MINUTE_MS = 60_000
const name = (letter: string) => letter.repeat(64)
const original = (letter: string, days = 0): WantedBlob => ({ sha256: name(letter), kind: 'original', days })
const thumbnail = (letter: string, days = 0): WantedBlob => ({ sha256: name(letter), kind: 'thumbnail', days })

/** One side: what it has whole, and how much of what is arriving. */
class Side {
  readonly whole = new Map<string, number>()
  readonly arriving = new Map<string, number>()

  take({ sha256, size }: SizedBlob, start: number, length: number): Result<number, number> {
    const had = this.whole.get(sha256) ?? this.arriving.get(sha256) ?? 0
    if (start !== had) return err(had)
    this.arriving.set(sha256, start + length)
    if (start + length === size) this.whole.set(sha256, size)
    return ok(start + length)
  }
}

/** Typed as what it may become. */
const noFault = (): RemoteError | undefined => undefined

type Line = Awaited<ReturnType<TransferOptions['line']>>

function setUp(wanted: readonly WantedBlob[], more: Partial<TransferOptions> = {}, line: Line = 'quiet') {
  const scheduler = createManualScheduler()
  const here = new Side()
  const there = new Side()
  const requests: string[] = []
  const held: string[] = []
  const state = {
    line,
    /** What every request answers instead. */
    fault: noFault(),
    /** Blobs that the peer does not take. */
    refuses: new Map<string, RemoteError>(),
    msPerPiece: 10,
    wanted,
  }

  async function request<T>(what: string, answer: () => Result<T, RemoteError>): Promise<Result<T, RemoteError>> {
    requests.push(what)
    if (state.fault) return err(state.fault)
    return answer()
  }
  /** A piece takes its time on the line. */
  async function spend(): Promise<void> {
    await new Promise<void>((resolve) => scheduler.after(state.msPerPiece, resolve))
  }

  const remote: BlobRemote = {
    lookUp: (hashes) =>
      request(`look up ${hashes.length}`, () => {
        const present = hashes.filter((sha256) => there.whole.has(sha256))
        return ok({ present, missing: hashes.filter((sha256) => !there.whole.has(sha256)) })
      }),
    received: ({ sha256, size }) =>
      request(`received ${sha256[0]}`, () => ok(there.whole.has(sha256) ? size : (there.arriving.get(sha256) ?? 0))),
    size: (sha256) => request(`size ${sha256[0]}`, () => ok(there.whole.get(sha256))),
    async put(blob, start, bytes) {
      await spend()
      return request(`put ${blob.sha256[0]} ${start / PIECE_BYTES}`, () => {
        const refusal = state.refuses.get(blob.sha256)
        if (refusal) return err(refusal)
        const taken = there.take(blob, start, bytes.length)
        return taken.ok ? taken : err({ kind: 'wrong-offset', received: taken.error })
      })
    },
    async get(sha256, { start, end }) {
      await spend()
      return request(`get ${sha256[0]} ${start / PIECE_BYTES}`, () => ok(new Uint8Array(end - start)))
    },
  }
  const local: LocalBlobs = {
    size: (sha256) => here.whole.get(sha256),
    read: async (_sha256, start, end) => ok(new Uint8Array(end - start)),
    received: async ({ sha256 }) => here.arriving.get(sha256) ?? 0,
    async write(blob, start, bytes) {
      const taken = here.take(blob, start, bytes.length)
      return taken.ok ? ok({ received: taken.value }) : err({ kind: 'wrong-offset' })
    },
  }
  const faults: unknown[] = []
  const transfer = createBlobTransfer({
    peer: 'hub',
    local,
    remote,
    scheduler,
    fetches: true,
    wanted: async () => state.wanted,
    line: async () => state.line,
    onHeld: async (hashes) => void held.push(...hashes.map((sha256) => sha256[0] ?? '')),
    onFault: (fault) => faults.push(fault),
    ...more,
  })
  onTestFinished(async () => {
    const stopped = transfer.stop()
    await scheduler.pass(10_000, turns) // a piece that is under way comes to its end
    await stopped
  })
  const turns = async () => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    scheduler,
    here,
    there,
    requests,
    held,
    state,
    transfer,
    faults,
    pass: (ms: number) => scheduler.pass(ms, turns),
  }
}

const pieces = (requests: readonly string[]) => requests.filter((what) => /^(put|get)/.test(what))

describe('what is moved', () => {
  it('[BLOB3] is what one side has and the other lacks: thumbnails, previews, originals; near weddings first', () => {
    const wanted: WantedBlob[] = [
      original('a', 30),
      original('b', 1),
      { sha256: name('c'), kind: 'preview', days: 30 },
      thumbnail('d', 30),
      thumbnail('e', 1),
      original('f', 1),
      original('g', 0),
      original('h', 0),
    ]
    const here = new Set(['a', 'b', 'c', 'd', 'e', 'g'].map(name))
    const peer = new Map([
      ...['a', 'b', 'c', 'd', 'e', 'h'].map((letter) => [name(letter), 'missing'] as const),
      ...['f', 'g'].map((letter) => [name(letter), 'present'] as const),
    ])
    const moves = planMoves(
      wanted,
      (sha256) => here.has(sha256),
      (sha256) => peer.get(sha256),
    )
    expect(moves.map(({ blob, direction }) => `${direction} ${blob.sha256[0]}`)).toEqual([
      'send e',
      'send d',
      'send c',
      'send b',
      'fetch f',
      'send a',
    ])
  })

  it('[BLOB3] a blob that is a thumbnail of one record and an original of another goes as a thumbnail', () => {
    const moves = planMoves(
      [original('a', 0), thumbnail('a', 50)],
      () => true,
      () => 'missing',
    )
    expect(moves).toEqual([{ blob: thumbnail('a', 50), direction: 'send' }])
  })
})

describe('a transfer', () => {
  it('[BLOB2] sends and fetches in pieces of 1 MiB, and says what the peer has', async () => {
    const { here, there, requests, held, pass, transfer } = setUp([original('a'), original('b')])
    here.whole.set(name('a'), 2 * PIECE_BYTES + 5)
    there.whole.set(name('b'), PIECE_BYTES + 1)
    await pass(1_000)
    expect(pieces(requests)).toEqual(['put a 0', 'put a 1', 'put a 2', 'get b 0', 'get b 1'])
    expect(there.whole.has(name('a'))).toBe(true)
    expect(here.whole.has(name('b'))).toBe(true)
    expect(held.toSorted()).toEqual(['a', 'b'])
    const { sentBytes, receivedBytes, toSend, toFetch, state } = transfer.status()
    expect({ sentBytes, receivedBytes, toSend, toFetch, state }).toEqual({
      sentBytes: 2 * PIECE_BYTES + 5,
      receivedBytes: PIECE_BYTES + 1,
      toSend: 0,
      toFetch: 0,
      state: 'idle',
    })
  })

  it('[BLOB2] sends nothing that the peer has', async () => {
    const { here, there, requests, pass } = setUp([original('a')])
    here.whole.set(name('a'), 5)
    there.whole.set(name('a'), 5)
    await pass(MINUTE_MS)
    expect(requests).toEqual(['look up 1'])
  })

  it('[BLOB1] waits while records are under way, also in the middle of a blob, and goes on where it was', async () => {
    const { here, requests, state, pass, transfer } = setUp([original('a')], {}, 'records-first')
    here.whole.set(name('a'), 10 * PIECE_BYTES)
    await pass(5_000)
    expect(requests).toEqual([])
    expect(transfer.status().state).toBe('records-first')
    state.line = 'quiet'
    await pass(270)
    const before = pieces(requests).length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(10)
    state.line = 'records-first'
    await pass(5_000)
    expect(pieces(requests).length).toBeLessThanOrEqual(before + 1)
    state.line = 'quiet'
    await pass(5_000)
    expect(pieces(requests)).toEqual(Array.from({ length: 10 }, (_, piece) => `put a ${piece}`))
  })

  it('[BLOB2] a cut costs the piece that was under way', async () => {
    const { here, requests, state, pass, transfer } = setUp([original('a')])
    here.whole.set(name('a'), 4 * PIECE_BYTES)
    await pass(25)
    state.fault = { kind: 'unreachable', message: 'the line is cut' }
    await pass(2_000)
    expect(transfer.status()).toMatchObject({ problem: 'the line is cut' })
    expect(transfer.status().retries).toBeGreaterThan(0)
    const duringCut = pieces(requests).length
    state.fault = undefined
    await pass(5_000)
    expect(pieces(requests).slice(duringCut)).toEqual(['put a 2', 'put a 3'])
    expect(transfer.status().problem).toBeUndefined()
  })

  it('tries a peer that does not answer with growing pauses', async () => {
    const { requests, state, pass } = setUp([original('a')])
    state.fault = { kind: 'unreachable', message: 'nobody there' }
    await pass(10 * MINUTE_MS)
    expect(requests.length).toBeGreaterThan(5)
    expect(requests.length).toBeLessThan(20)
  })

  it('[BLOB3] a photo that is added while a large file goes has its thumbnail there before the file', async () => {
    const { here, requests, state, transfer, pass } = setUp([original('a')])
    here.whole.set(name('a'), MAX_BLOB_BYTES)
    await pass(100)
    here.whole.set(name('t'), 2_000)
    state.wanted = [original('a'), thumbnail('t')]
    transfer.poke()
    await pass(500)
    const sent = pieces(requests)
    expect(sent.indexOf('put t 0')).toBeGreaterThan(0)
    expect(sent.indexOf('put t 0')).toBeLessThan(15)
    expect(new Set(sent).size).toBe(sent.length)
  })

  it('[BLOB4] on a bad line carries thumbnails only, and looks every few minutes whether it is better', async () => {
    const { here, there, requests, state, transfer, pass } = setUp([original('a')])
    here.whole.set(name('a'), 20 * PIECE_BYTES)
    state.msPerPiece = 4_000 // 2.1 megabits a second
    await pass(MINUTE_MS)
    expect(pieces(requests)).toHaveLength(3)
    expect(transfer.status().state).toBe('slow-line')
    here.whole.set(name('t'), 2_000)
    state.wanted = [original('a'), thumbnail('t')]
    transfer.poke()
    await pass(10_000)
    expect(there.whole.has(name('t'))).toBe(true)
    await pass(2 * MINUTE_MS)
    expect(pieces(requests).filter((what) => what.startsWith('put a'))).toHaveLength(4)
    state.msPerPiece = 10
    await pass(10 * MINUTE_MS)
    expect(there.whole.has(name('a'))).toBe(true)
    expect(transfer.status().state).toBe('idle')
  })

  it('[BLOB5] what is refused is counted by reason, in nobody’s way, and offered again after a while', async () => {
    const { here, there, requests, state, transfer, pass } = setUp([original('a'), original('b', 1)])
    here.whole.set(name('a'), 5)
    here.whole.set(name('b'), 5)
    state.refuses = new Map([[name('a'), { kind: 'refused', status: 507, code: 'BLOB_QUOTA', message: 'no room' }]])
    await pass(MINUTE_MS)
    expect([...there.whole.keys()]).toEqual([name('b')])
    expect(transfer.status()).toMatchObject({ refused: { BLOB_QUOTA: 1 }, problem: 'no room', toSend: 1 })
    expect(pieces(requests)).toEqual(['put a 0', 'put b 0'])
    state.refuses = new Map()
    await pass(6 * MINUTE_MS)
    expect(there.whole.has(name('a'))).toBe(true)
    expect(transfer.status()).toMatchObject({ refused: {}, toSend: 0 })
    expect(transfer.status().problem).toBeUndefined()
  })

  it('goes on after something on this computer fails, and reports it', async () => {
    let isBroken = true
    const { here, there, faults, pass } = setUp([original('a')], {
      wanted: async () => {
        if (isBroken) throw new Error('disk')
        return [original('a')]
      },
    })
    here.whole.set(name('a'), 5)
    await pass(1_000)
    expect(faults.length).toBeGreaterThan(0)
    isBroken = false
    await pass(MINUTE_MS)
    expect(there.whole.has(name('a'))).toBe(true)
  })
})

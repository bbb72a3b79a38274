import { expect, it } from 'vitest'
import { nextRun, type Run } from '../../../server/live/progress.ts'

function peer(queue: number, incoming: number, bytesOut: number): Parameters<typeof nextRun>[1] {
  const session = { bytesIn: 0, bytesOut, recordsIn: 0, recordsOut: 0, refused: 0, sinceMs: 0, class: 'good' as const }
  return { kind: 'hub', deviceId: 'h', name: 'hub', queue, incoming, session }
}

const OFFLINE = { kind: 'hub', deviceId: 'h', name: 'hub', queue: 9, incoming: 0 } as const

/** The news of one look after the other, a second apart. */
function looks(...peers: readonly Parameters<typeof nextRun>[1][]) {
  let run: Run | undefined
  return peers.map((each, second) => {
    run = nextRun(run, each, second * 1_000)
    return run?.news
  })
}

it('counts what is done of what there is to do, both ways, with bytes and the time that is left', () => {
  const [idle, begun, half, done, after] = looks(
    peer(0, 0, 500),
    peer(6, 4, 500),
    peer(3, 2, 900),
    peer(0, 0, 1_000),
    peer(0, 0, 1_000),
  )
  expect(idle).toBeUndefined()
  expect(begun).toMatchObject({ done: 0, total: 10, bytes: 0, etaMs: null, running: true })
  expect(half).toMatchObject({ done: 5, total: 10, bytes: 400, etaMs: 1_000, running: true })
  expect(done).toMatchObject({ done: 10, total: 10, bytes: 500, etaMs: 0, running: false })
  expect(after).toBeUndefined()
})

it('what comes up meanwhile makes more of it, and nothing undone', () => {
  const [, , more] = looks(peer(10, 0, 0), peer(5, 0, 0), peer(8, 0, 0))
  expect(more).toMatchObject({ done: 5, total: 13, running: true })
})

it('ends with what was done when the line goes down, and begins anew on the next', () => {
  const [, , cut, still, again] = looks(peer(10, 0, 700), peer(6, 0, 900), OFFLINE, OFFLINE, peer(6, 0, 10))
  expect(cut).toMatchObject({ done: 4, total: 10, bytes: 200, etaMs: null, running: false })
  expect(still).toBeUndefined()
  expect(again).toMatchObject({ done: 0, total: 6, bytes: 0, running: true })
})

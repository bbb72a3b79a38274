import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { GroupCommit } from '../../../server/changes/postgresQueue.ts'

interface Job {
  readonly name: string
  readonly ids: readonly string[]
}

/** A queue whose commits end when they are told to. Of a job whose name begins with `late` nothing is done. */
function queueByHand(maxRecords = 10) {
  const begun: { readonly names: string; end(failure?: Error): void }[] = []
  const queue = new GroupCommit<Job>((jobs) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean[]>()
    const results = jobs.map(({ name }) => !name.startsWith('late'))
    const names = jobs.map(({ name }) => name).join(' ')
    begun.push({ names, end: (failure) => (failure ? reject(failure) : resolve(results)) })
    return promise
  }, maxRecords)
  const run = (name: string, ids: readonly string[] = [name]) => queue.run({ name, ids })
  const names = () => begun.map((group) => group.names)
  return { run, begun, names }
}

it('what comes in one turn of the loop, or while others are committed, is committed together', async () => {
  const { run, begun, names } = queueByHand()
  const first = [run('a'), run('b')]
  await turnOfTheLoop()
  const second = [run('c'), run('late'), run('d')]
  await turnOfTheLoop()
  expect(names()).toEqual(['a b'])
  begun[0]?.end()
  expect(await Promise.all(first)).toEqual([true, true])
  await turnOfTheLoop()
  expect(names()).toEqual(['a b', 'c late d'])
  begun[1]?.end()
  expect(await Promise.all(second)).toEqual([true, false, true])
})

it('of two that are about one record only the former is committed, and the other one is told at once', async () => {
  const { run, begun, names } = queueByHand()
  const former = run('former', ['x', 'y'])
  const latter = run('latter', ['y', 'z'])
  const third = run('third', ['z'])
  expect(await latter).toBe(false)
  expect(names()).toEqual(['former third'])
  begun[0]?.end()
  expect(await Promise.all([former, third])).toEqual([true, true])
})

it('takes no more records together than it may, but one that has more by itself', async () => {
  const { run, begun, names } = queueByHand(3)
  const all = [run('a', ['1', '2']), run('b', ['3', '4']), run('c', ['5']), run('d', ['6', '7', '8', '9'])]
  for (const n of [0, 1, 2]) {
    await turnOfTheLoop()
    expect(begun).toHaveLength(n + 1)
    begun[n]?.end()
  }
  expect(await Promise.all(all)).toEqual([true, true, true, true])
  expect(names()).toEqual(['a', 'b c', 'd'])
})

it('a commit that fails fails all that were in it, and the next one goes on', async () => {
  const { run, begun } = queueByHand()
  const settled = Promise.allSettled([run('a'), run('b')])
  await turnOfTheLoop()
  const next = run('c')
  begun[0]?.end(new Error('the connection is lost'))
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await turnOfTheLoop()
  begun[1]?.end()
  expect(await next).toBe(true)
})

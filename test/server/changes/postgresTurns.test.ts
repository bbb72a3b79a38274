import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ScopeTurns } from '../../../server/changes/postgresTurns.ts'

/** Turns whose work ends when it is told to, and what was done together, in order. */
function turnsByHand(maxJobs = 10) {
  const begun: { readonly scopes: readonly string[]; readonly jobs: readonly string[]; end(failure?: Error): void }[] =
    []
  const turns = new ScopeTurns<string, string>((scopes, jobs) => {
    const { promise, resolve, reject } = Promise.withResolvers<PromiseSettledResult<string>[]>()
    const results = jobs.map(
      (job): PromiseSettledResult<string> =>
        job === 'bad' ? { status: 'rejected', reason: new Error('bad') } : { status: 'fulfilled', value: `did ${job}` },
    )
    begun.push({ scopes, jobs, end: (failure) => (failure ? reject(failure) : resolve(results)) })
    return promise
  }, maxJobs)
  const jobs = () => begun.map((group) => group.jobs)
  return { turns, begun, jobs }
}

it('what waits for the same scopes is done together, and one that fails does not take others with it', async () => {
  const { turns, begun, jobs } = turnsByHand()
  const first = turns.run(['s'], 'first')
  await turnOfTheLoop()
  const waiting = ['a', 'bad', 'b'].map((job) => turns.run(['s'], job))
  const elsewhere = turns.run(['other'], 'elsewhere')
  await turnOfTheLoop()
  expect(jobs()).toEqual([['first'], ['elsewhere']])
  begun[1]?.end()
  begun[0]?.end()
  expect(await Promise.all([first, elsewhere])).toEqual(['did first', 'did elsewhere'])
  await turnOfTheLoop()
  expect(jobs()).toEqual([['first'], ['elsewhere'], ['a', 'bad', 'b']])
  // Too late to join those that are being done.
  const late = turns.run(['s'], 'late')
  begun[2]?.end()
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  await turnOfTheLoop()
  begun[3]?.end()
  expect(await late).toBe('did late')
})

it('whoever needs one of the scopes waits for all before, and is waited for', async () => {
  const { turns, begun, jobs } = turnsByHand()
  const all = [turns.run(['s'], 'one'), turns.run(['s', 't'], 'both'), turns.run(['t'], 'other')]
  await turnOfTheLoop()
  expect(jobs()).toEqual([['one']])
  begun[0]?.end()
  await turnOfTheLoop()
  expect(jobs()).toEqual([['one'], ['both']])
  begun[1]?.end()
  await turnOfTheLoop()
  begun[2]?.end()
  expect(await Promise.all(all)).toEqual(['did one', 'did both', 'did other'])
})

it('a transaction that fails fails all that were in it, and the next one goes on', async () => {
  const { turns, begun } = turnsByHand(2)
  const waiting = ['a', 'b', 'c'].map((job) => turns.run(['s'], job))
  const settled = Promise.allSettled(waiting)
  await turnOfTheLoop()
  expect(begun[0]?.jobs).toEqual(['a', 'b'])
  begun[0]?.end(new Error('the connection is lost'))
  await turnOfTheLoop()
  expect(begun[1]?.jobs).toEqual(['c'])
  begun[1]?.end()
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})

import { expect, it } from 'vitest'
import type { RunningServer } from '../../main/serverProcess.ts'
import { supervise } from '../../main/supervisor.ts'
import { err, ok, type Result } from '../../model/result.ts'

/** Servers that end when the test says so, and a clock that it moves. */
function workshop(answers: readonly Result<string, string>[]) {
  const log: string[] = []
  const ends: (() => void)[] = []
  const firsts: boolean[] = []
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  let nowMs = 0
  const left = [...answers]
  const supervisor = supervise({
    async start(isFirst) {
      firsts.push(isFirst)
      start()
      await new Promise((resolve) => setImmediate(resolve))
      const answer = left.shift() ?? err('no more servers')
      if (!answer.ok) return answer
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      ends.push(end)
      const server: RunningServer = {
        windowUrl: answer.value,
        ended,
        async stop() {
          log.push(`stopped ${answer.value}`)
          end()
        },
      }
      return ok(server)
    },
    onReady: (url) => log.push(`ready ${url}`),
    onFailed: (sentence) => log.push(`failed: ${sentence}`),
    now: () => nowMs,
  })
  return {
    supervisor,
    log,
    firsts,
    /** Resolves when a start has begun, before it has ended. */
    started,
    async crash(afterMs: number) {
      nowMs += afterMs
      ends.at(-1)?.()
      // Lets everything run that was waiting for the end, and the start that may follow.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

it('starts a server that ended by itself once more, and then gives up', async () => {
  const { supervisor, log, crash } = workshop([ok('a'), ok('b'), ok('c')])
  await supervisor.restart()
  await crash(5_000)
  await crash(5_000)
  expect(log).toEqual(['ready a', 'ready b', expect.stringMatching(/^failed: .*twice within a minute/)])
  await supervisor.restart()
  expect(log.at(-1)).toBe('ready c')
})

it('forgives an end long after the last one', async () => {
  const { supervisor, log, crash } = workshop([ok('a'), ok('b'), ok('c')])
  await supervisor.restart()
  await crash(5_000)
  await crash(3_600_000)
  expect(log).toEqual(['ready a', 'ready b', 'ready c'])
})

it('starts afresh on request, one after the other', async () => {
  const { supervisor, log } = workshop([ok('a'), ok('b'), ok('c')])
  await Promise.all([supervisor.restart(), supervisor.restart(), supervisor.restart()])
  expect(log).toEqual(['ready a', 'stopped a', 'ready b', 'stopped b', 'ready c'])
})

it('says why there is no server, and can try again as if it were the first time', async () => {
  const { supervisor, log, firsts } = workshop([err('the folder is in use'), ok('b'), ok('c')])
  await supervisor.restart()
  expect(log).toEqual(['failed: the folder is in use'])
  await supervisor.restart()
  await supervisor.restart()
  expect(firsts).toEqual([true, true, false])
})

it('stops for good', async () => {
  const { supervisor, log, crash } = workshop([ok('a'), ok('b')])
  await supervisor.restart()
  await supervisor.stop()
  await crash(1)
  await supervisor.restart()
  expect(log).toEqual(['ready a', 'stopped a'])
})

it('stops what was just starting, and shows nobody its page', async () => {
  const { supervisor, log, started } = workshop([ok('a')])
  const starting = supervisor.restart()
  await started
  const stopping = supervisor.stop()
  await Promise.all([starting, stopping])
  expect(log).toEqual(['stopped a'])
})

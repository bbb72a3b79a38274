import { BehaviorSubject } from 'rxjs'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import type { ClientError } from '../../../model/client/client.ts'
import type { InstallStatus } from '../../../model/database/status.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { followStatus, lose } from '../../../renderer/src/replica/installStatus.ts'
import type { ReplicaStatus } from '../../../renderer/src/replica/replica.ts'

type Answer = Result<InstallStatus, ClientError>

const TOLD: InstallStatus = {
  role: 'local',
  version: '1.0.0',
  deviceId: 'd1',
  deviceName: 'Laptop',
  personName: 'Ana',
  userId: 'u1',
  grant: { role: 'owner', weddings: 'all' },
  upstreams: [],
  devices: [],
  quarantined: 0,
}
const UNREACHABLE = err<ClientError>({ kind: 'unreachable', message: 'no answer' })
const STOPPED = /has stopped/

beforeEach(() => {
  vi.useFakeTimers()
  return () => vi.useRealTimers()
})

/** A window whose server answers when the test says so. */
function openWindow() {
  const status = new BehaviorSubject<ReplicaStatus>({
    role: 'local',
    deviceName: 'Laptop',
    personName: 'Ana',
    grant: { role: 'owner', weddings: 'all' },
    upstreams: [],
    devices: [],
    quarantined: 0,
  })
  const questions: ((answer: Answer) => void)[] = []
  const beginAnew = vi.fn()
  const installStatus = () => new Promise<Answer>((resolve) => questions.push(resolve))
  followStatus({ installStatus }, status, beginAnew)
  onTestFinished(() => expect(questions).toEqual([]))
  return {
    status,
    beginAnew,
    asked: () => questions.length,
    nextQuestion: () => vi.advanceTimersByTimeAsync(1_000),
    async answer(answer: Answer) {
      questions.shift()?.(answer)
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

it('what the server tells is shown, each second', async () => {
  const { status, beginAnew, nextQuestion, answer } = openWindow()
  for (const quarantined of [1, 2]) {
    await nextQuestion()
    await answer(ok({ ...TOLD, quarantined }))
    expect(status.value.quarantined).toBe(quarantined)
  }
  expect(beginAnew).not.toHaveBeenCalled()
})

it('a server that does not answer is a problem that is shown, and the page begins anew once it is back', async () => {
  const { status, beginAnew, asked, nextQuestion, answer } = openWindow()
  for (let turn = 0; turn < 2; turn++) {
    await nextQuestion()
    await answer(UNREACHABLE)
    expect(status.value.problem).toMatch(STOPPED)
  }
  await nextQuestion()
  await answer(ok(TOLD))
  expect(beginAnew).toHaveBeenCalledOnce()
  await nextQuestion()
  expect(asked()).toBe(0)
})

it('an answer to what was asked before the line to the database was lost does not mean that the server is back', async () => {
  const { status, beginAnew, nextQuestion, answer } = openWindow()
  await nextQuestion()
  lose(status)
  await answer(ok(TOLD))
  expect(beginAnew).not.toHaveBeenCalled()
  expect(status.value.problem).toMatch(STOPPED)
  await nextQuestion()
  await answer(ok(TOLD))
  expect(beginAnew).toHaveBeenCalledOnce()
})

it('a page whose secret opens nothing any more begins anew', async () => {
  const { beginAnew, nextQuestion, answer } = openWindow()
  await nextQuestion()
  const reply = { error: 'locked', code: 'UNAUTHENTICATED', requestId: 'r1' }
  await answer(err({ kind: 'refused', status: 401, code: reply.code, message: reply.error, reply }))
  expect(beginAnew).toHaveBeenCalledOnce()
})

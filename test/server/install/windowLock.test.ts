import { describe, expect, it } from 'vitest'
import { IDLE_MS, openWindowLock } from '../../../server/install/windowLock.ts'
import { errorOf, MemoryState, okValue } from '../identity/support.ts'

const PASSPHRASE = 'hydrangea'

async function lockOf(state = new MemoryState()) {
  const clock = { ms: 0 }
  const told: number[] = []
  const lock = await openWindowLock(
    state,
    () => clock.ms,
    () => told.push(clock.ms),
  )
  return { lock, clock, told, state }
}

/** One that is set, and open. */
async function setLock() {
  const made = await lockOf()
  okValue(await made.lock.set(PASSPHRASE, undefined))
  return made
}

describe("the window's lock", () => {
  it('does nothing where none was set', async () => {
    const { lock, clock, told } = await lockOf()
    clock.ms = 10 * IDLE_MS
    lock.check()
    expect([lock.isSet(), lock.isLocked(), lock.lock(), told]).toEqual([false, false, false, []])
  })

  it('locks when nobody has touched the window for fifteen minutes, tells it once, and opens by the passphrase alone', async () => {
    const { lock, clock, told } = await setLock()
    clock.ms = IDLE_MS - 1
    expect(lock.isLocked()).toBe(false)
    lock.touch()
    clock.ms += IDLE_MS - 1
    expect(lock.isLocked()).toBe(false)
    clock.ms += 1
    lock.check()
    lock.check()
    expect([lock.isLocked(), told]).toEqual([true, [clock.ms]])
    lock.touch()
    expect(lock.isLocked(), 'touching it opens nothing').toBe(true)
    expect(errorOf(await lock.unlock('hortensia'))).toBe('wrong')
    expect(lock.isLocked()).toBe(true)
    okValue(await lock.unlock(PASSPHRASE))
    expect(lock.isLocked()).toBe(false)
    expect(lock.lock()).toBe(true)
    expect(told).toHaveLength(2)
  })

  it('is locked at the next start, and is not stored in a form that anybody could say', async () => {
    const { state } = await setLock()
    const { lock } = await lockOf(state)
    expect(lock.isLocked()).toBe(true)
    expect(JSON.stringify([...state.entries])).not.toContain(PASSPHRASE)
  })

  it('is changed and taken away by whoever knows it', async () => {
    const { lock, clock } = await setLock()
    expect(errorOf(await lock.set(null, undefined))).toBe('wrong')
    okValue(await lock.set('another', PASSPHRASE))
    expect(errorOf(await lock.set(null, PASSPHRASE))).toBe('wrong')
    okValue(await lock.set(null, 'another'))
    clock.ms = 2 * IDLE_MS
    expect([lock.isSet(), lock.isLocked()]).toEqual([false, false])
  })

  it('takes five guesses a minute, also of many at once; then the right one waits as well', async () => {
    const { lock, clock } = await setLock()
    lock.lock()
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => lock.unlock(`guess ${n}`)))
    expect(answers.filter((answer) => !answer.ok && answer.error === 'wrong')).toHaveLength(5)
    expect(errorOf(await lock.unlock(PASSPHRASE))).toBe('too-many')
    clock.ms += 60_000
    okValue(await lock.unlock(PASSPHRASE))
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { createTimers, type Timers } from '../../../model/sync/timers.ts'
import { createManualScheduler, type ManualScheduler } from '../../support/manualScheduler.ts'

let scheduler: ManualScheduler
let alarms: number
let timers: Timers
let rung: [name: string, atMs: number][]

beforeEach(() => {
  scheduler = createManualScheduler()
  alarms = 0
  rung = []
  timers = createTimers({
    elapsed: scheduler.elapsed,
    after(ms, run) {
      alarms++
      return scheduler.after(ms, run)
    },
  })
})

const set = (name: string, ms: number, as = name): void =>
  timers.set(name, ms, () => void rung.push([as, scheduler.elapsed()]))

describe('timers with names', () => {
  it('ring once, when they are due', async () => {
    set('late', 30)
    set('soon', 10)
    await scheduler.pass(100)
    expect(rung).toEqual([
      ['soon', 10],
      ['late', 30],
    ])
    expect([timers.isSet('soon'), timers.isSet('late')]).toEqual([false, false])
  })

  it('the last call with a name counts, whether it is for later or for sooner', async () => {
    set('later', 10)
    set('later', 50, 'later, put off')
    set('sooner', 40)
    set('sooner', 20, 'sooner, brought forward')
    await scheduler.pass(100)
    expect(rung).toEqual([
      ['sooner, brought forward', 20],
      ['later, put off', 50],
    ])
  })

  it('one that is put off a hundred times in a while needs two alarms, not a hundred', async () => {
    for (let i = 0; i < 100; i++) {
      set('verify', 500)
      await scheduler.pass(1)
    }
    await scheduler.pass(1_000)
    expect(rung).toEqual([['verify', 599]])
    expect(alarms).toBe(2)
  })

  it('one that is due when its alarm rings late asks for no time before now', async () => {
    const asked: number[] = []
    let nowMs = 0
    let ring = (): void => undefined
    const late = createTimers({
      elapsed: () => nowMs,
      after(ms, run) {
        asked.push(ms)
        ring = run
        return () => undefined
      },
    })
    late.set('verify', 500, () => undefined)
    nowMs = 100
    late.set('verify', 500, () => undefined)
    nowMs = 900
    ring()
    expect(asked).toEqual([500, 0])
  })

  it('one may set itself again, and what was cancelled does not ring', async () => {
    timers.set('again', 10, () => set('again', 10))
    set('cancelled', 10)
    timers.cancel('cancelled')
    set('put off and cancelled', 10)
    set('put off and cancelled', 20)
    timers.cancel('put off and cancelled')
    await scheduler.pass(100)
    expect(rung).toEqual([['again', 20]])
  })

  it('after the end nothing rings, also nothing that is set later', async () => {
    set('before', 10)
    timers.stop()
    set('after', 10)
    await scheduler.pass(100)
    expect(rung).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { browserScheduler } from '../../../renderer/src/replica/browserTransport.ts'
import { nodeScheduler } from '../../../server/sync/nodeScheduler.ts'

describe.each([
  { where: 'a page', scheduler: browserScheduler },
  { where: 'Node', scheduler: nodeScheduler },
])('what is to be done at the end of the turn, in $where', ({ scheduler }) => {
  it('comes after all that needs no other turn, in order, and not if it was cancelled', async () => {
    const done: string[] = []
    const ended = new Promise<void>((resolve) => {
      scheduler.after(0, () => done.push('first'))
      const cancel = scheduler.after(0, () => done.push('cancelled'))
      scheduler.after(0, () => {
        done.push('last')
        resolve()
      })
      cancel()
    })
    for (let i = 0; i < 100; i++) await Promise.resolve()
    done.push('this turn')
    await ended
    expect(done).toEqual(['this turn', 'first', 'last'])
  })

  it('is all done before anything that follows from it, and what comes meanwhile in the next turn', async () => {
    const done: string[] = []
    await new Promise<void>((resolve) => {
      scheduler.after(0, () => {
        done.push('first')
        Promise.resolve().then(() => done.push('what follows'))
        scheduler.after(0, () => {
          done.push('next turn')
          resolve()
        })
      })
      scheduler.after(0, () => done.push('second'))
    })
    expect(done).toEqual(['first', 'second', 'what follows', 'next turn'])
  })

  it('comes as often as it was asked for, also by the same function', async () => {
    let times = 0
    await new Promise<void>((resolve) => {
      const run = (): void => {
        if (++times === 2) resolve()
      }
      scheduler.after(0, run)
      scheduler.after(0, run)
    })
    expect(times).toBe(2)
  })
})

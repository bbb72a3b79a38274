import { expect, it } from 'vitest'
import { createEndOfTurn } from '../../../model/sync/endOfTurn.ts'

it('a turn is asked for once for all that waits, and again for what a failure has left', () => {
  const turns: (() => void)[] = []
  const atEndOfTurn = createEndOfTurn((callback) => void turns.push(callback))
  const done: string[] = []
  atEndOfTurn(() => done.push('first'))
  atEndOfTurn(() => {
    throw new Error('a bug')
  })
  const cancelLast = atEndOfTurn(() => done.push('last'))
  atEndOfTurn(() => {
    done.push('third')
    cancelLast()
  })
  expect(turns).toHaveLength(1)
  expect(() => turns.shift()?.()).toThrow('a bug')
  expect([done, turns.length]).toEqual([['first'], 1])
  turns.shift()?.()
  expect([done, turns.length]).toEqual([['first', 'last', 'third'], 0])
})

it('what was all cancelled leaves nothing that would keep the next from coming', () => {
  const turns: (() => void)[] = []
  const atEndOfTurn = createEndOfTurn((callback) => void turns.push(callback))
  const done: string[] = []
  atEndOfTurn(() => done.push('cancelled'))()
  atEndOfTurn(() => done.push('next'))
  for (let turn = turns.shift(); turn; turn = turns.shift()) turn()
  expect(done).toEqual(['next'])
})

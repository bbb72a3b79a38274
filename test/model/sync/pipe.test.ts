import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPipe } from '../../support/pipe.ts'
import { createSyncTeam, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

describe('pipe', () => {
  it('delivers by itself if it is told to', async () => {
    const { caller, called } = createPipe({ auto: true })
    const heard: string[] = []
    called.onMessage((text) => heard.push(text))
    called.onClose(() => heard.push('closed'))
    caller.send('one')
    caller.send('two')
    caller.close()
    caller.send('after the end')
    await team.settle()
    expect(heard).toEqual(['one', 'two', 'closed'])
  })
})

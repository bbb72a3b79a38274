import { afterEach, beforeEach, expect, it } from 'vitest'
import { uuidOf } from '../../support/ids.ts'
import { createSyncTeam, holdingsOf, type SyncTeam } from '../../support/syncTeam.ts'

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())
const WEDDING = uuidOf(100)

it('smoke', async () => {
  const a = await team.replica('ana')
  const b = await team.replica('ben')
  await a.create({ id: uuidOf(200), scope: WEDDING, table: 'guests', data: { name: 'Ada' } })
  const line = team.connect(a, b)
  await team.pass(1000)
  for (const m of line.pipe.log) console.log(m.by, m.text.slice(0, 150))
  expect(await holdingsOf(b, WEDDING)).toEqual(await holdingsOf(a, WEDDING))
  console.log(await line.caller.progress(WEDDING), await line.called.progress(WEDDING))
})

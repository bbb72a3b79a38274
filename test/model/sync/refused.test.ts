import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Grant } from '../../../model/roles.ts'
import { ADA, addGuest, addGuests, LAKE } from '../../support/guests.ts'
import { uuidOf } from '../../support/ids.ts'
import { equalOn } from '../../support/inSync.ts'
import { viewOf } from '../../support/memoryReplica.ts'
import { createSyncTeam, type Line, type SyncTeam } from '../../support/syncTeam.ts'

const PHOTOGRAPHER: Grant = { role: 'photographer', weddings: 'all' }

let team: SyncTeam
beforeEach(() => {
  team = createSyncTeam()
})
afterEach(() => team.close())

/** A photographer's edit of a guest is refused, and the line is cut. @returns the next session, when it has come to rest */
async function againAfterRefusal(): Promise<Line> {
  const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
  await addGuests(hub, 3)
  const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
  await team.pass(1_000)
  await camera.edit(uuidOf(1_000), { name: 'Nobody' })
  await team.pass(1_000)
  line.pipe.cut()
  const again = team.connect(camera, hub, { grant: PHOTOGRAPHER })
  await team.pass(40_000)
  return again
}

describe('what was refused', () => {
  it('leaves the rest comparable after connecting again', async () => {
    expect(await equalOn(await againAfterRefusal(), LAKE)).toEqual([true, true])
  })

  it('does not make both sides send everything again at each connection', async () => {
    expect((await againAfterRefusal()).sent('resend')).toEqual([])
  })

  it('[5] however much it is, does not end the session', async () => {
    const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
    await addGuests(camera, 1_050)
    const line = team.connect(camera, hub, { grant: PHOTOGRAPHER })
    await team.pass(3_000)
    expect(line.refused.caller).toHaveLength(1_050)
    expect(line.pipe.isOpen()).toBe(true)
  })

  it('[5] is one record of a table with an odd name, not the session', async () => {
    const [tablet, hub] = [await team.replica('tablet'), await team.replica('hub')]
    await tablet.create({ id: ADA, scope: LAKE, table: 'constructor', data: { name: 'x' } })
    await addGuest(tablet, uuidOf(201))
    const line = team.connect(tablet, hub, { grant: { role: 'owner', weddings: 'all' } })
    await team.pass(1_000)
    expect(line.pipe.isOpen()).toBe(true)
    expect((await viewOf(hub, uuidOf(201))).data.name).toBe('Ada')
  })
})

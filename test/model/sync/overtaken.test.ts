/** A refusal that says what is no longer so, since the peer has come by the record meanwhile. */
import { expect, it } from 'vitest'
import type { SequencedStore } from '../../../model/database/sequencedStore.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { vectorsOf } from '../../../model/sync/heldVectors.ts'
import { openOvertaken } from '../../../model/sync/overtaken.ts'
import { deadLetters } from '../../../model/sync/refusals.ts'
import { uuidOf } from '../../support/ids.ts'
import { at, newRecord, RECORD_ID, WEDDING_ID } from '../../support/mergeHelpers.ts'
import { createSyncTeam } from '../../support/syncTeam.ts'

const REFUSED = [{ id: RECORD_ID, reason: 'may not create' }]
const AGAIN = { again: [RECORD_ID], gone: [] }
const NOTHING = { again: [], gone: [] }
const guest = newRecord('guests', { name: 'Ada', phone: '1' })
const edited = editRecord(guest, { name: 'Eda' }, at(5, 'ana'))

/** A replica that holds one record, and what its peer has said that it holds of it. */
function replica(here: CausalRecord | undefined, there: CausalRecord | undefined) {
  const state = { here, there }
  const changes = { records: async () => new Map(state.here ? [[state.here.id, state.here]] : []) }
  return { state, overtaken: openOvertaken(changes, { holds: () => state.there && vectorsOf(state.there) }) }
}

it('[SYN19] offers a record again of which the peer has said that it holds all that is here', async () => {
  expect(await replica(guest, guest).overtaken(WEDDING_ID, REFUSED)).toEqual(AGAIN)
  expect(await replica(guest, edited).overtaken(WEDDING_ID, REFUSED)).toEqual(AGAIN)
})

it.each<{ what: string; here: CausalRecord | undefined; there: CausalRecord | undefined }>([
  { what: 'it lacks something', here: edited, there: guest },
  { what: 'it has said nothing', here: guest, there: undefined },
  {
    what: 'it holds another class of it alone',
    here: guest,
    there: createRecord({ id: RECORD_ID, scope: WEDDING_ID, table: 'guests', data: { name: 'Ada' } }, at(0, 'ana')),
  },
])('[SYN19] and none where $what', async ({ here, there }) => {
  expect(await replica(here, there).overtaken(WEDDING_ID, REFUSED)).toEqual(NOTHING)
})

it('[SYN19] once for each state of it, and in its own scope', async () => {
  const { state, overtaken } = replica(guest, guest)
  expect(await overtaken(uuidOf(99), REFUSED)).toEqual(NOTHING)
  expect(await overtaken(WEDDING_ID, REFUSED)).toEqual(AGAIN)
  expect(await overtaken(WEDDING_ID, REFUSED)).toEqual(NOTHING)
  state.here = edited
  state.there = edited
  expect(await overtaken(WEDDING_ID, REFUSED)).toEqual(AGAIN)
})

it('[SYN19] says which records are not here any more', async () => {
  expect(await replica(undefined, guest).overtaken(WEDDING_ID, REFUSED)).toEqual({ again: [], gone: [RECORD_ID] })
})

it('[SYN19] is told of a record that came to the peer from somebody else while it was being refused', async () => {
  const team = createSyncTeam()
  const [camera, hub] = [await team.replica('camera'), await team.replica('hub')]
  const record = await camera.create({ id: RECORD_ID, scope: WEDDING_ID, table: 'guests', data: { name: 'Ada' } })
  let decided = false
  const changes: SequencedStore = {
    ...hub.changes,
    async update(ids, change) {
      await hub.changes.update(ids, change)
      if (decided || !ids.includes(RECORD_ID)) return
      decided = true
      await hub.changes.update([], () => [{ record }])
      await team.settle() // the hub looks what that is to the device before it has noted what it refuses
    },
  }
  const line = team.connect(camera, { ...hub, changes }, { grant: { role: 'photographer', weddings: 'all' } })
  await team.pass(3_000)
  expect(line.refused.caller.map(({ id }) => id)).toEqual([RECORD_ID])
  expect(await deadLetters(camera.state, camera.changes.epoch)).toEqual([])
  expect(line.sent('digest', 'caller').at(-1)?.except).toEqual([])
  expect((await line.caller.progress(WEDDING_ID))?.equal).toBe(true)
  await team.close()
})

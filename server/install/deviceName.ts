/** The name that a start gives to this device (`--device-name`), and that people may change in the app. */
import { deviceNames } from '../../model/identity/deviceNames.ts'
import { editRecord } from '../../model/merge/edit.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from '../identity/identity.ts'
import { personOf } from './callers.ts'
import type { People } from './people.ts'

const TAKEN = 'device-name-taken'

interface NameParts {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly people: People
}

/**
 * Takes a name once: given again, as in a script that restarts, it does not undo what the device was called since.
 * @param name absent: it keeps the one that it has
 */
export async function takeDeviceName(
  name: string | undefined,
  identity: Identity,
  { changes, state, people }: NameParts,
): Promise<void> {
  if (name === undefined || (await state.get(TAKEN)) === name) return
  if (name !== identity.deviceName) {
    const actors = await changes.inScope(identity.team.id, { table: 'actors' })
    const naming = deviceNames(actors).get(identity.deviceId)
    const author = await people.author(personOf(identity))
    if (naming) {
      await changes.update([naming.record.id], (current) =>
        [...current.values()].map((record) => ({ record: editRecord(record, { deviceName: name }, author) })),
      )
    }
  }
  await state.set(TAKEN, name)
}

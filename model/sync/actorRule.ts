/**
 * Who may write a record of `actors`: the device whose actor it is. Whose edits are whose is read off these records, so whoever
 * could write them for others could sign with another's name, or claim as their own what somebody else wrote.
 */
import { v5 as uuidv5 } from 'uuid'
import { ACTOR_RECORDS } from '../database/actorRecords.ts'
import { type CausalRecord, liveValues } from '../merge/record.ts'
import { CREATED, DELETED } from '../merge/registers.ts'
import type { ActorId } from '../merge/vector.ts'
import { err, ok, type Result } from '../result.ts'

/** A person on a device, as their token names them. */
export interface Holder {
  readonly userId: string
  readonly deviceId: string
}

const FOREIGN = 'whose edits an actor’s are is for its own device to say'

/** @returns the actor; or why the record is not this holder's to write */
export function checkActorRecord(
  incoming: CausalRecord,
  current: CausalRecord | undefined,
  holder: Holder | undefined,
): Result<ActorId, string> {
  const actor = [...liveValues(incoming)].find(({ register }) => register === 'actor')?.value
  if (!holder || typeof actor !== 'string') return err(FOREIGN)
  if (uuidv5(actor, ACTOR_RECORDS) !== incoming.id) return err('the record of an actor has an id made from the actor')
  const expected = new Map<string, string>([['actor', actor], ...Object.entries(holder)])
  const said = new Set<string>()
  for (const { register, value, edit } of [...liveValues(incoming), ...(current ? liveValues(current) : [])]) {
    if (register === DELETED) return err('the record of an actor stays')
    if (register === CREATED && edit.actor !== actor) return err(FOREIGN)
    if (expected.has(register) && expected.get(register) !== value) return err(FOREIGN)
    said.add(register)
  }
  return [...expected.keys()].every((name) => said.has(name)) ? ok(actor) : err(FOREIGN)
}

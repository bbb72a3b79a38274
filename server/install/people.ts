/**
 * Whose edits an actor's dots are: every (person, device) that edits through this store has an actor of its own, a new one
 * in each incarnation of the store and after each stop that was not a close (`retireActors`).
 */
import { v5 as uuidv5 } from 'uuid'
import { z } from 'zod'
import { ACTOR_RECORDS } from '../../model/database/actorRecords.ts'
import { createClock } from '../../model/merge/clock.ts'
import { type Author, createRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ChangeStore, StateStore } from '../../model/sync/changeStore.ts'
import { ACTORS, newActor } from '../changes/actors.ts'

export interface Person {
  readonly team: string
  readonly userId: string
  readonly deviceId: string
  /** Absent where nobody may say them: the cloud knows no names. */
  readonly personName?: string
  readonly deviceName?: string
}

export interface People {
  /** An author for this person on this device, with a fresh stamp. The team is told once whose actor it is. */
  author(person: Person): Promise<Author>
  /** The same for any number of edits, one at each call. */
  authors(person: Person): Promise<() => Author>
  /** The actor alone, for a window that stamps its own edits. */
  actor(person: Person): Promise<string>
  /**
   * Takes an actor that the person's device has made itself, and tells the team so.
   * @param isTrial only looks whether it could
   * @returns false if it is somebody else's
   */
  claim(person: Person, actor: string, isTrial: boolean): Promise<boolean>
  /** Gives up the person's actor for another one. */
  retire(person: Person): Promise<void>
  /** Whether an actor was given up since this store was opened. */
  isRetired(actor: string): boolean
}

/** Of these actors, those of the person on this device, of whatever incarnation. */
export async function actorsOf(
  changes: ChangeStore,
  { userId, deviceId }: Pick<Person, 'userId' | 'deviceId'>,
  actors: readonly string[],
): Promise<ReadonlySet<string>> {
  const idOf = new Map(actors.map((actor) => [actor, uuidv5(actor, ACTOR_RECORDS)]))
  const records = await changes.records([...new Set(idOf.values())])
  const isOwn = (id: string): boolean => {
    const record = records.get(id)
    const data = record && viewRecord(record).data
    return data?.userId === userId && data.deviceId === deviceId
  }
  return new Set([...idOf].filter(([, id]) => isOwn(id)).map(([actor]) => actor))
}

/** @param clockOffset ms by which this machine's clock is corrected */
export function openPeople(changes: ChangeStore, state: StateStore, clockOffset?: () => number): People {
  const clock = createClock(Date.now, clockOffset)
  const known = new Map<string, Promise<string>>()
  const retired = new Set<string>()

  async function find(person: Person): Promise<string> {
    const key = `${ACTORS}${changes.epoch}/${person.team}/${person.userId}/${person.deviceId}`
    const stored = z
      .string()
      .optional()
      .parse(await state.get(key))
    const isGood = stored !== undefined && !retired.has(stored)
    const actor = isGood ? stored : newActor()
    if (!isGood) await state.set(key, actor)
    await announce(actor, person)
    return actor
  }

  async function announce(actor: string, { team, userId, deviceId, personName, deviceName }: Person): Promise<void> {
    const id = uuidv5(actor, ACTOR_RECORDS)
    const names = { ...(personName !== undefined && { personName }), ...(deviceName !== undefined && { deviceName }) }
    const data = { actor, userId, deviceId, ...names }
    await changes.update([id], (current) =>
      current.has(id)
        ? []
        : [{ record: createRecord({ id, scope: team, table: 'actors', data }, { actor, stamp: clock.next() }) }],
    )
  }

  function actor(person: Person): Promise<string> {
    const key = `${person.team} ${person.userId} ${person.deviceId}`
    const finding = known.get(key) ?? find(person)
    known.set(key, finding)
    finding.catch(() => known.delete(key)) // a full disk now is no reason to fail later
    return finding
  }

  async function authors(person: Person): Promise<() => Author> {
    const own = await actor(person)
    return () => ({ actor: own, stamp: clock.next() })
  }

  async function claim(person: Person, claimed: string, isTrial: boolean): Promise<boolean> {
    if (!isTrial) await announce(claimed, person)
    const record = (await changes.records([uuidv5(claimed, ACTOR_RECORDS)])).values().next().value
    if (!record) return isTrial
    const { userId, deviceId } = viewRecord(record).data
    return record.scope === person.team && userId === person.userId && deviceId === person.deviceId
  }

  return {
    actor,
    claim,
    author: async (person) => (await authors(person))(),
    authors,
    isRetired: (each) => retired.has(each),
    async retire(person) {
      retired.add(await actor(person))
      known.delete(`${person.team} ${person.userId} ${person.deviceId}`)
      await actor(person)
    },
  }
}

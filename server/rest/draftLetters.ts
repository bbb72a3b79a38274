/** Drafts (`model/sync/drafts.ts`) in the queue: shown with the reason, made again as new edits, or put away. */
import { v5 as uuidv5 } from 'uuid'
import { decodeRecord } from '../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { CREATED } from '../../model/merge/registers.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { type Draft, drafts, removeDraft } from '../../model/sync/drafts.ts'
import { openClaims } from '../../model/sync/ownClaims.ts'
import { rulesOf } from '../../model/sync/rules.ts'
import type { Caller, ReplicaStores, ServerContext } from './context.ts'

const NAMESPACE = '4b0b7c0e-7d0e-4f7e-9d54-6c1b7a3f0d11'

export interface DraftLetter extends Draft {
  /** How the queue names it. */
  readonly letterId: string
  readonly key: string
}

export async function draftLetters(
  { state }: Pick<ReplicaStores, 'state'>,
  scopes: readonly string[],
): Promise<readonly DraftLetter[]> {
  const letters: DraftLetter[] = []
  for (const scope of scopes) {
    for (const [key, draft] of await drafts(state, scope)) {
      letters.push({ ...draft, key, letterId: uuidv5(key, NAMESPACE) })
    }
  }
  return letters
}

/** The record as it was with what was typed; `undefined` if it cannot be read any more. */
export function draftedRecord({ raw }: Draft): CausalRecord | undefined {
  const decoded = decodeRecord(raw)
  return decoded.ok ? decoded.value : undefined
}

/**
 * Writes what was typed as a new edit, if the caller may by now; then it is no draft any more.
 * @returns why it stays one
 */
export async function makeAgain(
  context: ServerContext,
  letter: DraftLetter,
  caller: Caller,
): Promise<Result<true, string>> {
  const { changes, state } = context.stores
  const drafted = draftedRecord(letter)
  const fields = letter.fields.filter((field) => !field.startsWith('$'))
  if (!drafted || fields.length === 0) return err('Nothing of it can be written again: put it away')
  const { data: typed } = viewRecord(drafted)
  const data = Object.fromEntries(fields.map((field) => [field, typed[field] ?? null]))
  const { team, userId, deviceId, grant } = caller
  const claims = await openClaims(changes, caller)
  const rules = rulesOf(grant, team, () => true, { holder: { userId, deviceId }, claims })
  const author = (await context.authors(caller))()
  let reason: string | undefined
  await changes.update([letter.id], (current) => {
    const before = current.get(letter.id)
    const isAnew = !before && letter.fields.includes(CREATED)
    const after = isAnew ? createRecord({ ...drafted, data }, author) : before && editRecord(before, data, author)
    reason = after ? undefined : 'the record is not on this device any more'
    if (!after || after === before) return []
    reason = rules.refusal(after, before)
    return reason === undefined ? [{ record: after }] : []
  })
  if (reason !== undefined) return err(reason)
  await putAway({ state }, letter)
  return ok(true)
}

export async function putAway({ state }: Pick<ReplicaStores, 'state'>, letter: DraftLetter): Promise<void> {
  const { letterId: _letterId, key, ...draft } = letter
  await removeDraft(state, key, draft)
}

/** `POST /conflicts/:conflictId/undo`: a route of ours. What was decided waits again, on every device. */
import { applyEdits, isWrittenBy } from '../../model/conflicts/apply.ts'
import { type UndoError, undoDecision } from '../../model/conflicts/undo.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { DELETED, parseRegister } from '../../model/merge/registers.ts'
import { unreachable } from '../../model/result.ts'
import type { Superseded, Write } from '../../model/sync/changeStore.ts'
import { type ConflictParts, contestedRecords } from './conflictQueue.ts'
import type { Caller } from './context.ts'
import { forbidden, HttpError, missing } from './errors.ts'
import { readablePart } from './reading.ts'
import type { Handlers } from './router.ts'
import { sealedHere, sealingOf } from './sealing.ts'
import { mayWriteHere, type Sight, sightOf } from './sight.ts'

export function undoHandlers(parts: ConflictParts): Pick<Handlers, 'undoDecision'> {
  return {
    async undoDecision({ caller, params: { conflictId }, origin }) {
      if (await sealingOf(parts.context, caller)) {
        throw sealedHere('The values are sealed here: undo it on one of the devices of the team', { conflictId })
      }
      const records = await decidedRecords(parts, caller, conflictId)
      if (records.length === 0) throw asHttpError({ kind: 'no-decision' }, conflictId)
      const sight = await sightOf(parts.context, caller)
      for (const record of records) checkRole(record, conflictId, sight)
      await parts.context.trail.run(
        { event: 'resolution', resource: 'undo', caller, origin },
        () => reopen(parts, caller, conflictId, records),
        () => [{ phase: 'done', conflictId, action: 'escalated', details: { strategy: 'undo' } }],
      )
      return { success: true, conflictId, status: 'pending' }
    },
  }
}

async function decidedRecords(
  parts: ConflictParts,
  caller: Caller,
  conflictId: string,
): Promise<readonly CausalRecord[]> {
  for await (const { records } of contestedRecords(parts, caller, ({ decided }) => decided)) {
    const found = records.filter((record) => decisionsIn(record, conflictId).length > 0)
    if (found.length > 0) return found
  }
  return []
}

function decisionsIn(record: CausalRecord, conflictId: string): readonly string[] {
  return [...liveValues(record)]
    .filter(({ edit }) => edit.decided?.conflictId === conflictId)
    .map(({ register }) => parseRegister(register).field)
}

function checkRole(record: CausalRecord, conflictId: string, sight: Sight): void {
  const fields = decisionsIn(record, conflictId).filter((field) => field !== DELETED)
  if (mayWriteHere(sight, record, fields)) return
  throw forbidden(`The role ${sight.role} may not write this in ${record.table}`, { conflictId })
}

async function reopen(
  { context }: ConflictParts,
  caller: Caller,
  conflictId: string,
  records: readonly CausalRecord[],
): Promise<void> {
  const author = (await context.authors(caller))()
  const history = new Map<string, readonly Superseded[]>()
  for (const { id } of records) history.set(id, await context.stores.history.superseded(id))
  const { view } = await sightOf(context, caller)
  let failure: UndoError | undefined
  await context.stores.changes.update([...history.keys()].sort(), (current) => {
    failure = undefined
    const writes: Write[] = []
    for (const before of current.values()) {
      // Asked again about what is committed already.
      if (isWrittenBy(before, author)) continue
      const part = readablePart(before, view)
      const edits = part && undoDecision(part, conflictId, author, history.get(before.id) ?? [])
      if (edits?.ok) writes.push({ record: applyEdits(before, edits.value) })
      else failure = edits?.error ?? { kind: 'no-decision' }
    }
    // An action was decided as a whole, so it waits again as a whole or not at all.
    return failure ? [] : writes
  })
  if (failure) throw asHttpError(failure, conflictId)
}

function asHttpError(error: UndoError, conflictId: string): HttpError {
  switch (error.kind) {
    case 'no-decision':
      return missing('No decision stands under this id: there was none, or somebody changed the field since', {
        conflictId,
      })
    case 'contested': {
      const message = 'Somebody wrote another value at the same time: decide that conflict instead'
      return new HttpError(409, 'CONTESTED', message, { conflictId })
    }
    case 'values-unknown': {
      const message = 'This server has not kept what was decided between: undo it on the device that decided'
      return new HttpError(409, 'VALUES_UNKNOWN', message, { conflictId })
    }
    default:
      return unreachable(error)
  }
}

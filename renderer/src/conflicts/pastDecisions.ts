/** Decisions that stand, as a person reads them. Pure. */
import type { ConflictEntry } from '../../../model/rest/conflicts.ts'
import type { ActorName } from '../data/live.ts'
import { fieldWords, type Place, wordsOf, writerWords } from './words.ts'

export interface PastDecision {
  readonly conflictId: string
  readonly recordIds: readonly string[]
  readonly fields: readonly string[]
  readonly sentence: string
  /** Who decided, on which device, and when. */
  readonly decidedBy: string
  readonly comment: string | undefined
  readonly choices: readonly Choice[]
}

/** One field of one record: what was decided, and all that it was decided between. */
export interface Choice {
  readonly key: string
  readonly field: string
  readonly decided: string
  readonly between: readonly { readonly key: string; readonly value: string; readonly writer: string }[]
}

export interface Telling {
  readonly placeOf: (scope: string) => Place
  readonly devices: ReadonlyMap<string, ActorName>
  readonly nowMs: number
}

/** Newest first. */
export function pastDecisions(entries: readonly ConflictEntry[], telling: Telling): readonly PastDecision[] {
  return entries
    .filter(({ status }) => status === 'resolved')
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
    .map((entry) => pastDecision(entry, telling))
}

function timeOf({ values }: ConflictEntry): string {
  return values[0]?.at ?? ''
}

type Value = ConflictEntry['values'][number]

function pastDecision(entry: ConflictEntry, telling: Telling): PastDecision {
  const { conflictId, weddingId, fields, message, comment, values } = entry
  const place = telling.placeOf(weddingId)
  const [first] = values
  const groups = Map.groupBy(values, ({ recordId, field }) => `${recordId ?? entry.recordId} ${field}`)
  return {
    conflictId,
    recordIds: [...new Set([entry.recordId, ...values.flatMap(({ recordId }) => recordId ?? [])])],
    fields,
    sentence: message,
    decidedBy: first ? whose(first, place, telling) : '',
    comment,
    choices: [...groups].map(([key, group]) => choiceOf(key, group, place, telling)),
  }
}

/** What was decided comes first, then what it replaced. */
function choiceOf(key: string, group: readonly Value[], place: Place, telling: Telling): Choice {
  const field = group[0]?.field ?? ''
  const [decided = '', ...replaced] = wordsOf(
    field,
    group.map(({ value }) => value),
    place,
  )
  const between = group.slice(1).map((value, index) => ({
    key: `${value.at} ${value.device} ${index}`,
    value: replaced[index] ?? '',
    writer: whose(value, place, telling),
  }))
  return { key, field: fieldWords(field), decided, between }
}

function whose({ device, at }: Value, place: Place, { devices, nowMs }: Telling): string {
  const known = device === null ? undefined : devices.get(device)
  return writerWords({ name: known?.personName, deviceName: known?.deviceName, at }, place, nowMs)
}

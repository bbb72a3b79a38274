/** Which other conflicts can be decided as one of them is, and what becomes of each. Pure. */
import { similar } from '../../../model/conflicts/decide.ts'
import type { EntryValue, QueueEntry } from '../../../model/conflicts/entry.ts'
import { fieldWords, type Place, recordName, valueWords } from './words.ts'

/** The two decisions that can be the same for conflicts over different values. */
export type Way = 'use_server' | 'use_client'

/**
 * The model's similar ones, of which the person may decide and which have exactly two sides. None for an entry with more
 * sides, since "the other one" would not say which.
 */
export function decidableAlike(
  entry: QueueEntry,
  all: readonly QueueEntry[],
  mayDecide: (entry: QueueEntry) => boolean,
): readonly QueueEntry[] {
  if (!hasTwoSides(entry)) return []
  return similar(
    entry,
    all.filter((each) => hasTwoSides(each) && mayDecide(each)),
  )
}

function hasTwoSides({ parts }: QueueEntry): boolean {
  return parts.every(({ client }) => client !== undefined)
}

export interface Outcome {
  readonly key: string
  readonly what: string
  readonly kept: string
  readonly keptBy: string
  readonly dropped: string
}

/** Field by field what the decision would keep. */
export function outcomesOf(entries: readonly QueueEntry[], way: Way, place: Place): readonly Outcome[] {
  return entries
    .flatMap(({ parts }) => parts)
    .flatMap((part) => {
      const { conflict, values, server, client } = part
      if (!client) return []
      const words = valueWords({ conflict }, place)
      const told = (value: EntryValue) => words[values.indexOf(value)] ?? ''
      const [kept, dropped] = way === 'use_server' ? [server, client] : [client, server]
      return [
        {
          key: conflict.conflictId,
          what: `${recordName(part)} · ${fieldWords(part.field)}`,
          kept: told(kept),
          keptBy: kept.writer.name ?? 'somebody',
          dropped: told(dropped),
        },
      ]
    })
}

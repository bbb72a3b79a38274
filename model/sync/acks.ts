/**
 * What a replica answers to the changes that it was sent, once they are committed: up to where they are on disk, and for how many
 * messages that stands. What was not taken as it is is told with the message that it came in.
 */
import type { Ack, Changes } from '../wire/index.ts'
import { type Arrived, answersTo, type Outcome } from './burst.ts'

export interface AckOptions {
  /** What is spoken with the peer. */
  readonly protocol: number
  /** On the clock by which the messages arrived, ms. */
  readonly nowMs: number
}

/** @param outcome what became of the records of these messages, which are of one scope */
export function acksFor(
  burst: readonly Arrived<Changes>[],
  outcome: Outcome,
  { protocol, nowMs }: AckOptions,
): readonly Ack[] {
  const [first] = burst
  if (!first) return []
  const { scope } = first.message
  const answers = answersTo(burst, outcome)
  const isPlain = outcome.refused.length === 0 && outcome.needs.length === 0
  const said = isPlain ? answers.filter(({ seq }, i) => isLastOf(protocol, seq, answers[i + 1]?.seq)) : answers
  return said.map(({ seq, refused, needs, absent, at }) => ({
    type: 'ack',
    scope,
    seq,
    refused: [...refused],
    ...(protocol >= 2 && { ...(needs.length > 0 && { needs: [...needs] }), tookMs: Math.round(nowMs - at) }),
    ...(protocol >= 3 && absent.length > 0 && { absent: [...absent] }),
    ...(protocol >= 4 && said.length < answers.length && { batches: answers.length }),
  }))
}

/**
 * Whether an answer stands for those before it as well. To a peer that is not told how many messages that are, those of catching up,
 * which have one place in the log, are told apart by nothing else than that each is answered.
 */
function isLastOf(protocol: number, seq: number, next: number | undefined): boolean {
  return next === undefined || (protocol < 4 && next === seq)
}

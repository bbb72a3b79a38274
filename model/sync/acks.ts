/**
 * What a replica answers to the changes that it was sent, once they are committed. An ack says up to where they are on disk, so the last
 * of a burst stands for all of it.
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
  // What was not taken as it is is told with the message that it came in. Batches of catching up have one place in the log, and
  // their sender tells them apart by nothing else than that each is answered.
  const said = answers.filter(({ seq }, i) => !isPlain || answers[i + 1] === undefined || answers[i + 1]?.seq === seq)
  return said.map(({ seq, refused, needs, absent, at }) => ({
    type: 'ack',
    scope,
    seq,
    refused: [...refused],
    ...(protocol >= 2 && { ...(needs.length > 0 && { needs: [...needs] }), tookMs: Math.round(nowMs - at) }),
    ...(protocol >= 3 && absent.length > 0 && { absent: [...absent] }),
  }))
}

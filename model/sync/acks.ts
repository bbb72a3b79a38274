/**
 * What a replica answers to the changes that it was sent. An ack says up to where they are on disk, so one may stand for several
 * messages. That of a single edit waits a little: people see the edit first, and another one behind it takes the ack along.
 * Whoever sends more is answered at every second message at once, so that it never waits, as TCP does (RFC 1122, 4.2.3.2).
 *
 *     ──▶ edit                                    ──▶ edit 1
 *         … ACK_MS …                              ──▶ edit 2
 *     ◀── ack                                     ◀── ack of both
 */
import type { Ack, Changes } from '../wire/index.ts'
import { type Answer, type Arrived, answersTo, type Outcome } from './burst.ts'
import type { Timers } from './timers.ts'

/** People do not notice it, and most of what one edit sets off is over by then. */
const ACK_MS = 40

export interface AckOptions {
  /** What is spoken with the peer. */
  readonly protocol: number
  readonly send: (ack: Ack) => void
  readonly timers: Timers
  readonly elapsed: () => number
}

export interface Acks {
  /** These messages, of one scope, are committed; `outcome` is what became of their records. */
  answer(burst: readonly Arrived<Changes>[], outcome: Outcome): void
  /** Says at once whatever waits. */
  flush(): void
}

export function openAcks({ protocol, send, timers, elapsed }: AckOptions): Acks {
  /** By scope. */
  const waiting = new Map<string, Answer>()
  const timerOf = (scope: string): string => `ack ${scope}`

  function say(scope: string, { seq, refused, needs, absent, at }: Answer): void {
    const forNewer = protocol >= 2 && {
      ...(needs.length > 0 && { needs: [...needs] }),
      tookMs: Math.round(elapsed() - at),
    }
    const forNewest = protocol >= 3 && absent.length > 0 && { absent: [...absent] }
    send({ type: 'ack', scope, seq, refused: [...refused], ...forNewer, ...forNewest })
  }

  /** What waits came before, and is covered unless it has the same place in the log, as catching up has in a row of batches. */
  function sayNow(scope: string, answer: Answer): void {
    const before = waiting.get(scope)
    if (waiting.delete(scope)) timers.cancel(timerOf(scope))
    if (before?.seq === answer.seq) say(scope, before)
    say(scope, answer)
  }

  function sayWaiting(scope: string): void {
    const answer = waiting.get(scope)
    waiting.delete(scope)
    if (answer) say(scope, answer)
  }

  return {
    answer(burst, outcome) {
      const answers = answersTo(burst, outcome)
      const [last] = burst.slice(-1)
      const [answer] = answers.slice(-1)
      if (!last || !answer) return
      const { scope, remaining } = last.message
      const isPlain = outcome.refused.length === 0 && outcome.needs.length === 0
      if (isPlain && remaining === 0 && burst.length === 1 && !waiting.has(scope)) {
        waiting.set(scope, answer)
        timers.set(timerOf(scope), ACK_MS, () => sayWaiting(scope))
        return
      }
      for (const [i, each] of answers.entries()) {
        const next = answers[i + 1]
        // What was not taken as it is is told with the message that it came in.
        if (!isPlain || !next || next.seq === each.seq) sayNow(scope, each)
      }
    },
    flush() {
      for (const scope of [...waiting.keys()]) sayWaiting(scope)
    },
  }
}

/**
 * Which part of one scope's log a peer has not been sent. Everything behind `tail` is live: what people do now. Before it
 * are gaps: what was there when the session began, and bursts too large to count as live. A gap is drained tier by tier.
 *
 *     log    0 ──────────── cursor ▓▓▓▓▓▓▓▓▓▓▓▓ to ── tail ▒▒▒▶
 *                           gap, tier 0 at ─────┤              sent first
 *                                tier 1 at ─┤
 *
 * Nothing can fall between: the gaps and what is behind the tail are all that was not sent, a gap is given up only when
 * all its tiers have reached its end, and what the peer is told to hold (`cursor`) is where the first gap begins.
 */
import { TIERS } from './priority.ts'

export interface Gap {
  readonly to: number
  /** By tier: up to here it was sent. */
  readonly at: number[]
}

/** More than this, and two neighbours become one; what was sent of them may be sent again. */
const MAX_GAPS = 8

export class Remainder {
  readonly whole: boolean
  #tail: number
  #gaps: Gap[] = []
  #complete: number
  /** How many changes the gaps hold, as far as that was counted. */
  left: number | undefined
  /** Something may be behind the tail. */
  news = false

  /**
   * @param from what the peer holds of the log
   * @param head the end of the log now
   * @param whole the peer may have lost anything: what came from it is sent too, and nothing is left out
   * @param complete as an earlier session with the peer knew it; not more than `from`
   */
  constructor(from: number, head: number, whole = false, complete = 0) {
    this.whole = whole
    this.#tail = Math.max(from, head)
    this.#complete = from >= head ? from : complete
    this.#addGap(from, head)
  }

  #addGap(from: number, to: number): void {
    this.left = undefined
    if (from >= to) return
    this.#gaps.push({ to, at: TIERS.map(() => from) })
    if (this.#gaps.length <= MAX_GAPS) return
    const [a, b] = this.#gaps.splice(-2)
    if (a && b) this.#gaps.push({ to: b.to, at: a.at })
  }

  /** All up to here was sent. */
  get cursor(): number {
    const [first] = this.#gaps
    return first ? Math.min(...first.at) : this.#tail
  }

  get tail(): number {
    return this.#tail
  }

  get hasGaps(): boolean {
    return this.#gaps.length > 0
  }

  /** The first gap in which the tier is not drained. */
  gapOf(tier: number): Gap | undefined {
    return this.#gaps.find((gap) => (gap.at[tier] ?? 0) < gap.to)
  }

  /** Of this tier, the gap was sent up to there. */
  advance(gap: Gap, tier: number, seq: number): void {
    gap.at[tier] = Math.max(gap.at[tier] ?? 0, Math.min(seq, gap.to))
    this.#gaps = this.#gaps.filter(({ at, to }) => at.some((each) => each < to))
  }

  /** Nothing is left in any gap. */
  dropGaps(): void {
    this.#gaps = []
  }

  /** What is live was sent up to there. */
  advanceTail(seq: number): void {
    this.#tail = Math.max(this.#tail, seq)
  }

  /** More than a batch has come in at once: it takes its turn with the rest. */
  tailBecomesGap(head: number): void {
    this.#addGap(this.#tail, head)
    this.advanceTail(head)
  }

  /**
   * Of every record that was in a state of this place or before, the peer was sent that state or a later one. More than
   * that all up to here was read: a state that was replaced before the log was read for this peer was never sent to it,
   * though the peer is past its place. So this is a place at which the log was read to its end when no gap was left.
   */
  get complete(): number {
    return this.#complete
  }

  /** The log was read from the tail to its end there, and no gap was left when that began. */
  readToEnd(seq: number): void {
    this.advanceTail(seq)
    this.#complete = this.#tail
  }
}

/** A push in words, before and after. Pure. */
import { DateTime } from 'luxon'
import { endOf, type TimedItem } from '../../../model/timeline/dayItem.ts'
import type { Move } from '../../../model/timeline/flow.ts'
import type { PushPlan, PushStop } from '../../../model/timeline/pushFrom.ts'
import { clockTime, minutesWords } from '../time/local.ts'

/** One row of the preview. */
export interface PushLine {
  readonly id: string
  readonly title: string
  readonly before: string
  /** Absent for what stays. */
  readonly after?: string
  readonly note?: string
  readonly kind: 'moves' | 'slack' | 'waits' | 'stays' | 'lost'
}

/** Whole minutes from what a person typed; a sign of either kind is understood. */
export function minutesTyped(text: string): number | undefined {
  const plain = text.trim().replace(/^[−–]/, '-')
  if (!/^[+-]?\d{1,3}$/.test(plain)) return undefined
  return Number(plain)
}

/** `Push 7 items`. */
export function pushLabel({ moves }: PushPlan): string {
  return `Push ${countWords(moves.length)}`
}

/** `“First course” and what follows: 15 min later`. */
export function pushedWords({ from, minutes }: PushPlan): string {
  return `“${from.title}” and what follows: ${minutesWords(Math.abs(minutes))} ${minutes < 0 ? 'earlier' : 'later'}`
}

export function countWords(count: number): string {
  return count === 1 ? '1 item' : `${count} items`
}

/** In the order of the day: what moves, what in between waits for a decision, and the fixed item at the end. */
export function pushLines(plan: PushPlan, zone: string): readonly PushLine[] {
  const moves = plan.moves.map((move) => ({ atMs: move.item.startMs, line: moveLine(move, zone) }))
  const stays = plan.stays.flatMap(({ item, reason }) => {
    const note = STAY_NOTES[reason]
    const fixedFrom = reason === 'fixed' && item.id === plan.from.id
    if (item.startMs === undefined || (note === undefined && !fixedFrom)) return []
    const before = clockTime(item.startMs, zone)
    const line: PushLine = {
      id: item.id,
      title: item.title,
      before,
      note: note ?? 'Fixed',
      kind: reason === 'contested' ? 'waits' : 'stays',
    }
    return [{ atMs: item.startMs, line }]
  })
  const lines = [...stays, ...moves].toSorted((a, b) => a.atMs - b.atMs).map(({ line }) => line)
  return [...lines, ...stopLine(plan, zone)]
}

/** Only what somebody would expect to move. */
const STAY_NOTES: Readonly<Partial<Record<PushPlan['stays'][number]['reason'], string>>> = {
  contested: 'Two times are written for it. Decide first.',
  held: 'No room',
}

function moveLine({ item, startMs, eaten }: Move, zone: string): PushLine {
  const times = timesWords(item.startMs, startMs, zone)
  if (!eaten || eaten.minutes === 0) return { id: item.id, title: item.title, ...times, kind: 'moves' }
  const left = eaten.leftMinutes === 0 ? 'nothing left' : `${minutesWords(eaten.leftMinutes)} left`
  const note = `Slack: ${minutesWords(eaten.minutes)} used, ${left}`
  return { id: item.id, title: item.title, ...times, note, kind: 'slack' }
}

function stopLine({ stop, moves, minutes, lostMinutes }: PushPlan, zone: string): readonly PushLine[] {
  const met = minutes > 0 ? (stop?.arrivedMinutes ?? 0) > 0 : moves.length > 0
  if (!stop || !met) return []
  const { id, title, startMs } = stop.item
  const line = { id, title, before: clockTime(startMs, zone) }
  if (minutes > 0 && lostMinutes > 0)
    return [{ ...line, note: `Fixed: ${minutesWords(lostMinutes)} lost`, kind: 'lost' }]
  return [{ ...line, note: 'Fixed: what follows it stays', kind: 'stays' }]
}

/** In the night in which the clocks change, a time says to which side of the change it belongs. */
function timesWords(fromMs: number, toMs: number, zone: string): { readonly before: string; readonly after: string } {
  const [from, to] = [fromMs, toMs].map((ms) => DateTime.fromMillis(ms, { zone }))
  const pattern = from?.offset === to?.offset ? 'HH:mm' : "HH:mm 'UTC'Z"
  return { before: from?.toFormat(pattern) ?? '', after: to?.toFormat(pattern) ?? '' }
}

/** What the push comes to, in a sentence or two. */
export function pushSummary(plan: PushPlan, zone: string): string {
  const { moves, minutes, eatenMinutes, lostMinutes, stop, heldBy, collisions } = plan
  if (minutes === 0) return 'Say by how many minutes.'
  const said: string[] = []
  if (eatenMinutes === minutes) said.push(`Slack takes up all ${minutesWords(minutes)}.`)
  else if (eatenMinutes > 0) said.push(`Slack takes up ${minutesWords(eatenMinutes)} of the ${minutesWords(minutes)}.`)
  if (stop && stop.arrivedMinutes > 0) said.push(stopWords(stop, lostMinutes, zone))
  if (heldBy) said.push(`${earlierWords(plan)}: ${occupiedWords(heldBy, zone)}.`)
  const unmoved = plan.stays.find(({ reason }) => reason === 'absorbed')
  if (unmoved && moves.length > 0) said.push(`From “${unmoved.item.title}” on nothing changes.`)
  if (moves.length === 0 && said.length === 0) said.push('Nothing can move here.')
  if (collisions.length > 0)
    said.push(collisions.length === 1 ? '1 new overlap.' : `${collisions.length} new overlaps.`)
  return said.length > 0 ? said.join(' ') : 'The rest of the day moves along.'
}

function stopWords({ item, freeMinutes }: PushStop, lostMinutes: number, zone: string): string {
  const fixed = `fixed at ${clockTime(item.startMs, zone)}`
  const free = `Free time before “${item.title}” takes up ${minutesWords(freeMinutes)}`
  const lost = `${minutesWords(lostMinutes)} lost`
  if (lostMinutes === 0) return `${free}. It is ${fixed}, and nothing after it changes.`
  return freeMinutes === 0 ? `${lost}: “${item.title}” is ${fixed}.` : `${free}; ${lost}, since it is ${fixed}.`
}

function earlierWords({ minutes, lostMinutes }: PushPlan): string {
  const had = -minutes - lostMinutes
  return had === 0 ? 'No earlier' : `Only ${had} of ${minutesWords(-minutes)} earlier`
}

function occupiedWords(item: TimedItem, zone: string): string {
  const end = clockTime(endOf(item), zone)
  return endOf(item) > item.startMs ? `“${item.title}” is planned until ${end}` : `“${item.title}” is at ${end}`
}

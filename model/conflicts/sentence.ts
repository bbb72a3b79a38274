/** A conflict in a sentence: `“Ceremony”: Ana set the start to 15:20, Ben to 15:30. It was 15:00.` Pure. */
import { DELETED } from '../merge/registers.ts'
import { isUndo } from './ancestor.ts'
import type { EntryValue, Operation, Part, QueueEntry, Writer } from './entry.ts'
import { counted, durationWords, labelOf, listed, plainWords, type Telling, tellValue, tellValues } from './words.ts'

type Draft = Omit<QueueEntry, 'sentence'>

export function entrySentence({ parts, operation }: Draft, timeZone: string | undefined): string {
  if (operation) return operationSentence(parts, operation)
  const [part] = parts
  return part.field === DELETED ? deletionSentence(part) : fieldSentence(part, timeZone)
}

function deletionSentence(part: Part): string {
  const [kept, deleted] = part.values
  const subject = subjectOf(part)
  const [who, other] = namesOf([deleted, kept])
  if (isReopened(part)) return `Whether ${subject} is deleted or stays is open again.`
  if (kept?.edit.decided) return `${who} deleted ${subject} while ${inside(other)} decided that it stays.`
  return `${who} deleted ${subject} while ${inside(other)} changed it.`
}

function fieldSentence(part: Part, timeZone: string | undefined): string {
  const telling = { table: part.conflict.table, field: part.field, timeZone }
  const label = labelOf(part.field)
  // Told together with the old value, so that all of them name the day if they fall on different ones.
  const told = tellValues([...part.values.map(({ value }) => value), ...(part.base ? [part.base.value] : [])], telling)
  const names = namesOf(part.values)
  const isReopening = isReopened(part)
  const [verb, link] = part.values.every(({ edit }) => edit.decided && !isUndo(edit.decided.strategy))
    ? [`decided on`, 'on']
    : [`${isReopening ? 'had ' : ''}set the ${label} to`, 'to']
  const choices = names.map((name, index) =>
    index === 0 ? `${name} ${verb} ${told[0]}` : `${inside(name)} ${link} ${told[index]}`,
  )
  const about = verb === 'decided on' ? `the ${label} of ${subjectOf(part)}` : subjectOf(part)
  const before = part.base ? ` It was ${told.at(-1)}.` : ''
  return `${capital(about)}${isReopening ? ' is open again' : ''}: ${choices.join(', ')}.${before}`
}

function isReopened({ values }: Part): boolean {
  return values.every(({ edit }) => isUndo(edit.decided?.strategy))
}

/** `Hana pushed 7 items by 15 minutes, Piet moved 2 of them: “Dinner” and “Speeches”.` */
function operationSentence(parts: readonly Part[], operation: Operation): string {
  const titles = [...new Set(parts.map(subjectOf))]
  const contested = new Set(parts.map(({ record }) => record.id)).size
  const noun = nounOf(parts)
  const other = operation.side === 'server' ? 'client' : 'server'
  const others = parts.flatMap((part) => part[other] ?? [])
  const own = parts.flatMap((part) => part[operation.side] ?? [])
  const did = `${nameOf(operation.writer)} ${action(parts, own, operation, counted(operation.records, noun))}`
  const named = `: ${listed(titles)}.`
  if (parts.every(isReopened)) return `${did}, and what becomes of ${contested} of them is open again${named}`
  const who = listed(distinctNames(others))
  if ([...own, ...others].every(({ edit }) => edit.decided)) {
    const deciders = listed(distinctNames([...own, ...others]))
    return `${did}. ${deciders} decided differently about ${contested} of them${named}`
  }
  const part = contested === operation.records ? (contested === 1 ? 'it' : 'them') : `${contested} of them`
  return `${did}, ${inside(who)} ${verbOf(parts, others)} ${part}${named}`
}

const TIMES = /(Time|At)$/

function action(parts: readonly Part[], own: readonly EntryValue[], { shift }: Operation, objects: string): string {
  const verb = verbOf(parts, own)
  if (verb === 'moved' && shift) {
    const upTo = shift.isSame ? '' : 'up to '
    return shift.minutes > 0
      ? `pushed ${objects} by ${upTo}${durationWords(shift.minutes)}`
      : `pulled ${objects} forward by ${upTo}${durationWords(-shift.minutes)}`
  }
  const fields = new Set(parts.map(({ field }) => field))
  const [only] = fields
  if (verb === 'changed' && fields.size === 1 && only !== undefined) return `changed the ${labelOf(only)} of ${objects}`
  return `${verb} ${objects}`
}

function verbOf(parts: readonly Part[], side: readonly EntryValue[]): 'deleted' | 'kept' | 'moved' | 'changed' {
  if (parts.every(({ field }) => field === DELETED))
    return side.every(({ value }) => value === true) ? 'deleted' : 'kept'
  return parts.every(({ field }) => TIMES.test(field)) ? 'moved' : 'changed'
}

const NOUNS: Readonly<Record<string, string>> = {
  timeline_items: 'item',
  photo_groups: 'photo group',
  guests: 'guest',
  tasks: 'task',
  vendors: 'vendor',
}

function nounOf(parts: readonly Part[]): string {
  const tables = new Set(parts.map(({ conflict }) => conflict.table))
  const [only = ''] = tables
  return (tables.size === 1 && Object.hasOwn(NOUNS, only) ? NOUNS[only] : undefined) ?? 'record'
}

/** A decision in a sentence: who decided for what. */
export function decisionSentence(
  decision: {
    readonly table: string
    readonly title: string | undefined
    readonly field: string
    readonly value: unknown
  },
  writer: Writer,
  timeZone: string | undefined,
): string {
  const subject = named(decision.title, decision.table)
  const who = nameOf(writer)
  if (decision.field === DELETED) return `${who} decided to ${decision.value === true ? 'delete' : 'keep'} ${subject}.`
  const telling: Telling = { table: decision.table, field: decision.field, timeZone }
  return `${capital(subject)}: ${who} settled the ${labelOf(decision.field)} as ${tellValue(decision.value, telling, true)}.`
}

/** The settled form for an action: who decided for what it did, or against it. */
export function operationDecisionSentence(titles: readonly (string | undefined)[], writer: Writer): string {
  const known = [...new Set(titles.filter((title) => title !== undefined))].map((title) => `“${title}”`)
  const what = known.length > 0 ? listed(known) : 'several entries'
  return `${nameOf(writer)} decided about ${what} at once.`
}

function subjectOf({ title, conflict }: Part): string {
  return named(title, conflict.table)
}

function named(title: string | undefined, table: string): string {
  return title === undefined ? `a record in ${plainWords(table)}` : `“${title}”`
}

function nameOf({ name }: Writer): string {
  return name ?? 'Somebody'
}

/** Two people of one name, and one person on two devices, are told apart by the device. */
function namesOf(values: readonly (EntryValue | undefined)[]): readonly string[] {
  const names = values.map((value) => value?.writer.name)
  return values.map((value, index) => {
    const name = names[index]
    if (name === undefined) return index === 0 ? 'Somebody' : 'Somebody else'
    const isClear = names.filter((each) => each === name).length === 1
    const device = value?.writer.deviceName
    return isClear || device === undefined ? name : `${name} (${device})`
  })
}

function distinctNames(values: readonly EntryValue[]): readonly string[] {
  return [...new Set(values.map(({ writer }) => nameOf(writer)))]
}

/** Within a sentence, for the names that are none. */
function inside(name: string | undefined): string {
  if (name === undefined || name.startsWith('Somebody')) return (name ?? 'Somebody else').toLowerCase()
  return name
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

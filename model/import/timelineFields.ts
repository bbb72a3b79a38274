import type { Columns } from './headers.ts'
import { listIn, peopleIn, unique } from './lists.ts'
import { type Draft, keepInNotes, put } from './notes.ts'

export const TIMELINE_TABLE = 'timeline_items'

const STATUSES: Readonly<Record<string, string>> = {
  pending: 'pending',
  planned: 'pending',
  todo: 'pending',
  'to do': 'pending',
  tentative: 'pending',
  scheduled: 'pending',
  'in progress': 'in-progress',
  started: 'in-progress',
  active: 'in-progress',
  done: 'completed',
  complete: 'completed',
  completed: 'completed',
  finished: 'completed',
  late: 'delayed',
  delayed: 'delayed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  confirmed: 'confirmed',
}

const YES = /^(x|y|yes|true|1|✓|✔|\[x\])$/i
const NO = /^(n|no|false|0|\[ ?\])$/i

/** Moments without length: they mark the day and cannot be moved. */
const POINT_IN_TIME = /^(sunset|sunrise|(noise |music |sound )?curfew)\b/i

/** True and false as people tick them; undefined if the cell is neither. */
export function readFlag(cell: string): boolean | undefined {
  const text = cell.trim()
  if (YES.test(text)) return true
  return NO.test(text) ? false : undefined
}

export function statusNamed(text: string): string | undefined {
  return STATUSES[text.trim().toLowerCase().replace(/[-_]/g, ' ')]
}

export function isPointInTime(title: string): boolean {
  return POINT_IN_TIME.test(title)
}

export function addTag(draft: Draft, tag: string): void {
  const tags = Array.isArray(draft.data.tags) ? draft.data.tags : []
  draft.data.tags = unique([...tags, tag])
}

/** Fills in all fields of a timeline row but its times. */
export function putTimelineFields(draft: Draft, columns: Columns, cells: readonly string[]): void {
  const cell = (field: string) => cells[columns.byField.get(field) ?? -1] ?? ''
  const header = (field: string) => columns.headers[columns.byField.get(field) ?? -1] ?? field

  put(draft, 'title', cell('title'))
  for (const field of ['location', 'category', 'backupLocation', 'section']) put(draft, field, cell(field))
  if (cell('people') !== '') draft.data.people = peopleIn(cell('people'))
  if (cell('assignedVendors') !== '') draft.data.assignedVendors = peopleIn(cell('assignedVendors'))
  for (const tag of cell('tags') === '' ? [] : listIn(cell('tags'))) addTag(draft, tag)
  if (cell('notes') !== '') draft.notes.push(cell('notes'))
  const priority = cell('priority')
  put(draft, 'priority', /^\d+$/.test(priority) ? Number(priority) : priority)

  const status = cell('status')
  if (YES.test(status)) draft.data.done = true
  else put(draft, 'status', statusNamed(status))
  if (status.toLowerCase() === 'tentative') addTag(draft, 'tentative')
  if (!YES.test(status) && statusNamed(status) === undefined) keepInNotes(draft, header('status'), status)

  for (const field of ['fixed', 'buffer', 'done']) {
    const flag = readFlag(cell(field))
    // Slack may be given in minutes ("buffer: 15"): that is not a yes or a no, so it stays as written.
    if (flag === undefined) keepInNotes(draft, header(field), cell(field))
    else draft.data[field] = flag || draft.data[field] === true
  }
  for (const field of ['milestone', 'highlight']) {
    const flag = readFlag(cell(field))
    if (flag === true) addTag(draft, field)
    else if (flag === undefined) keepInNotes(draft, header(field), cell(field))
  }
  if (isPointInTime(cell('title'))) {
    addTag(draft, 'marker')
    draft.data.fixed = true
  }
  putRest(draft, columns, cells)
}

/** Keeps the columns that no field took. */
export function putRest(draft: Draft, columns: Columns, cells: readonly string[]): void {
  for (const column of columns.rest) keepInNotes(draft, columns.headers[column] ?? '', cells[column] ?? '')
}

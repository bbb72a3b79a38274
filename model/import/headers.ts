/** Which column is what: header names as they are seen in the wild, best first (`import-formats.md` §2 and §5). */

export type Aliases = Readonly<Record<string, readonly string[]>>

/** `starttime` for `Start Time`, `start_time`, `startTime`, `Start-Time*`. */
export function plainHeader(header: string): string {
  return header.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

export const TIMELINE_HEADERS: Aliases = {
  title: ['event', 'title', 'name', 'eventname', 'activity', 'label', 'task', 'what', 'item', 'eventtitle', 'summary'],
  start: ['time', 'start', 'starttime', 'startsat', 'starts', 'begin', 'begins', 'ceremonytime'],
  end: ['end', 'endtime', 'ends', 'endsat', 'finish', 'finishtime', 'until', 'receptionend'],
  duration: ['duration', 'durationminutes', 'durationmin', 'durationmins', 'dur', 'length', 'minutes', 'mins'],
  date: ['date', 'eventdate', 'weddingdate', 'startdate', 'day'],
  endDate: ['enddate'],
  location: ['location', 'venue', 'place', 'where', 'venuename', 'room'],
  people: ['roles', 'participants', 'assignedto', 'responsible', 'who', 'people', 'owner', 'attendees'],
  assignedVendors: ['vendorname', 'vendor', 'vendors', 'supplier', 'suppliers'],
  notes: ['notes', 'description', 'details', 'note', 'comments', 'remarks'],
  category: ['category', 'eventtype', 'phase', 'type', 'kind'],
  section: ['section', 'part'],
  status: ['status'],
  fixed: ['iscritical', 'fixed', 'isfixed', 'critical'],
  milestone: ['ismilestone', 'milestone'],
  highlight: ['ishighlight', 'highlight'],
  buffer: ['buffertime', 'buffer', 'isbuffer'],
  done: ['done', 'completed', 'iscompleted'],
  priority: ['priority'],
  tags: ['tags'],
  backupLocation: ['backuplocation', 'rainlocation', 'rainplan', 'planb'],
}

/** One row a wedding, as intake forms export them: its times become items. */
export const BOOKING_HEADERS: Aliases = {
  ceremonyStart: ['ceremonytime', 'ceremonystart', 'ceremonystarttime'],
  ceremonyEnd: ['ceremonyend', 'ceremonyendtime'],
  receptionStart: ['receptionstart', 'receptiontime', 'receptionstarttime'],
  receptionEnd: ['receptionend', 'receptionendtime'],
  date: ['weddingdate', 'eventdate', 'date'],
  location: ['venuename', 'venue', 'location'],
}

export const GUEST_HEADERS: Aliases = {
  name: ['name', 'guestname', 'fullname', 'guest', 'фио', 'guestfullname'],
  firstName: ['firstname', 'first', 'givenname', 'forename'],
  lastName: ['lastname', 'surname', 'last', 'familyname'],
  honorific: ['title', 'honorific', 'salutation', 'prefix'],
  secondFirstName: ['guestfirst', 'guestfirstname', 'plusonefirst', 'plusonefirstname', 'partnerfirstname'],
  secondLastName: ['guestlast', 'guestlastname', 'plusonelast', 'plusonelastname', 'partnerlastname'],
  secondName: ['plusonename', 'secondguest', 'guest2'],
  secondDiet: ['guestdietary', 'guestdiet', 'plusonedietary', 'plusonediet'],
  party: ['party', 'group', 'groups', 'household', 'host', 'association', 'audiences', 'family'],
  side: ['side'],
  partnerName: ['partner', 'partnername', 'spouse'],
  plusOne: ['plusone', 'hasplusone'],
  ageGroup: ['agegroup', 'adultchild'],
  rsvpStatus: ['rsvp', 'rsvpstatus', 'attending', 'iscoming', 'attendance', 'coming', 'response', 'status'],
  meal: ['mealpreference', 'foodchoice', 'meal', 'mealchoice', 'menu', 'menuchoice', 'entree'],
  dietary: [
    'dietaryrestrictions',
    'dietchoices',
    'dietaries',
    'dietary',
    'diet',
    'dietaryrequirements',
    'dietaryneeds',
  ],
  allergies: ['foodallergies', 'allergies', 'allergy', 'allergens'],
  tableNumber: ['table', 'tablenumber', 'tableno', 'forcedtable', 'tablename', 'tableid'],
  seat: ['seat', 'seatid', 'seatnumber', 'seatno'],
  accessibility: ['accessibilityneeds', 'accessibility', 'accessneeds', 'mobility', 'needsaccommodation'],
  email: ['email', 'emailaddress', 'mail'],
  phone: ['phone', 'phonenumber', 'mobile', 'telephone', 'cell', 'телефон'],
  address: ['address', 'postaladdress', 'homeaddress'],
  tags: ['tags'],
  notes: ['notes', 'descrip', 'note', 'comments', 'remarks'],
  id: ['id', 'guestid'],
}

/** Columns by field; `rest` are the ones that no field took, which go to the notes. */
export interface Columns {
  readonly headers: readonly string[]
  readonly byField: ReadonlyMap<string, number>
  readonly rest: readonly number[]
}

/** Matches a header row. Each field takes one column, the one whose name stands first in its list. */
export function matchHeaders(cells: readonly string[], aliases: Aliases): Columns {
  const plain = cells.map(plainHeader)
  const withoutRemark = cells.map((cell) => plainHeader(cell.replace(/[([].*$/, '')))
  const byField = new Map<string, number>()
  const taken = new Set<number>()
  for (const [field, names] of Object.entries(aliases)) {
    const column = columnNamed(names, plain, taken) ?? columnNamed(names, withoutRemark, taken)
    if (column === undefined) continue
    byField.set(field, column)
    taken.add(column)
  }
  const headers = cells.map((cell, i) => (cell === '' ? `Column ${i + 1}` : cell))
  return { headers, byField, rest: headers.map((_, i) => i).filter((i) => !taken.has(i)) }
}

/** Takes a column for a field that no header named. */
export function withField(columns: Columns, field: string, column: number): Columns {
  const byField = new Map([...columns.byField].filter(([, taken]) => taken !== column)).set(field, column)
  return { ...columns, byField, rest: columns.rest.filter((i) => i !== column) }
}

/** The same columns, one of them given up to the notes. */
export function withoutField(columns: Columns, field: string): Columns {
  const column = columns.byField.get(field)
  if (column === undefined) return columns
  const byField = new Map([...columns.byField].filter(([name]) => name !== field))
  return { ...columns, byField, rest: [...columns.rest, column].sort((a, b) => a - b) }
}

function columnNamed(names: readonly string[], plain: readonly string[], taken: ReadonlySet<number>) {
  for (const name of names) {
    const column = plain.findIndex((header, i) => header === name && !taken.has(i))
    if (column >= 0) return column
  }
  return undefined
}

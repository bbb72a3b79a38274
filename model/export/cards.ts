/** People as address cards (vCard 3.0, RFC 2426, which every address book reads): couple, vendors' contacts, guests. */
import type { RecordRow } from '../rest/records.ts'
import { contentLines, escapeText } from './contentLines.ts'
import type { Written } from './index.ts'

/** Tables of people, and what a card says of whoever is in it. */
const KINDS: Readonly<Record<string, string>> = { clients: 'Couple', vendor_contacts: 'Vendor', guests: 'Guest' }

export function addressCards(records: readonly RecordRow[]): {
  readonly text: string
  readonly written: readonly Written[]
} {
  const vendors = new Map(records.filter(({ table }) => table === 'vendors').map(({ id, data }) => [id, data]))
  const people = records.filter(({ table }) => Object.hasOwn(KINDS, table))
  const written = people.map((person) => cardOf(person, vendors.get(String(person.data.vendorId))))
  return { text: written.map((each) => ('text' in each ? each.text : '')).join(''), written }
}

function cardOf({ table, id, data, updatedAt }: RecordRow, vendor: RecordRow['data'] | undefined): Written {
  const word = (name: string) => escapeText(typeof data[name] === 'string' ? data[name] : '')
  const reachable = ['phone', 'phone2', 'email', 'address'].some((name) => word(name) !== '')
  if (!reachable) return { left: { table, id, reason: 'it has no phone, e-mail or address' } }
  const company = vendor?.company ?? vendor?.name
  const [family, given] = [word('lastName'), word('firstName')]
  const text = contentLines([
    ['BEGIN', 'VCARD'],
    ['VERSION', '3.0'],
    ['UID', id],
    ['FN', word('name')],
    // Which part of a whole name is the family's is nothing to guess.
    ['N', family === '' && given === '' ? `;${word('name')};;;` : `${family};${given};;;`],
    ['ORG', typeof company === 'string' ? escapeText(company) : ''],
    ['TITLE', word('role')],
    ['TEL;TYPE=CELL', word('phone')],
    ['TEL', word('phone2')],
    ['EMAIL', word('email')],
    ['ADR', word('address') === '' ? '' : `;;${word('address')};;;;`],
    ['CATEGORIES', KINDS[table] ?? ''],
    ['REV', updatedAt],
    ['END', 'VCARD'],
  ])
  return { text }
}

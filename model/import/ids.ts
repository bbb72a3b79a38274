import { v5 as uuidv5 } from 'uuid'

/** Of this importer only, so that its ids cannot meet those made for another purpose. */
const NAMESPACE = '6b0c4b7e-3f0d-5f0a-9d57-2f3a4c1e8b66'

/**
 * Gives each record the id that it will have again when the same file is imported again. What makes a record the same is
 * its key: of a calendar the UID, of a timeline start, title and place, of guests name and party. Equal keys in one file
 * are told apart by their count, never by line, so a row added above changes nothing.
 */
export function idMaker(weddingId: string, table: string): (...key: readonly string[]) => string {
  const seen = new Map<string, number>()
  return (...key) => {
    const name = JSON.stringify([weddingId, table, ...key.map(plain)])
    const occurrence = (seen.get(name) ?? 0) + 1
    seen.set(name, occurrence)
    return uuidv5(`${name}#${occurrence}`, NAMESPACE)
  }
}

/** A string that sorts as the numbers do. */
export function rankOf(row: number, item = 0): string {
  const digits = row.toString(36).padStart(6, '0')
  return item === 0 ? digits : `${digits}.${item.toString(36).padStart(2, '0')}`
}

function plain(text: string): string {
  return text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase()
}

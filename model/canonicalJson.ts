/**
 * JSON with the keys of every object sorted at every depth, so that equal values have equal text.
 * Used for edit tags, checksums of REST changes and the comparison of siblings.
 */
export function canonicalJson(value: unknown): string {
  return write(value) ?? 'null'
}

/** Whether two values have the same canonical JSON. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  // Two texts are the most frequent case, and need not be written down to be told apart.
  return typeof a === 'string' && typeof b === 'string' ? false : canonicalJson(a) === canonicalJson(b)
}

/** @returns `undefined` for what JSON does not know, such as `undefined` and functions */
function write(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  let text = ''
  for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const written = write(inner)
    if (written !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${written}`
  }
  return `{${text}}`
}

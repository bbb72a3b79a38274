/** Fields of records as screens want them. A value of another shape counts as absent: it came from another version. */

export function words(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : []
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

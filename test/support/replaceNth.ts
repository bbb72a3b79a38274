/** Puts something else in the place of the n-th value inside a value, counting from wherever n falls. */
export function replaceNth(value: unknown, n: number, replacement: unknown): unknown {
  const total = JSON.stringify(value, (_, inner) => inner).length
  let left = n % Math.max(1, Math.min(200, total))
  const walk = (inner: unknown): unknown => {
    if (left-- === 0) return replacement
    if (Array.isArray(inner)) return inner.map(walk)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, walk(each)]))
  }
  return walk(value)
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted.length >> 1
  const middle = sorted.length % 2 === 1 ? [sorted[upper]] : [sorted[upper - 1], sorted[upper]]
  return middle.reduce((sum: number, value) => sum + (value ?? Number.NaN) / middle.length, 0)
}

export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

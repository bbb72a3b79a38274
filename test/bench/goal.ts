/** What a figure has to reach. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number }

export function isMet(value: number, goal: Goal): boolean {
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
}

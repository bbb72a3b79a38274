import type { ChangeStore } from '../../model/sync/changeStore.ts'

const MAX_SCOPES = 200

/** Remembers what is read of a scope, and reads it again after the scope has changed. */
export function byHead<T>(
  changes: Pick<ChangeStore, 'head'>,
  read: (scope: string) => Promise<T>,
): (scope: string) => Promise<T> {
  const known = new Map<string, { readonly head: number; readonly found: Promise<T> }>()
  return async (scope) => {
    const head = await changes.head(scope)
    const cached = known.get(scope)
    if (cached?.head === head) return cached.found
    const found = read(scope)
    known.delete(scope)
    known.set(scope, { head, found })
    found.catch(() => known.delete(scope)) // told to whoever asked; the next one reads again
    const [oldest] = known.keys()
    if (known.size > MAX_SCOPES && oldest !== undefined) known.delete(oldest)
    return found
  }
}

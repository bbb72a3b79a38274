import { useEffect, useState } from 'react'
import type { Observable } from 'rxjs'

interface Seen<T> {
  readonly source: Observable<T>
  readonly value?: T
  readonly error?: unknown
}

/**
 * The latest value of an observable; `undefined` before the first. An error of the observable is thrown while
 * rendering, for the error boundary: a screen that silently stopped updating would be worse than none.
 */
export function useLive<T>(source: Observable<T>): T | undefined {
  const [seen, setSeen] = useState<Seen<T>>({ source })
  useEffect(() => {
    const subscription = source.subscribe({
      next: (value) => setSeen({ source, value }),
      error: (error: unknown) => setSeen({ source, error: error ?? new Error('the live query ended') }),
    })
    return () => subscription.unsubscribe()
  }, [source])
  if (seen.source !== source) return undefined
  if (seen.error !== undefined) throw seen.error
  return seen.value
}

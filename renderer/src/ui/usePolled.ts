import { useCallback, useEffect, useState } from 'react'
import type { ClientError } from '../../../model/client/client.ts'
import type { Result } from '../../../model/result.ts'

export interface Polled<T> {
  /** The latest answer; it stays while the server cannot be reached. */
  readonly value: T | undefined
  /** Why the last question has no answer. */
  readonly failure: ClientError | undefined
  /** Asks now. */
  readonly again: () => void
}

/** What a server tells only when it is asked. @param ask the same function as long as it asks for the same */
export function usePolled<T>(ask: () => Promise<Result<T, ClientError>>, everyMs: number): Polled<T> {
  const [value, setValue] = useState<T>()
  const [failure, setFailure] = useState<ClientError>()
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn asks at once
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isWanted = true
    const go = async (): Promise<void> => {
      const answer = await ask()
      if (!isWanted) return
      setFailure(answer.ok ? undefined : answer.error)
      // The same answer is not drawn again.
      if (answer.ok) setValue((last) => (JSON.stringify(last) === JSON.stringify(answer.value) ? last : answer.value))
      timer = setTimeout(() => void go(), everyMs)
    }
    void go()
    return () => {
      isWanted = false
      clearTimeout(timer)
    }
  }, [ask, everyMs, turn])
  const again = useCallback(() => setTurn((before) => before + 1), [])
  return { value, failure, again }
}

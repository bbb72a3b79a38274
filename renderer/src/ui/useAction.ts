import { useState } from 'react'
import type { ClientError } from '../../../model/client/client.ts'
import type { Result } from '../../../model/result.ts'

export interface Action {
  readonly busy: boolean
  /** Why the last one was refused. */
  readonly failure: string | undefined
  readonly run: <T>(work: () => Promise<Result<T, ClientError>>, onDone?: (value: T) => void) => Promise<void>
}

/** Asks a server for something, one at a time, and keeps why it was refused for the place where it was asked. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  return {
    busy,
    failure,
    async run(work, onDone) {
      setBusy(true)
      setFailure(undefined)
      const answer = await work()
      setBusy(false)
      if (answer.ok) onDone?.(answer.value)
      else setFailure(answer.error.message)
    },
  }
}

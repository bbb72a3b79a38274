import { useCallback } from 'react'
import type { JoinEntry } from '../../../model/rest/hub.ts'
import { ok } from '../../../model/result.ts'
import { mayServeAsHub } from '../../../model/roles.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import { type Polled, usePolled } from '../ui/usePolled.ts'

const EVERY_MS = 1_500

/** Invitations of this install that can still be used, and who asks to be let in; none where nobody could be let in. */
export function useJoins(): Polled<readonly JoinEntry[]> {
  const { kind, api } = useReplica().replica
  const grant = useStatus()?.grant
  const mayDecide = kind === 'install' && grant !== undefined && mayServeAsHub(grant)
  const ask = useCallback(async () => {
    if (!mayDecide) return ok<readonly JoinEntry[]>([])
    const answer = await api.joins()
    return answer.ok ? ok<readonly JoinEntry[]>(answer.value.joins) : answer
  }, [api, mayDecide])
  return usePolled(ask, EVERY_MS)
}

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { BehaviorSubject } from 'rxjs'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import type { Replica, ReplicaStatus } from '../replica/replica.ts'
import { createEdits, type Edits } from './edits.ts'
import { createLive, type Live } from './live.ts'
import { NO_RIGHTS, type Rights, rightsUnder } from './rights.ts'
import type { Row } from './row.ts'
import { useLive } from './useLive.ts'

interface Context {
  readonly replica: Replica
  readonly live: Live
  readonly edits: Edits
}

const ReplicaContext = createContext<Context | undefined>(undefined)

/**
 * Gives everything below it the replica, its live queries and its edits. When another takes the place of the replica, because the
 * tab that held the data is gone, the queries go on, and so whatever is open on the screen stays.
 */
export function ReplicaProvider({ replica, children }: { readonly replica: Replica; readonly children: ReactNode }) {
  const [replicas] = useState(() => new BehaviorSubject(replica))
  const [live] = useState(() => createLive(replicas))
  useEffect(() => replicas.next(replica), [replicas, replica])
  const context = useMemo(() => ({ replica, live, edits: createEdits(replica) }), [replica, live])
  return <ReplicaContext value={context}>{children}</ReplicaContext>
}

/** The replica of this window. */
export function useReplica(): Context {
  const context = useContext(ReplicaContext)
  if (!context) throw new Error('useReplica needs a ReplicaProvider above it')
  return context
}

/** `undefined` until the replica has told its state for the first time. */
export function useStatus(): ReplicaStatus | undefined {
  return useLive(useReplica().live.status)
}

/** All weddings of this replica; `undefined` while they are read. */
export function useWeddings(): readonly Row[] | undefined {
  return useLive(useReplica().live.weddings)
}

/** The records of one table in one wedding; `undefined` while they are read. */
export function useTable(scope: string, table: string): readonly Row[] | undefined {
  const { live } = useReplica()
  return useLive(useMemo(() => live.table(scope, table), [live, scope, table]))
}

/** Everything that waits for a person's decision, the most urgent first; `undefined` while it is counted. */
export function useConflicts(): readonly QueueEntry[] | undefined {
  return useLive(useReplica().live.conflicts)
}

/** What may be written at this device: buttons for all else are not shown. */
export function useRights(): Rights {
  const grant = useStatus()?.grant
  const owns = useLive(useReplica().live.owns)
  return useMemo(() => (grant && owns ? rightsUnder(grant, owns) : NO_RIGHTS), [grant, owns])
}

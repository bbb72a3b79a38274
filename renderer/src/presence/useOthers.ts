import { useEffect, useMemo } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useLive } from '../data/useLive.ts'
import type { Other } from './presence.ts'

/** Another device, and the names under which the team knows it. */
export interface Present extends Other {
  readonly personName: string
  readonly deviceName: string
}

const NOBODY: readonly Present[] = []

/** Who else is here, in whatever wedding. */
export function useOthers(): readonly Present[] {
  const { replica, live } = useReplica()
  const others = useLive(replica.presence.others)
  const names = useLive(live.devices)
  return useMemo(() => {
    if (!others || others.length === 0) return NOBODY
    return others.map((other) => {
      const known = names?.get(other.deviceId)
      return { ...other, personName: known?.personName ?? 'Somebody', deviceName: known?.deviceName ?? 'a device' }
    })
  }, [others, names])
}

/** Who has the form of a record open elsewhere: names by the id of the record, in a sentence's order. */
export function useEditors(weddingId: string): ReadonlyMap<string, string> {
  const others = useOthers()
  return useMemo(() => {
    const editing = others.filter((other) => other.weddingId === weddingId && other.editing !== undefined)
    const byRecord = Map.groupBy(editing, (other) => other.editing ?? '')
    return new Map([...byRecord].map(([id, all]) => [id, all.map(({ personName }) => personName).join(', ')]))
  }, [others, weddingId])
}

/** This window shows the wedding, as long as the component is there. */
export function useBeingIn(weddingId: string): void {
  const { presence } = useReplica().replica
  useEffect(() => presence.enter(weddingId), [presence, weddingId])
}

/** A form for this record is open, as long as the component is there; none for a new one. */
export function useBeingEdited(recordId: string | undefined): void {
  const { presence } = useReplica().replica
  useEffect(() => (recordId === undefined ? undefined : presence.edit(recordId)), [presence, recordId])
}

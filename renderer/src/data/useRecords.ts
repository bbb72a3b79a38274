import { useEffect, useState } from 'react'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { useReplica } from './ReplicaContext.tsx'

const NONE: ReadonlyMap<string, CausalRecord> = new Map()

/** Those of these records that this device holds, deleted ones too, as they were when they were asked for; none while they are read. */
export function useRecords(ids: readonly string[]): ReadonlyMap<string, CausalRecord> {
  const { store } = useReplica().replica
  const [records, setRecords] = useState(NONE)
  const wanted = [...new Set(ids)].sort().join(' ')
  useEffect(() => {
    let isCurrent = true
    const read = async () => {
      const found = await store.records(wanted === '' ? [] : wanted.split(' '))
      if (isCurrent) setRecords(found)
    }
    void read()
    return () => {
      isCurrent = false
    }
  }, [store, wanted])
  return records
}

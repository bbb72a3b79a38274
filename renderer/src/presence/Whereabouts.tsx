import { useMemo } from 'react'
import { titleOf } from '../../../model/conflicts/writer.ts'
import type { DeviceEntry } from '../../../model/rest/devices.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useLive } from '../data/useLive.ts'
import { deviceZone, instantMs, localDate, timeWords } from '../time/local.ts'
import type { Wedding } from '../weddings/wedding.ts'
import type { Present } from './useOthers.ts'

interface WhereaboutsProps {
  readonly device: Pick<DeviceEntry, 'deviceId' | 'online' | 'lastSeen'>
  readonly others: readonly Present[]
  readonly weddings: readonly Wedding[]
  readonly nowMs: number
}

/** Where a device is just now, and which item is open there; else when it was here last. */
export function Whereabouts({ device, others, weddings, nowMs }: WhereaboutsProps) {
  const other = others.find(({ deviceId }) => deviceId === device.deviceId)
  const wedding = other && weddings.find(({ id }) => id === other.weddingId)
  if (!device.online && !other) return seenWords(device.lastSeen, nowMs)
  if (!other || !wedding) return 'Here now'
  if (other.editing === undefined) return `Here now, in “${wedding.name}”`
  return <Editing wedding={wedding} recordId={other.editing} />
}

function Editing({ wedding, recordId }: { readonly wedding: Wedding; readonly recordId: string }) {
  const { live } = useReplica()
  const row = useLive(useMemo(() => live.record(recordId), [live, recordId]))
  const title = row && titleOf(row.record)
  return `Here now, in “${wedding.name}”, editing${title === undefined ? '' : ` “${title}”`}`
}

function seenWords(lastSeen: string | null, nowMs: number): string {
  const ms = instantMs(lastSeen)
  if (ms === undefined) return 'Not seen by this device'
  return `Last seen ${timeWords(ms, deviceZone(), localDate(nowMs, deviceZone()))}`
}

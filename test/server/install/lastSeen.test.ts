import { expect, it } from 'vitest'
import type { PeerStatus } from '../../../model/database/status.ts'
import { watchLastSeen } from '../../../server/install/lastSeen.ts'
import { createSignal } from '../../../server/live/signal.ts'
import { MemoryState } from '../identity/support.ts'

function peer(deviceId: string, state: PeerStatus['state']): PeerStatus {
  return { deviceId, name: deviceId, kind: 'device', state, waiting: 0, incoming: 0 }
}

it('a device is last seen when its line went down, also after a restart; one that never came is not', async () => {
  const state = new MemoryState()
  const changed = createSignal()
  let nowMs = 1_000
  let devices: readonly PeerStatus[] = []
  const sync = { upstreams: async () => [], devices: async () => devices }
  const parts = { sync, state, changed, now: () => nowMs, log: () => undefined }
  const lastSeen = await watchLastSeen(parts)
  const becomes = async (line: PeerStatus['state'], ms: number) => {
    nowMs = ms
    devices = [peer('tablet', line), peer('other', 'offline')]
    changed.emit()
    // What is stored waits for a turn of the event loop each.
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  await becomes('syncing', 2_000)
  await becomes('equal', 30_000)
  expect(lastSeen.of('tablet')).toBe(30_000)
  await becomes('offline', 40_000)
  await becomes('offline', 90_000)
  expect([lastSeen.of('tablet'), lastSeen.of('other')]).toEqual([40_000, undefined])
  await lastSeen.stop()
  expect((await watchLastSeen(parts)).of('tablet')).toBe(40_000)
})

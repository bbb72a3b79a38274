/** What devices say of themselves, by `PUT /sync/status/:deviceId` and with each `POST /sync`. */
import { z } from 'zod'
import { deviceState } from '../../model/rest/deviceStatus.ts'
import { connectionQuality, type SyncRequest } from '../../model/rest/sync.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Caller } from './context.ts'

const deviceReport = z.object({
  userId: z.string(),
  isOnline: z.boolean().optional(),
  connectionQuality: connectionQuality.optional(),
  appVersion: z.string().optional(),
  platform: z.string().optional(),
  lastActivity: deviceState.shape.lastActivity,
  /** When it was last told. */
  at: z.iso.datetime(),
})
export type DeviceReport = z.infer<typeof deviceReport>

export interface DeviceReports {
  of(team: string, deviceId: string): Promise<DeviceReport | undefined>
  /** Keeps what is news, and leaves the rest as it was. */
  tell(team: string, deviceId: string, news: Omit<DeviceReport, 'at'>, nowMs: number): Promise<DeviceReport>
  ofUser(team: string, userId: string): Promise<ReadonlyMap<string, DeviceReport>>
}

export function deviceReportsIn(state: StateStore): DeviceReports {
  const keyOf = (team: string, deviceId: string) => `device/${team}/${deviceId}`

  async function of(team: string, deviceId: string): Promise<DeviceReport | undefined> {
    return deviceReport.optional().parse(await state.get(keyOf(team, deviceId)))
  }

  return {
    of,
    async tell(team, deviceId, news, nowMs) {
      const before = await of(team, deviceId)
      const isNews =
        !before || Object.entries(news).some(([name, value]) => before[name as keyof DeviceReport] !== value)
      if (!isNews) return before
      const report = { ...before, ...news, at: new Date(nowMs).toISOString() }
      await state.set(keyOf(team, deviceId), report)
      return report
    },
    async ofUser(team, userId) {
      const prefix = keyOf(team, '')
      const all = [...(await state.list(prefix))].map(
        ([key, value]) => [key.slice(prefix.length), deviceReport.parse(value)] as const,
      )
      return new Map(all.filter(([, report]) => report.userId === userId))
    },
  }
}

/** The device that a call is from. */
export interface CallingDevice {
  readonly deviceId: string
  /** Keeps what it says of itself with the call, once that is done: a call that is refused changes nothing. */
  tell(): Promise<void>
}

/** The one that the call names, if that is not somebody else's, else that of the token. */
export async function deviceOf(
  reports: DeviceReports,
  { team, userId, deviceId: own }: Caller,
  { deviceInfo }: Pick<SyncRequest, 'deviceInfo'>,
  nowMs: number,
): Promise<CallingDevice> {
  const silent = { deviceId: own, tell: async () => undefined }
  if (!deviceInfo) return silent
  const { deviceId, appVersion, platform, connectionQuality } = deviceInfo
  const known = await reports.of(team, deviceId)
  if (known && known.userId !== userId) return silent
  const news = { userId, appVersion, platform, ...(connectionQuality && { connectionQuality }) }
  return {
    deviceId,
    async tell() {
      await reports.tell(team, deviceId, news, nowMs)
    },
  }
}

/** The teams that have enrolled, each with the key that it was founded with and the one that it has now. */
import { z } from 'zod'
import type { PostgresStore } from '../changes/postgres.ts'
import { lineOf } from '../identity/succession.ts'
import type { enrolment } from './doors.ts'

const enrolledTeam = z.object({
  /** That the team was founded with. */
  publicKey: z.string(),
  recoveryKey: z.string().exactOptional(),
  successions: z.array(z.string()),
  /** That checks its tokens: what the successions lead to. */
  present: z.string(),
})
type EnrolledTeam = z.infer<typeof enrolledTeam>

/** Earlier versions kept the key alone. */
const stored = z.union([
  z.string().transform((key): EnrolledTeam => ({ publicKey: key, successions: [], present: key })),
  enrolledTeam,
])

type Store = Pick<PostgresStore, 'state' | 'replaceFact'>

function keyOf(team: string): string {
  return `team/${team}`
}

export async function knownTeam({ state }: Pick<Store, 'state'>, team: string): Promise<EnrolledTeam | undefined> {
  return stored.optional().parse((await state.get(keyOf(team))) ?? undefined)
}

/** A team that enrols. */
export async function keepTeam(
  { state }: Pick<Store, 'state'>,
  { id, successions, ...founding }: z.infer<typeof enrolment>['team'],
): Promise<void> {
  const line = lineOf({ id, ...founding }, successions)
  const team: EnrolledTeam = { ...founding, successions: [...line.successions], present: line.publicKey }
  await state.set(keyOf(id), team)
}

export interface Inside {
  /** A device that was let in, by the key that its team had then. */
  note(team: string, deviceId: string, present: string): void
  /** Sends away those whose team has another key by now. Those who go on come again with its token. */
  check(): Promise<void>
  stop(): void
}

/** The key is perhaps heard of by another process of the cloud. */
const CHECK_EVERY_MS = 30_000

/** @param dismiss ends the sessions of a device */
export function watchInside(
  store: Pick<Store, 'state'>,
  dismiss: (deviceId: string) => void,
  onFault: (fault: unknown) => void,
): Inside {
  /** Keys by device, by team. */
  const inside = new Map<string, Map<string, string>>()

  async function check(): Promise<void> {
    for (const [team, devices] of inside) {
      const present = (await knownTeam(store, team))?.present
      for (const [deviceId, key] of devices) {
        if (key === present) continue
        devices.delete(deviceId)
        dismiss(deviceId)
      }
    }
  }

  const timer = setInterval(() => void check().catch(onFault), CHECK_EVERY_MS)
  timer.unref()
  return {
    note(team, deviceId, present) {
      const devices = inside.get(team) ?? new Map<string, string>()
      inside.set(team, devices.set(deviceId, present))
    },
    check,
    stop: () => clearInterval(timer),
  }
}

export interface Met {
  /** Those that count now. */
  readonly successions: readonly string[]
  /** The key is another one than before. */
  readonly isNew: boolean
}

/**
 * Takes what somebody says of a team's key. Several processes may be told at once: each goes by what is stored.
 * @returns `undefined` for a team that has not enrolled
 */
export async function meetTeam(store: Store, team: string, texts: readonly string[]): Promise<Met | undefined> {
  for (;;) {
    const fact = await store.state.get(keyOf(team))
    const known = await knownTeam(store, team)
    if (!known) return undefined
    const { successions, publicKey } = lineOf({ id: team, ...known }, [...known.successions, ...texts])
    if (publicKey === known.present) return { successions: known.successions, isNew: false }
    const { present: _before, ...rest } = known
    const after: EnrolledTeam = { ...rest, successions: [...successions], present: publicKey }
    if (await store.replaceFact(keyOf(team), fact, after)) return { successions, isNew: true }
  }
}

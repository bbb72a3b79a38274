/** Who has a data folder open, and how a command of this computer reaches it. It decides nothing; the lock does. */
import { readFileSync, rmSync } from 'node:fs'
import { z } from 'zod'
import { isMissing, writeWhole } from './wholeFile.ts'

const holderSchema = z.object({
  pid: z.int(),
  /** ISO 8601, UTC. */
  startedAt: z.string().max(40),
  /** What runs there: `local`, `hub`, `cloud`. */
  role: z.string().max(40).optional(),
  url: z.string().max(200).optional(),
  /** Opens `commandDoor.ts` there. Only while the process runs, and where the key is not in this folder. */
  commandSecret: z.string().max(100).optional(),
})

export type Holder = z.infer<typeof holderSchema>

/** `undefined` when nothing, or nothing readable, is written there: another process may be about to. */
export function readHolder(file: string): Holder | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return holderSchema.safeParse(json).data
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined
    throw error
  }
}

export function writeHolder(file: string, holder: Holder): void {
  writeWhole(file, `${JSON.stringify(holder)}\n`)
}

export function removeHolder(file: string): void {
  rmSync(file, { force: true })
}

/**
 * Notices that a database is not where it was: its folder was copied, put back from a copy, or moved to another machine.
 *
 * Two copies that both go on would give out the same dots for different edits, and so would one that was set back. Inside
 * the database nothing can tell them apart, since it is copied along. What no copy has is the *change time* of a file,
 * which the file system sets and no program can. So a small file lies beside the database, written anew at each opening,
 * and the database remembers its inode, its change time, its content and the machine:
 *
 *     wedsync.db       state "mark" → {content, inode, changedNs, machine}
 *     wedsync.db-mark  content
 *
 * Anything that writes either file again (cp, an archive, a restored folder) makes them differ. So does a mere `chmod`:
 * then nothing was wrong, and the price is one more actor and one comparison of digests. Not noticed: a database that
 * alone was overwritten in place by its own state of an earlier moment of the same run, and a virtual machine that was
 * copied or set back whole, with its disk and its identity.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { isMissing, writeWhole } from '../identity/wholeFile.ts'

export function markFileOf(databaseFile: string): string {
  return `${databaseFile}-mark`
}

const STATE_KEY = 'mark'
const mark = z.object({ content: z.string(), inode: z.string(), changedNs: z.string(), machine: z.string() })
type Mark = z.infer<typeof mark>

/**
 * Looks at the mark and leaves a new one.
 * @returns whether this may be a copy of another database, or one that was set back
 */
export async function renewMark(databaseFile: string, state: StateStore): Promise<{ readonly isCopy: boolean }> {
  const file = markFileOf(databaseFile)
  const remembered = mark.optional().parse(await state.get(STATE_KEY))
  const found = readMark(file)
  const isCopy = remembered !== undefined && (found === undefined || !isSame(remembered, found))
  writeWhole(file, `${randomBytes(16).toString('hex')}\n`)
  // If the process ends between the two, the next start takes the database for a copy: no harm.
  await state.set(STATE_KEY, readMark(file))
  return { isCopy }
}

function isSame(a: Mark, b: Mark): boolean {
  return a.content === b.content && a.inode === b.inode && a.changedNs === b.changedNs && a.machine === b.machine
}

function readMark(file: string): Mark | undefined {
  try {
    const content = readFileSync(file, 'utf8')
    const { ino, ctimeNs } = statSync(file, { bigint: true })
    return { content, inode: String(ino), changedNs: String(ctimeNs), machine: machineId() }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Of this installation of the operating system, where it has one; hashed, since it is nobody's business. */
function machineId(): string {
  const id = readText('/etc/machine-id') ?? hostname()
  return createHash('sha256').update(`wedsync mark ${id.trim()}`).digest('base64url').slice(0, 22)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

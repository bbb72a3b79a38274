/** Why a write was refused that nothing is wrong with. Reading goes on, and writing too once the cause is gone. */

export type StorageProblem = 'full' | 'gone' | 'read-only'

const SENTENCES: Readonly<Record<StorageProblem, string>> = {
  full: 'The disk is full: nothing can be saved until there is room again.',
  gone: 'The folder with the database was removed or replaced: nothing can be saved until it is back in its place.',
  'read-only':
    'The database may not be written: check the rights of its folder and whether the disk is write-protected.',
}

export class StorageError extends Error {
  readonly problem: StorageProblem

  constructor(problem: StorageProblem, options?: ErrorOptions) {
    super(SENTENCES[problem], options)
    this.problem = problem
  }
}

/** What SQLite calls it; ENOSPC is a full disk for it as well. */
const PROBLEMS: readonly (readonly [code: RegExp, problem: StorageProblem])[] = [
  [/^SQLITE_FULL/, 'full'],
  [/^SQLITE_READONLY_DBMOVED/, 'gone'],
  [/^SQLITE_READONLY/, 'read-only'],
]

/** The error by its cause, or itself if it is of another kind. */
export function storageErrorOf(thrown: unknown): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const found = PROBLEMS.find(([pattern]) => pattern.test(code))
  return found ? new StorageError(found[1], { cause: thrown }) : thrown
}

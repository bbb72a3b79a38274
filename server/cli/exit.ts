/** How a command ends. Scripts rely on these codes. */
export const EXIT = {
  /** It could not be done, or `verify` found something. */
  failed: 1,
  /** An option is unknown or has a bad value. */
  usage: 2,
  /** Another process has the data folder open. */
  inUse: 3,
} as const

/** What a command returns when it cannot go on: one line for a person, and the code. */
export interface Failure {
  readonly code: (typeof EXIT)[keyof typeof EXIT]
  readonly message: string
}

export function usageError(message: string): Failure {
  return { code: EXIT.usage, message }
}

export function failed(message: string): Failure {
  return { code: EXIT.failed, message }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

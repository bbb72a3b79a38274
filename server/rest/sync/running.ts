import type { Caller } from '../context.ts'

export interface RunningCall {
  readonly sessionId: string
  readonly caller: Caller
  readonly deviceId: string
}

/** Calls of `POST /sync` that are being worked on. */
export class RunningCalls {
  readonly #calls = new Set<RunningCall>()

  async track<T>(call: RunningCall, work: () => Promise<T>): Promise<T> {
    this.#calls.add(call)
    try {
      return await work()
    } finally {
      this.#calls.delete(call)
    }
  }

  find(userId: string, deviceId?: string): RunningCall | undefined {
    return [...this.#calls].find(
      (call) => call.caller.userId === userId && (deviceId === undefined || call.deviceId === deviceId),
    )
  }
}

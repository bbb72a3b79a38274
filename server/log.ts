/** Logs go to stderr: ids and counts, never names, values, tokens or keys. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
export type Log = (event: string, fields?: LogFields) => void

/** A line for each request helps a program to count; a person who looks for what matters it only drowns. */
const FOR_PROGRAMS: ReadonlySet<string> = new Set(['request'])

/** @param json one JSON object a line, for programs; else a line for people */
export function createLog(json: boolean): Log {
  return (event, fields = {}) => {
    if (!json && FOR_PROGRAMS.has(event)) return
    const at = new Date().toISOString()
    if (json) {
      process.stderr.write(`${JSON.stringify({ at, event, ...fields })}\n`)
      return
    }
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${value}`)
    process.stderr.write(`${[at, event, ...details].join(' ')}\n`)
  }
}

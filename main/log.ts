/** Logs go to stderr, in the form of the server's: ids and counts, never names, values, tokens or keys. */
export type Log = (event: string, fields?: Readonly<Record<string, string | number | boolean>>) => void

export const log: Log = (event, fields = {}) => {
  const details = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  process.stderr.write(`${[new Date().toISOString(), event, ...details].join(' ')}\n`)
}

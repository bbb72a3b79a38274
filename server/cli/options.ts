/** Options of the commands: read from the command line, else from `WEDSYNC_<OPTION>` variables. */
import { parseArgs } from 'node:util'
import { err, ok, type Result } from '../../model/result.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  /** Shown by `--help`, such as `DIR`. */
  readonly value?: string
  readonly help: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export interface ParsedOptions {
  text(name: string): string | undefined
  flag(name: string): boolean
  readonly files: readonly string[]
}

export const COMMON: OptionSpecs = {
  json: { type: 'boolean', help: 'answer in JSON; servers print one ready line' },
  'log-json': { type: 'boolean', help: 'one JSON object per log line' },
  verbose: { type: 'boolean', help: 'show where an unexpected error came from' },
  help: { type: 'boolean', help: 'show this' },
}

/** @returns the options, or one line that names the faulty one */
export function readOptions(
  args: readonly string[],
  specs: OptionSpecs,
  environment: Readonly<Record<string, string | undefined>>,
): Result<ParsedOptions, string> {
  const all = { ...specs, ...COMMON }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({
      args: [...args],
      options: Object.fromEntries(Object.entries(all).map(([name, { type }]) => [name, { type }])),
      allowPositionals: true,
      strict: true,
    })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return err(`${message.split(/\.\s/)[0]}. Try --help.`)
  }
  const variable = (name: string) => environment[`WEDSYNC_${name.toUpperCase().replaceAll('-', '_')}`]
  return ok({
    text(name) {
      const value = parsed.values[name] ?? variable(name)
      return typeof value === 'string' ? value : undefined
    },
    flag: (name) => parsed.values[name] === true || ['1', 'true'].includes(variable(name) ?? ''),
    files: parsed.positionals,
  })
}

/** @returns a port, `undefined` if the option is absent, or one line that says what is wrong */
export function portOption(options: ParsedOptions, name: string): Result<number | undefined, string> {
  const text = options.text(name)
  if (text === undefined) return ok(undefined)
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) return err(`--${name} takes a port from 0 to 65535, not "${text}".`)
  return ok(port)
}

export function urlOption(options: ParsedOptions, name: string): Result<string | undefined, string> {
  const text = options.text(name)
  if (text === undefined) return ok(undefined)
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return err(`--${name} takes an address that begins with http:// or https://, not "${text}".`)
  }
  return ok(url.origin)
}

export function usage(command: string, summary: string, specs: OptionSpecs): string {
  const rows = Object.entries({ ...specs, ...COMMON }).map(([name, { value, help }]) => {
    return `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(24)} ${help}`
  })
  return [`wedsync ${command}`, `  ${summary}`, '', ...rows, ''].join('\n')
}

/** The command line. See `--help` of each command. */

import { app, appOptions } from './commands/app.ts'
import { cloud, cloudOptions } from './commands/cloud.ts'
import { importFiles, importOptions } from './commands/import.ts'
import { device, hub, hubOptions, installOptions } from './commands/serve.ts'
import { status, statusOptions } from './commands/status.ts'
import { verify, verifyOptions } from './commands/verify.ts'
import { EXIT, type Failure, print } from './exit.ts'
import { type OptionSpecs, type ParsedOptions, readOptions, usage } from './options.ts'

interface Command {
  readonly summary: string
  readonly options: OptionSpecs
  /** Whether files may be named after the options. */
  readonly takesFiles?: true
  readonly run: (options: ParsedOptions) => Promise<Failure | undefined>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  app: { summary: 'opens the app: the local server and its window', options: appOptions, run: app },
  device: { summary: 'runs an install without a window', options: installOptions, run: device },
  hub: { summary: 'runs an install that other devices on the LAN can join', options: hubOptions, run: hub },
  cloud: { summary: 'runs the cloud backend', options: cloudOptions, run: cloud },
  import: {
    summary: 'imports CSV and ICS files and reports on every row',
    options: importOptions,
    takesFiles: true,
    run: importFiles,
  },
  status: { summary: 'shows how things stand, on one screen', options: statusOptions, run: status },
  verify: { summary: 'checks the data of an install that is not running', options: verifyOptions, run: verify },
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  return ['wedsync <command> [options]', '', ...rows, '', 'wedsync <command> --help shows its options.'].join('\n')
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    print(overview())
    return name === undefined ? EXIT.usage : 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) return complain({ code: EXIT.usage, message: `There is no command "${name}". Try --help.` })
  const options = readOptions(args, command.options, process.env)
  if (!options.ok) return complain({ code: EXIT.usage, message: options.error })
  if (options.value.flag('help')) {
    print(usage(name, command.summary, command.options))
    return 0
  }
  const [unexpected] = options.value.files
  if (!command.takesFiles && unexpected !== undefined) {
    return complain({ code: EXIT.usage, message: `"${unexpected}" is not an option of ${name}. Try --help.` })
  }
  try {
    const failure = await command.run(options.value)
    return failure ? complain(failure) : 0
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    const detail = options.value.flag('verbose') ? (error.stack ?? error.message) : error.message
    return complain({ code: EXIT.failed, message: `Something went wrong that should not: ${detail}` })
  }
}

function complain({ code, message }: Failure): number {
  process.stderr.write(`wedsync: ${message}\n`)
  return code
}

process.exitCode = await main(process.argv.slice(2))
// Nothing is open any more; a forgotten timer must not keep the process.
process.exit()

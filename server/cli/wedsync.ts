/** The command line. See `--help` of each command. */
import { EXIT, type Failure, print } from './exit.ts'
import { type OptionSpecs, type ParsedOptions, readOptions, usage } from './options.ts'

interface Command {
  readonly options: OptionSpecs
  readonly run: (options: ParsedOptions) => Promise<Failure | undefined>
}

interface CommandEntry {
  readonly summary: string
  /** Whether files may be named after the options. */
  readonly takesFiles?: true
  /** Only the command that is asked for is read: `status` need not wait for PostgreSQL. */
  readonly load: () => Promise<Command>
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  app: {
    summary: 'opens the app: the local server and its window',
    load: async () => {
      const { app, appOptions } = await import('./commands/app.ts')
      return { options: appOptions, run: app }
    },
  },
  device: {
    summary: 'runs an install without a window',
    load: async () => {
      const { device, installOptions } = await import('./commands/serve.ts')
      return { options: installOptions, run: device }
    },
  },
  hub: {
    summary: 'runs an install that other devices on the LAN can join',
    load: async () => {
      const { hub, hubOptions } = await import('./commands/serve.ts')
      return { options: hubOptions, run: hub }
    },
  },
  cloud: {
    summary: 'runs the cloud backend',
    load: async () => {
      const { cloud, cloudOptions } = await import('./commands/cloud.ts')
      return { options: cloudOptions, run: cloud }
    },
  },
  import: {
    summary: 'imports CSV and ICS files and reports on every row',
    takesFiles: true,
    load: async () => {
      const { importFiles, importOptions } = await import('./commands/import.ts')
      return { options: importOptions, run: importFiles }
    },
  },
  export: {
    summary: 'writes a wedding as JSON, CSV, calendar or address cards, or a change file',
    load: async () => {
      const { exportFiles, exportOptions } = await import('./commands/export.ts')
      return { options: exportOptions, run: exportFiles }
    },
  },
  status: {
    summary: 'shows how things stand, on one screen',
    load: async () => {
      const { status, statusOptions } = await import('./commands/status.ts')
      return { options: statusOptions, run: status }
    },
  },
  recovery: {
    summary: 'shows the words that bring a team back when every device is lost',
    load: async () => {
      const { recovery, recoveryOptions } = await import('./commands/recovery.ts')
      return { options: recoveryOptions, run: recovery }
    },
  },
  'replace-key': {
    summary: 'gives the team another key, after a laptop was stolen that could have been the hub',
    load: async () => {
      const { replaceKey, replaceKeyOptions } = await import('./commands/replaceKey.ts')
      return { options: replaceKeyOptions, run: replaceKey }
    },
  },
  backup: {
    summary: 'writes an encrypted backup of an install, also while it runs',
    load: async () => {
      const { backup, backupOptions } = await import('./commands/backup.ts')
      return { options: backupOptions, run: backup }
    },
  },
  restore: {
    summary: 'brings back everything from a backup, or one wedding as it was',
    load: async () => {
      const { restore, restoreOptions } = await import('./commands/restore.ts')
      return { options: restoreOptions, run: restore }
    },
  },
  verify: {
    summary: 'checks the data of an install, also while it runs, and changes nothing',
    load: async () => {
      const { verify, verifyOptions } = await import('./commands/verify.ts')
      return { options: verifyOptions, run: verify }
    },
  },
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(11)}  ${summary}`)
  return ['wedsync <command> [options]', '', ...rows, '', 'wedsync <command> --help shows its options.'].join('\n')
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    print(overview())
    return name === undefined ? EXIT.usage : 0
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!entry) return complain({ code: EXIT.usage, message: `There is no command "${name}". Try --help.` })
  const command = await entry.load()
  const options = readOptions(args, command.options, process.env)
  if (!options.ok) return complain({ code: EXIT.usage, message: options.error })
  if (options.value.flag('help')) {
    print(usage(name, entry.summary, command.options))
    return 0
  }
  const [unexpected] = options.value.files
  if (!entry.takesFiles && unexpected !== undefined) {
    return complain({ code: EXIT.usage, message: `"${unexpected}" is not an option of ${name}. Try --help.` })
  }
  try {
    const failure = await command.run(options.value)
    return failure ? complain(failure) : 0
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    const detail = options.value.flag('verbose') ? (error.stack ?? error.message) : oneLine(error.message)
    return complain({ code: EXIT.failed, message: `Something went wrong that should not: ${detail}` })
  }
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}

function complain({ code, message }: Failure): number {
  process.stderr.write(`wedsync: ${message}\n`)
  return code
}

process.exitCode = await main(process.argv.slice(2))
// Nothing is open any more; a forgotten timer must not keep the process.
process.exit()

import { unreachable } from '../../model/result.ts'
import type { ListenError } from '../http/listen.ts'
import { describeDataDirError } from '../identity/dataDir.ts'
import { describeJoinError } from '../identity/joinTeam.ts'
import type { StartError } from '../install/install.ts'
import type { LanError } from '../install/lan.ts'
import type { OpenError } from '../storage/open.ts'
import { EXIT, type Failure, failed, usageError } from './exit.ts'

/** One line that says what is wrong and what to do, and the exit code. */
export function startFailure(start: StartError): Failure {
  switch (start.kind) {
    case 'data-dir':
      return {
        code: start.error.kind === 'in-use' ? EXIT.inUse : EXIT.failed,
        message: describeDataDirError(start.error),
      }
    case 'database':
      return failed(describeOpenError(start.error))
    case 'join':
      if (start.error.kind === 'team-clash') {
        return failed(
          'This install already holds weddings of another team, which joining would mix up. Join with a new, empty --data folder.',
        )
      }
      if (start.error.kind === 'bad-link') return usageError(`--join: ${describeJoinError(start.error)}`)
      return failed(describeJoinError(start.error))
    case 'listen':
      return listenFailure(start.error, '--port')
    default:
      return unreachable(start)
  }
}

export function lanFailure(error: LanError): Failure {
  if (error.kind === 'may-not-serve') {
    return failed(
      'Only a device that may read everything of the team can be its hub. Ask the owner for a planner link.',
    )
  }
  return listenFailure(error, '--lan-port', '--lan-host')
}

export function listenFailure({ host, port, detail }: ListenError, portOption: string, hostOption?: string): Failure {
  const elsewhere = hostOption === undefined ? '' : `, or another address with ${hostOption}`
  return failed(
    `Cannot listen on ${host} port ${port} (${detail}). Free the port, or give another one with ${portOption}${elsewhere}.`,
  )
}

export function describeOpenError({ kind, file, detail }: OpenError): string {
  switch (kind) {
    case 'damaged-or-wrong-key':
      return `The database ${file} cannot be read: it is damaged, or the key beside it belongs to another one (${detail}). Nothing was changed. Keep a copy of the folder, then put back a backup of both files, or join the team again with a new folder.`
    case 'unreadable':
      return `The database ${file} cannot be opened (${detail}). Check that the folder exists and may be written.`
    default:
      return unreachable(kind)
  }
}

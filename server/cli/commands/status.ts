/** `status`: how things stand, on one screen. */
import type { Api } from '../../../model/client/calls.ts'
import type { PeerStatus } from '../../../model/database/status.ts'
import { type Failure, print } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { failureOf, serverOptions } from '../server.ts'
import { withServer } from '../withServer.ts'

export const statusOptions: OptionSpecs = {
  ...serverOptions,
  data: { type: 'string', value: 'DIR', help: 'without --server: the folder of an install that is not running' },
}

export async function status(options: ParsedOptions): Promise<Failure | undefined> {
  return withServer(options, (api) => show(api, options))
}

async function show(api: Api, options: ParsedOptions): Promise<Failure | undefined> {
  const [install, weddings, conflicts] = await Promise.all([api.installStatus(), api.weddings(), api.conflicts()])
  if (!install.ok) return failureOf(install.error)
  if (!weddings.ok) return failureOf(weddings.error)
  if (!conflicts.ok) return failureOf(conflicts.error)
  if (options.flag('json')) {
    print(JSON.stringify({ ...install.value, weddings: weddings.value.weddings, conflicts: conflicts.value.conflicts }))
    return undefined
  }
  const {
    role,
    version,
    deviceName,
    personName,
    grant,
    upstreams,
    devices,
    quarantined,
    recoveryKit,
    notice,
    isShutOut,
    isKeyReplaced,
  } = install.value
  print(`${role} ${version} · ${deviceName}${personName ? ` · ${personName}` : ''} · ${grant.role}`)
  for (const peer of upstreams) print(`  to ${describePeer(peer)}`)
  for (const peer of devices) print(`  from ${describePeer(peer)}`)
  if (upstreams.length === 0 && role !== 'cloud') print('  no hub and no cloud: everything is on this device only')
  if (isShutOut) print('\nThis device was shut out of the team: ask for a new invitation, and start with --join LINK')
  if (isKeyReplaced) {
    print('\nThe key of the team was replaced: ask for a new invitation, and start with --join LINK')
  }
  if (notice !== undefined) print(`\n${notice}`)
  print('')
  for (const { name, date, records, complete, behindBy, peers } of weddings.value.weddings) {
    const state = complete ? 'complete' : behindBy > 0 ? `behind by ${behindBy}` : 'not compared yet'
    print(`${String(date ?? '?')}  ${typeof name === 'string' ? name : 'a wedding'}  ${records} records  ${state}`)
    const cloud = peers.find(({ kind }) => kind === 'cloud')
    if (cloud && cloud.waiting > 0) print(`  ${forwarded(records, cloud.waiting)}`)
  }
  if (weddings.value.weddings.length === 0) print('No weddings yet.')
  const open = conflicts.value.conflicts
  if (open.length > 0) print(`\n${open.length} to decide:`)
  for (const { message } of open) print(`  ${message}`)
  if (quarantined > 0) print(`\n${quarantined} records could not be taken and are set aside.`)
  if (recoveryKit === false) {
    print('\nThere is no recovery kit: if every device is lost, nobody can open what the cloud has.')
    print('Make one with:  wedsync recovery --data DIR')
  }
  return undefined
}

/** @param waiting may be more than there are records: those that were deleted are forwarded too */
function forwarded(records: number, waiting: number): string {
  return `${Math.max(0, records - waiting)} of ${records} in the cloud`
}

function describePeer({ kind, name, state, waiting, incoming, problem }: PeerStatus): string {
  const words = {
    offline: `offline, ${waiting} waiting`,
    syncing: `syncing, ${waiting} to send, ${incoming} to come`,
    equal: 'complete',
  }
  return `${kind} ${name}: ${words[state]}${problem ? ` (${problem})` : ''}`
}

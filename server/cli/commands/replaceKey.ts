/** `replace-key`: a new key for the team, after a device that held the present one was stolen. */
import type { TeamKeyState } from '../../../model/rest/teamKey.ts'
import { REPLACE_PROBLEMS } from '../../rest/ownRoutes.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { wordsFrom } from '../recoveryOption.ts'
import { withInstall } from '../withInstall.ts'
import { recovery } from './recovery.ts'

export const replaceKeyOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of an install that is not running' },
  words: {
    type: 'string',
    value: 'WORDS',
    help: 'the words of the recovery kit, or a file of them; without: what would happen',
  },
  without: { type: 'string', value: 'IDS', help: 'ids of devices that do not go on, with commas between' },
}

/** Without the words it says what would happen, and changes nothing. */
export async function replaceKey(options: ParsedOptions): Promise<Failure | undefined> {
  if (options.text('data') === undefined)
    return usageError('--data is missing: say on which install to replace the key of its team.')
  const text = options.text('words')
  const words = text === undefined ? undefined : wordsFrom(text)
  // Not quoted: they are a secret, even with a slip in them.
  if (text !== undefined && !words)
    return usageError('--words takes the 24 words of a recovery kit in their order; one of them is wrong.')
  const without = options.text('without')?.split(',') ?? []
  const failure = await withInstall(options, async ({ teamKey }) => {
    const state = await teamKey.state()
    const unknown = without.find((id) => !state.devices.some(({ deviceId }) => deviceId === id))
    if (unknown !== undefined) return usageError(`--without: the team has no device ${unknown} that is not shut out.`)
    if (!words) {
      tell(state, without, options.flag('json'))
      return undefined
    }
    const replaced = await teamKey.replace(words, without)
    return replaced.ok ? undefined : failed(`${REPLACE_PROBLEMS[replaced.error]}.`)
  })
  if (failure || !words) return failure
  // Opened once more, under the next key: for its kit, and to tell the cloud.
  return recovery(options)
}

function tell(state: TeamKeyState, without: readonly string[], isJson: boolean): void {
  const devices = state.devices.map((device) => ({
    ...device,
    goesOn: device.goesOn && !without.includes(device.deviceId),
  }))
  if (isJson) {
    print(JSON.stringify({ ...state, devices }))
    return
  }
  print('If the key of the team is replaced, whatever was signed with the present one counts no more:\n')
  for (const { deviceId, name, personName, role, goesOn } of devices) {
    const outcome = goesOn ? 'goes on by itself' : 'has to be invited again'
    print(`  ${outcome.padEnd(24)} ${personName || 'somebody'} on ${name || 'a device'} (${role})  ${deviceId}`)
  }
  print(
    '\nTake off with --without the stolen one if it stands here, and what you do not know. What was typed on tablets comes in when they have joined again.',
  )
  print('A new recovery kit is printed at the end; the words of the present one are of no use any more.')
  print(
    state.mayReplace
      ? "\nTo do it:  wedsync replace-key --data DIR --words 'the words of the recovery kit'"
      : '\nOn this install it cannot be done: the team is of an earlier version, or the device may not read everything.',
  )
}

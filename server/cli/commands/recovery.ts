/** `recovery`: shows the words of this install's recovery kit, and makes the kit if there is none. */
import { kitKeys, readWords } from '../../identity/recovery.ts'
import { presentRecoveryKey } from '../../identity/succession.ts'
import type { Install } from '../../install/install.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { withInstall } from '../withInstall.ts'

export const recoveryOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of an install that is not running' },
  kept: { type: 'boolean', help: 'the words are on paper: this install forgets them' },
}

const WORDS_A_LINE = 6
const CLOUD_WAIT_MS = 20_000
const POLL_MS = 100

export async function recovery(options: ParsedOptions): Promise<Failure | undefined> {
  if (options.text('data') === undefined) return usageError('--data is missing: say which install to make a kit for.')
  return withInstall(options, async (install) => {
    if (options.flag('kept')) return forget(install)
    const words = await install.recoveryWords()
    if (words === undefined) {
      return failed(
        'This device may not read everything, so it cannot bring everything back: ask an owner for the kit.',
      )
    }
    const atCloud = await reachesCloud(install)
    const secret = readWords(words)
    const replacesKey = secret !== undefined && kitKeys(secret).publicKey === presentRecoveryKey(install.identity.team)
    if (options.flag('json')) print(JSON.stringify({ words, atCloud, replacesKey }))
    else show(words.split(' '), atCloud, replacesKey)
    return undefined
  })
}

async function forget(install: Install): Promise<Failure | undefined> {
  if (!(await install.recoveryKitKept())) return failed('This install has no words of a kit to forget.')
  print('The words are on paper only from now on.')
  return undefined
}

/** Gives the kit's box some time to get to the cloud, without which the words open nothing once this device is lost. */
async function reachesCloud({ sync }: Install): Promise<boolean> {
  const until = Date.now() + CLOUD_WAIT_MS
  for (;;) {
    const cloud = (await sync.upstreams()).find(({ kind }) => kind === 'cloud')
    if (cloud?.state === 'equal') return true
    if (!cloud || Date.now() > until) return false
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

function show(words: readonly string[], atCloud: boolean, replacesKey: boolean): void {
  print(
    'Write these words on paper, in this order, and keep the paper where no fire and no thief gets all devices with it.',
  )
  print('Whoever has them can read every wedding of this team. They are not sent anywhere.\n')
  for (let i = 0; i < words.length; i += WORDS_A_LINE) {
    print(
      words
        .slice(i, i + WORDS_A_LINE)
        .map((word, n) => `${String(i + n + 1).padStart(4)} ${word.padEnd(10)}`)
        .join(''),
    )
  }
  print('\nWhen they are on paper:     wedsync recovery --data DIR --kept')
  print('From then on no device has them, so no thief of one does.')
  print("\nWhen every device is lost:  wedsync device --data DIR --cloud URL --recover 'the words'")
  print(
    atCloud
      ? 'It works with what the cloud has, and the cloud has everything that this install has.'
      : 'It works with what the cloud has: let this install reach the cloud, which it did not just now.',
  )
  print(
    replacesKey
      ? "When a laptop is stolen:    wedsync replace-key --data DIR --words 'the words'"
      : 'When a laptop is stolen it takes the other kit, of the laptop that founded the team, to replace its key.',
  )
}

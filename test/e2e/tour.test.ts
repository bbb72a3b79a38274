/** The tour of the README works as it is pasted. */
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolders } from '../support/wedsync.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const needs = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).status !== 0)
const title = `the tour of the README${needs.length > 0 ? ` (skipped: no ${needs.join(' and no ')} here)` : ''}`

const folders = temporaryFolders()
afterAll(() => folders.cleanUp())

/** The lines between the two comments, with folders of this test in place of those of the reader. */
function tour(): string {
  const [, text = ''] = /<!-- tour: [^>]+ -->\n([\s\S]+?)\n<!-- end of the tour -->/.exec(
    readFileSync(join(ROOT, 'README.md'), 'utf8'),
  ) ?? ['']
  return text
    .replaceAll('/tmp/tour', folders.make('tour'))
    .replaceAll('/tmp/ready.json', `${folders.make('ready')}.json`)
}

describe.skipIf(needs.length > 0)(title, () => {
  it('has five lines, which make a wedding and read it back', async () => {
    const lines = tour()
      .split('\n')
      .filter((line) => line.trim() !== '')
    expect(lines).toHaveLength(5)
    // The server ends with the shell that started it.
    const script = `trap 'kill $(jobs -p)' EXIT\n${lines.map((line) => `${line.trim()}; echo`).join('\n')}\n`
    const output = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, WEDSYNC_NO_DISCOVERY: '1' }
      execFile('bash', ['-c', script], { cwd: ROOT, env, timeout: 120_000 }, (error, stdout, stderr) => {
        if (error && error.code !== 0) reject(new Error(`${error.message}\n${stderr}`))
        else resolve(stdout)
      })
    })
    const answers = output.split('\n').flatMap((line): unknown[] => (line.startsWith('{') ? [JSON.parse(line)] : []))
    expect(answers).toMatchObject([
      { status: 'ok' },
      { success: true, processed: [{ action: 'create' }], failures: [] },
      { records: [{ table: 'weddings', data: { name: 'Ana & Luis', date: '2027-06-12' } }] },
    ])
  })
})

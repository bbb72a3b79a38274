import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'wedsync-borders-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Runs the border check of `npm run check` on a tree with these files. */
function cruise(name: string, files: Readonly<Record<string, string>>): { status: number | null; output: string } {
  const root = join(dir, name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const config of ['.dependency-cruiser.cjs', 'tsconfig.base.json']) cpSync(join(ROOT, config), join(root, config))
  const depcruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const ran = spawnSync(
    process.execPath,
    [depcruise, '--config', '.dependency-cruiser.cjs', 'model', 'server', 'renderer'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  return { status: ran.status, output: ran.stdout + ran.stderr }
}

const TREE = {
  'model/a.ts': 'export const a = 1\n',
  'server/b.ts': "import { a } from '../model/a.ts'\nexport const b = a\n",
  'renderer/src/c.ts': "import { a } from '../../model/a.ts'\nexport const c = a\n",
}

describe('the borders between the runtimes', () => {
  it('let everybody import the model', () => {
    const { status, output } = cruise('clean', TREE)
    expect(output).toContain('no dependency violations')
    expect(status).toBe(0)
  })

  it.each([
    { from: 'renderer/src/c.ts', text: "import { b } from '../../server/b.ts'\nexport const c = b\n" },
    { from: 'model/a.ts', text: "import { b } from '../server/b.ts'\nexport const a = b\n" },
    { from: 'model/a.ts', text: "import { readFileSync } from 'node:fs'\nexport const a = readFileSync\n" },
    { from: 'server/b.ts', text: "import { c } from '../renderer/src/c.ts'\nexport const b = c\n" },
  ])('stop $from from importing what is not its own', ({ from, text }) => {
    const { status, output } = cruise(`planted-${from.replaceAll('/', '-')}-${text.length}`, { ...TREE, [from]: text })
    expect(status).not.toBe(0)
    expect(output).toContain(`error`)
    expect(output).toContain(from)
  })
})

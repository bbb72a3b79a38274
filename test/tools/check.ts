/** `npm run check`: types, lint, format and the borders between the runtimes. Says which of them failed. */
import { run } from './run.ts'

const RUNTIMES = ['model', 'server', 'main', 'preload', 'renderer', 'test']

async function types(): Promise<boolean> {
  return (await run('tsc', ['-b'])).code === 0
}

async function lint(): Promise<boolean> {
  return (await run('biome', ['check', '--error-on-warnings', '.'])).code === 0
}

async function borders(): Promise<boolean> {
  const { code, output } = await run('depcruise', ['--config', '.dependency-cruiser.cjs', ...RUNTIMES])
  // With a compiler that it does not understand, it looks at nothing and is content.
  const looked = /\((\d+) modules/.exec(output)
  return code === 0 && Number(looked?.[1] ?? 0) > 50
}

const failed: string[] = []
for (const [name, check] of Object.entries({ types, lint, borders })) {
  process.stdout.write(`── ${name}\n`)
  if (!(await check())) failed.push(name)
}
process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1

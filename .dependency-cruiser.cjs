/** Which runtime may import what (docs: README, "Folders"). Checked by `npm run check`. */
const only = (from, allowed) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment: `${from}/ may import only from ${allowed.join(', ') || 'itself'}`,
  from: { path: `^${from}/` },
  to: { path: '^(main|preload|renderer|server|model|test)/', pathNot: `^(${[from, ...allowed].join('|')})/` },
})

module.exports = {
  forbidden: [
    only('model', []),
    only('server', ['model']),
    only('main', ['model']),
    only('preload', ['model']),
    only('renderer', ['model']),
    {
      name: 'model-is-pure',
      severity: 'error',
      comment: 'model/ runs everywhere: no Node, no Electron, no browser packages',
      from: { path: '^model/' },
      to: {
        path: '^(electron|express|ws|pg|react|dexie|better-sqlite3|node:)|node_modules/(electron|express|ws|pg|react|dexie|better-sqlite3)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'model-without-node',
      severity: 'error',
      comment: 'model/ runs everywhere',
      from: { path: '^model/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(electron|better-sqlite3|vite/client)$|\\.css$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.css'],
    },
  },
}

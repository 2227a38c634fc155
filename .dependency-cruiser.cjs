// The import table of ARCHITECTURE.md as rules. A violation prints the comment of the rule it breaks.
const builtins = { dependencyTypes: ['core'] };

module.exports = {
  forbidden: [
    {
      name: 'pure-is-pure',
      comment: 'domain/ and render/ decide and write text. No node built-ins, no toolkit, no adapters.',
      severity: 'error',
      from: { path: '^src/(domain|render)/' },
      to: builtins,
    },
    {
      name: 'domain-stands-alone',
      comment:
        'domain/ imports only itself, multiformats, the synchronous hashes of @noble, and picomatch: a size budget ' +
        'judges names by the globs that include and exclude take, without a file system. The preflight reads HTML, CSS, ' +
        'JSON and secrets by parsers that are as pure.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: {
        pathNot:
          '^(src/domain/|node_modules/(multiformats|@noble/hashes|@scure/bip39|(@types/)?picomatch|htmlparser2|' +
          '@csstools/css-tokenizer|@humanwhocodes/momoa|@secretlint/[^/]+)/)',
      },
    },
    {
      name: 'render-reads-domain',
      comment: 'render/ turns domain values into text; it may use a formatting library.',
      severity: 'error',
      from: { path: '^src/render/' },
      to: { pathNot: '^(src/(domain|render)/|node_modules/pretty-bytes/)' },
    },
    {
      name: 'modes-tell-stories',
      comment: 'A mode gets its effects as arguments: it imports domain/ and ports.ts, never an adapter.',
      severity: 'error',
      from: { path: '^src/(modes/|ports\\.ts|input[a-z-]*\\.ts)' },
      to: { pathNot: '^src/(domain/|modes/|ports\\.ts|input-[a-z]+\\.ts)' },
    },
    {
      name: 'adapters-stand-apart',
      comment: 'An adapter knows domain/, ports.ts, adapters/http/ and its own libraries; never another adapter.',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/', pathNot: '^src/(domain/|ports\\.ts|adapters/(http|$1)/)' },
    },
    {
      name: 'toolkit-at-the-edge',
      comment: '@actions/* is spoken only by main.ts, adapters/runner/ and adapters/github/.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts|adapters/(runner|github)/)' },
      to: { path: '^node_modules/@actions/' },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts runs on import.',
      severity: 'error',
      from: {},
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'emulator-is-foreign',
      comment: 'An emulator that shares code with the client shares its mistakes.',
      severity: 'error',
      from: { path: '^emulator/' },
      to: { path: '^(src|test|scripts|bench)/' },
    },
    {
      name: 'source-is-alone',
      comment: 'What ships imports nothing of the workshop.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(emulator|test|scripts|bench)/' },
    },
    {
      name: 'e2e-is-outside',
      comment: 'End-to-end and fault tests see the bundle as a process, never its source.',
      severity: 'error',
      from: { path: '^(test/(e2e|faults|support)|scripts)/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle has no first file to read.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-missing-packages',
      comment: 'Everything imported stands in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'shipped-code-uses-dependencies',
      comment: 'What the bundle contains is a dependency, not a devDependency.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};

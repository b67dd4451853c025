// What may reach what. eslint sees one import; these rules follow the whole chain.
const pureRooms = '^src/(event|parsers|transforms)/|^src/sinks/.*/(encode|verdict)[^/]*\\.ts$';

const inputOutput =
  '^(node:)?(fs|fs/promises|net|dgram|dns|dns/promises|http|http2|https|tls|child_process|cluster|os|process|readline|readline/promises|repl|stream|stream/promises|timers|timers/promises|perf_hooks|tty|v8|vm|inspector|zlib)$';
const inputOutputLibraries =
  'node_modules/(pg|pg-copy-streams|ioredis|undici|lmdb|piscina|pino|prom-client|cockatiel|node-rdkafka|@elastic|@influxdata)(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'pure-rooms-reach-no-io',
      comment:
        'A replay gives the same bytes only if parsers, steps, encoders and verdicts see nothing but the batch.',
      severity: 'error',
      from: { path: pureRooms },
      to: {
        path: `${inputOutput}|^(node:)?worker_threads$|${inputOutputLibraries}`,
        reachable: true,
      },
    },
    {
      name: 'worker-stage-reaches-only-pure-rooms',
      comment: "The worker's entry speaks to its port and runs pure code; it opens nothing.",
      severity: 'error',
      from: { path: '^src/workers/stage\\.ts$' },
      to: { path: `${inputOutput}|${inputOutputLibraries}`, reachable: true },
    },
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-packages',
      comment: 'src runs from a package installed without development dependencies.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/event/core/assembly/' },
    // Types are erased before the program runs, so an `import type` carries no I/O.
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};

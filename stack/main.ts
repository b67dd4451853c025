import { writeFile } from 'node:fs/promises';
import { Command, Option } from '@commander-js/extra-typings';
import { elasticsearchVariants } from './elasticsearch.ts';
import { type StoreName, storeNames } from './server.ts';
import { startStack } from './stack.ts';

const isStore = (name: string): name is StoreName => storeNames.some((store) => store === name);

function parseStores(list: string): StoreName[] {
  return list.split(',').map((name) => {
    if (!isStore(name)) throw new Error(`unknown store "${name}"; known: ${storeNames.join(', ')}`);
    return name;
  });
}

// Run by `node -- main.js`: without the dashes Node 20 would take --env-file for itself.
const options = new Command('npm run stack --')
  .description('Starts real stores for development and prints their addresses, until interrupted.')
  .option('--stores <list>', 'comma-separated stores', storeNames.join(','))
  .option('--data <folder>', 'folder for data and logs, kept between runs', '.stack')
  .option('--env-file <path>', 'also write the addresses to this file')
  .addOption(
    new Option('--elasticsearch <variant>', 'which distribution to fetch')
      .choices(elasticsearchVariants)
      .default('light' as const),
  )
  .parse()
  .opts();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

try {
  const stack = await startStack({
    stores: parseStores(options.stores),
    dataDir: options.data,
    elasticsearch: options.elasticsearch,
    signal: interrupted.signal,
    log: (line) => console.error(line),
  });
  const lines = Object.entries(stack.environment()).map(([name, url]) => `${name}=${url}`);
  if (options.envFile !== undefined) await writeFile(options.envFile, `${lines.join('\n')}\n`);
  console.log(lines.join('\n'));
  console.error(`data and logs in ${stack.dataDir}; Ctrl-C stops the stores`);
  await untilAborted(interrupted.signal);
  await stack.stop();
} catch (error) {
  if (!interrupted.signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** Resolves on abort; the timer keeps the process alive until then. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

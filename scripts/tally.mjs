import { inspect } from 'node:util';

/** Members of a failure's diagnostics that say what the rest says already. */
const noise = new Set(['compare', 'source', 'stack', 'testFileRel', 'tapCaught']);

/** Counts leaf assertions of a TAP stream and prints the failed ones under their test's path. */
export class Tally {
  passed = 0;
  failed = 0;

  constructor(print) {
    this.print = print;
  }

  /** Follows a parser and, below it, every subtest. `path` is the list of names above. */
  watch(parser, path) {
    // A subtest is reported twice: by its own assertions and by one summary line in its parent.
    const ended = [];
    parser.on('child', (child) => {
      ended.push({ failedBefore: this.failed });
      this.watch(child, [...path, child.name]);
    });
    parser.on('assert', (result) => {
      const child = ended.shift();
      if (child === undefined) this.count(result, path);
      else if (!result.ok && this.failed === child.failedBefore) this.count(result, path);
    });
    parser.on('bailout', (reason) => this.fail(`bailed out: ${reason}`));
  }

  count(result, path) {
    if (result.skip || result.todo) return;
    if (result.ok) this.passed++;
    else this.fail([...path, result.name].join(' > '), result.diag);
  }

  fail(title, diagnostics = {}) {
    this.failed++;
    const shown = Object.entries(diagnostics ?? {}).filter(([name]) => !noise.has(name));
    const stack = String(diagnostics?.stack ?? '').trimEnd();
    const body = [...shown.map(show), stack]
      .filter((part) => part !== '')
      .join('\n')
      .replaceAll(/^/gm, '    ');
    this.print(`FAILED ${title}${body.trim() === '' ? '' : `\n${body}`}\n`);
  }
}

/** What a test threw may be anything, such as a client with its functions and circles. */
function show([name, value]) {
  if (typeof value !== 'string') {
    return `${name}: ${inspect(value, { depth: 2, maxArrayLength: 20, maxStringLength: 2000 })}`;
  }
  const text = value.length > 4000 ? `${value.slice(0, 4000)}…` : value.trimEnd();
  return text.includes('\n') ? `${name}:\n${text.replaceAll(/^/gm, '  ')}` : `${name}: ${text}`;
}

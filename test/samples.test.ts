import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import type { StepPlan } from '../src/pipeline/plan.ts';
import { Documents, type FlatDocument, parseStep } from './documents.ts';

const FILES = ['auth.log', 'nginx-access.log', 'syslog-5424.log', 'app.ndjson'];
const FOLDER = resolve('samples');
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

/** Documents of all lines of a sample file. */
function parsed(name: string, steps: readonly StepPlan[]): FlatDocument[] {
  const documents = new Documents(steps);
  const lines = read(name).trimEnd().split('\n');
  const found: FlatDocument[] = [];
  for (let from = 0; from < lines.length; from += 1000) {
    found.push(...documents.of(lines.slice(from, from + 1000), Date.UTC(2026, 10, 21)));
  }
  return found;
}

/** How many documents have which value of a field; `-` for those without. */
function counts(documents: readonly FlatDocument[], path: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const document of documents) {
    const value = document[path] ?? '-';
    const key = typeof value === 'string' ? value : JSON.stringify(value);
    found[key] = (found[key] ?? 0) + 1;
  }
  return found;
}

t.test('the samples parse, but for the lines that are broken on purpose', (t) => {
  const auth = parsed('auth.log', [parseStep('syslog'), parseStep('system.auth', 'nginx.access')]);
  t.same(counts(auth, 'error.code'), {
    '-': 1600,
    SLUICE_PARSE_SYSLOG_HEADER: 1,
    SLUICE_PARSE_SYSLOG_TIME: 1,
    SLUICE_PARSE_SYSLOG_PRI: 1,
    SLUICE_PARSE_SYSLOG_EMPTY: 1,
  });
  t.same(counts(auth, 'event.dataset'), { 'system.auth': 1600, '-': 4 });
  t.same(counts(auth, 'event.outcome'), { success: 576, failure: 613, '-': 415 });
  const access = parsed('nginx-access.log', [parseStep('nginx.access')]);
  t.same(counts(access, 'error.code'), { '-': 1500, SLUICE_PARSE_ACCESS: 3 });
  const syslog = parsed('syslog-5424.log', [parseStep('syslog'), parseStep('system.auth')]);
  t.same(counts(syslog, 'error.code'), {
    '-': 1200,
    SLUICE_PARSE_SYSLOG_PRI: 1,
    SLUICE_PARSE_SYSLOG_5424: 2,
  });
  t.same(counts(syslog, 'event.dataset'), { 'system.auth': 96, '-': 1107 });
  const app = parsed('app.ndjson', [parseStep('json')]);
  t.same(counts(app, 'error.code'), {
    '-': 1200,
    SLUICE_PARSE_JSON: 2,
    SLUICE_PARSE_JSON_OBJECT: 2,
  });
  for (const documents of [auth, access, syslog, app]) {
    t.same(counts(documents, 'event.reason'), { '-': documents.length }, 'on their own day');
  }
  t.end();
});

t.test('the samples are what their generator makes', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'samples-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  execFileSync(process.execPath, ['scripts/make-samples.mjs', folder], { timeout: 30_000 });
  for (const name of FILES) t.ok(readFileSync(join(folder, name), 'utf8') === read(name), name);
  t.end();
});

t.test('the samples hold nobody’s data', (t) => {
  const text = FILES.map(read).join('');
  t.ok(text.length < 1_500_000, 'small');
  const v4 = [...text.matchAll(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g)].map(([ip]) => ip);
  const browsers = /^(?:126|128)\.0\.0\.0$/;
  const others = v4.filter((ip) => !/^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./.test(ip));
  t.same(
    others.filter((ip) => !browsers.test(ip)),
    [],
    'addresses of RFC 5737',
  );
  const v6 = [...text.matchAll(/[\da-f]{1,4}:[\da-f:]*::[\da-f]{1,4}|[\da-f]{4}::[\da-f]+/g)];
  t.same(
    v6.filter(([ip]) => !ip.startsWith('2001:db8:')),
    [],
    'addresses of RFC 3849',
  );
  const hosts = [...text.matchAll(/@[\w.-]+|https?:\/\/([\w.-]+)/g)].map(([host]) => host);
  t.same(
    hosts.filter((host) => !/(?:example\.(?:com|net|org)|@32473|@timestamp)$/.test(host)),
    [],
  );
  t.end();
});

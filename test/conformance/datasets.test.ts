import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { registry } from '../../src/config/registry.ts';
import { parseRecords } from '../../src/workers/parse-records.ts';
import { flat, type FlatDocument } from '../documents.ts';

/** Log files with the ECS documents that another well-kept pipeline made of them; CI puts them beside the project. */
const FOLDER = resolve('../shared/data/filebeat-oss');

/** What is about that pipeline's own machinery, its clock's zone, its databases, or a browser's name (not parsed here). */
const IGNORED =
  /^(?:ecs\.version|log\.offset|agent\.|fileset\.|input\.|service\.type$|event\.(?:ingested|module|dataset|timezone|original)$|user_agent\.(?:device|name|os|version))|\.(?:geo|as)\./;

const FILES: readonly (readonly [dataset: string, file: string])[] = [
  ['nginx.access', 'nginx/access/test/test.log'],
  ['system.auth', 'system/auth/test/test.log'],
  ['system.auth', 'system/auth/test/secure-rhel7.log'],
];

for (const [dataset, file] of FILES) {
  const log = resolve(FOLDER, file);
  const skip = !existsSync(log) && `${file} is not on this machine`;
  t.test(`${dataset} agrees with the expected documents of ${file}`, { skip }, async (t) => {
    const expected = JSON.parse(readFileSync(`${log}-expected.json`, 'utf8')) as FlatDocument[];
    const documents = await documentsOf(dataset, log);
    let fields = 0;
    for (const [k, wanted] of expected.entries()) {
      const found = documents[k] ?? {};
      for (const [path, value] of Object.entries(wanted)) {
        if (IGNORED.test(path)) continue;
        fields++;
        // The expected lists are sorted sets.
        t.same(sorted(found[path]), sorted(value), `document ${k}: ${path}`);
      }
    }
    t.ok(fields >= expected.length * 5, 'there was something to compare');
    t.comment(`${expected.length} documents, ${fields} fields of ${documents.length} lines`);
  });
}

async function documentsOf(dataset: string, log: string): Promise<FlatDocument[]> {
  const chunks: Buffer[] = [];
  await parseRecords(createReadStream(log), {
    dataset,
    optionsOf: (parser) => registry.parser.get(parser)?.options.parse({}),
    // Undated lines get the year that puts them next to it.
    receivedAt: Date.UTC(2018, 2, 1),
    write: async (ndjson) => {
      chunks.push(ndjson);
    },
    onError: (line, message) => t.fail(`line ${line}: ${message}`),
  });
  const lines = Buffer.concat(chunks).toString().trimEnd().split('\n');
  return lines.map((line) => flat(JSON.parse(line) as FlatDocument));
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...new Set(value)].sort() : value;
}

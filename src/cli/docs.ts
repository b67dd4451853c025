// docs.ts FOLDER  writes the reference pages; run by `npm run docs`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registry } from '../config/registry.ts';
import { referencePages } from './reference/pages.ts';

const [folder = 'docs/reference'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [name, text] of referencePages(registry)) writeFileSync(join(folder, name), text);

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appLog } from './samples/app.mjs';
import { authLog } from './samples/auth.mjs';
import { nginxAccess } from './samples/nginx.mjs';
import { Random } from './samples/random.mjs';
import { syslog5424 } from './samples/syslog.mjs';

// node scripts/make-samples.mjs [FOLDER] [END]
// Writes the sample logs; END (ISO 8601) is the end of the day that they cover. samples/README.md says what is in them.
const [folder = 'samples', end = '2026-11-20T18:00:00Z'] = process.argv.slice(2);

const files = {
  'auth.log': [authLog, 1600],
  'nginx-access.log': [nginxAccess, 1500],
  'syslog-5424.log': [syslog5424, 1200],
  'app.ndjson': [appLog, 1200],
};

const time = Date.parse(end);
if (Number.isNaN(time)) throw new RangeError(`${end} is no time`);
mkdirSync(folder, { recursive: true });
for (const [k, [name, [make, count]]] of Object.entries(files).entries()) {
  const lines = make(new Random(k + 1), time, count);
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
}

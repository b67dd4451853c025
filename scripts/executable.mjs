// executable.mjs FILE...  lets a checkout run them as an installed package does: by their first line.
import { chmodSync } from 'node:fs';

for (const file of process.argv.slice(2)) chmodSync(file, 0o755);

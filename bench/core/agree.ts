/** Whether the core and the objects made the same of the same events; what differs by design is left out. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Ids differ, and the core knows more fields; every member of `less` must be in `more`. */
function contains(more: Json | undefined, less: Json, path: string): string | undefined {
  if (path === '.event.id') return undefined;
  if (path === '.@timestamp') {
    const same = typeof more === 'string' && Date.parse(more) === Date.parse(less as string);
    return same ? undefined : path;
  }
  if (less === null || typeof less !== 'object') return more === less ? undefined : path;
  if (Array.isArray(less)) {
    return JSON.stringify(more) === JSON.stringify(less) ? undefined : path;
  }
  if (more === null || typeof more !== 'object' || Array.isArray(more)) return path;
  for (const [key, value] of Object.entries(less)) {
    const different = contains(more[key], value, `${path}.${key}`);
    if (different !== undefined) return different;
  }
  return undefined;
}

const linesOf = (bytes: Buffer): string[] => bytes.toString().trimEnd().split('\n');

function compareNdjson(core: string, objects: string): string | undefined {
  const action = core.includes('"create"') && objects.includes('"create"');
  const [more, less] = [core, objects].map((line) => JSON.parse(line) as Json);
  if (!action) return contains(more, less ?? null, '');
  const withoutId = (line: string): string => line.replace(/"_id":"\w+"/, '');
  return withoutId(core) === withoutId(objects) ? undefined : 'action';
}

/** The first column is the id, the second the time, which may have fewer digits. */
function compareCopy(core: string, objects: string): string | undefined {
  const [, coreTime = '', ...coreRest] = core.split('\t');
  const [, time = '', ...rest] = objects.split('\t');
  if (Date.parse(coreTime) !== Date.parse(time)) return 'time';
  return coreRest.join('\t') === rest.join('\t') ? undefined : 'columns';
}

const compareLines = (core: string, objects: string): string | undefined =>
  core === objects ? undefined : 'line';

const COMPARE: Record<string, typeof compareCopy> = {
  elasticsearch: compareNdjson,
  postgres: compareCopy,
  influxdb: compareLines,
};

/** @throws Error that shows the first event on which they differ */
export function assertAgreement(name: string, type: string, core: Buffer, objects: Buffer): void {
  const [coreLines, objectLines] = [linesOf(core), linesOf(objects)];
  const compare = COMPARE[type] ?? compareLines;
  if (coreLines.length !== objectLines.length) {
    throw new Error(`${name}: ${coreLines.length} lines instead of ${objectLines.length}`);
  }
  for (const [index, line] of coreLines.entries()) {
    const expected = objectLines[index] ?? '';
    const where = compare(line, expected);
    if (where !== undefined) {
      throw new Error(`${name}: differ in ${where}\n  core:    ${line}\n  objects: ${expected}`);
    }
  }
}

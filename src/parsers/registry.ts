import { json } from './json/parse.ts';
import { nginxAccess } from './nginx.access/parse.ts';
import type { ParserDefinition } from './parser.ts';
import { syslog } from './syslog/parse.ts';
import { systemAuth } from './system.auth/parse.ts';

/** Parsers by name, as a `parse` step names them. Their options were validated by the spec beside each. */
export const PARSERS: ReadonlyMap<string, ParserDefinition<unknown>> = new Map(
  ([syslog, json, systemAuth, nginxAccess] as ParserDefinition<unknown>[]).map((parser) => [
    parser.name,
    parser,
  ]),
);

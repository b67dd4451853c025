import { fileSpec } from './file/spec.ts';
import { httpSpec } from './http/spec.ts';
import { stdinSpec } from './stdin/spec.ts';
import { syslogSpec } from './syslog/spec.ts';

/** All sources, for validation, `sluice list` and the reference pages; imports no I/O. */
export const sourceSpecs = [syslogSpec, httpSpec, fileSpec, stdinSpec] as const;

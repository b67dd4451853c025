import { registry } from '../../src/config/registry.ts';
import type { PipelinePlan } from '../../src/pipeline/plan.ts';
import { type Input, jsonInput, syslogInput } from './input.ts';
import { jsonToNdjson, syslogToCopy, syslogToLines, syslogToNdjson } from './objects.ts';

/** One input to one store's format, by the core's plan and by objects. */
export interface Job {
  name: string;
  input: Input;
  plan: PipelinePlan;
  objects: (batch: Buffer) => Buffer;
}

/** What the parser does unless told otherwise. */
const defaultsOf = (parser: string): unknown => registry.parser.get(parser)?.options.parse({});

function plan(parser: string, type: string, options: unknown): PipelinePlan {
  return {
    name: 'main',
    from: ['bench'],
    steps: [
      { step: 'parse', options: { parsers: [{ name: parser, options: defaultsOf(parser) }] } },
    ],
    outputs: [{ name: type, sink: type, type, routes: [], options }],
  };
}

const COPY_COLUMNS = {
  event_id: { field: 'event.id', type: 'text' },
  ts: { field: '@timestamp', type: 'timestamptz' },
  host: { field: 'host.name', type: 'text' },
  app: { field: 'process.name', type: 'text' },
  pid: { field: 'process.pid', type: 'bigint' },
  msgid: { field: 'log.syslog.msgid', type: 'text' },
  severity: { field: 'log.syslog.severity.code', type: 'bigint' },
  message: { field: 'message', type: 'text' },
};

const POINT = {
  measurement: 'syslog',
  tags: [
    { name: 'host', field: 'host.name' },
    { name: 'app', field: 'process.name' },
  ],
  every: 10_000,
  fields: { severity: 'log.syslog.severity.code', pid: 'process.pid', message: 'message' },
};

export function jobs(events: number): Job[] {
  const syslog = syslogInput(events);
  const json = jsonInput(Math.ceil(events / 5)); // five times the bytes
  return [
    {
      name: 'syslog → NDJSON',
      input: syslog,
      plan: plan('syslog', 'elasticsearch', { index: 'logs-{date}' }),
      objects: syslogToNdjson,
    },
    {
      name: 'syslog → COPY text',
      input: syslog,
      plan: plan('syslog', 'postgres', { table: 'public.logs', columns: COPY_COLUMNS }),
      objects: syslogToCopy,
    },
    {
      name: 'syslog → line protocol',
      input: syslog,
      plan: plan('syslog', 'influxdb', POINT),
      objects: syslogToLines,
    },
    {
      name: 'JSON → NDJSON',
      input: json,
      plan: plan('json', 'elasticsearch', { index: 'logs-{date}' }),
      objects: jsonToNdjson,
    },
  ];
}

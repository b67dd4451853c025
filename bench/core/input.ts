import { loadEvent } from '../load/event.ts';
import { Random } from '../load/random.ts';

/** Whole lines, as a source hands them to a worker. */
export interface Input {
  batches: Buffer[];
  events: number;
  bytes: number;
}

const BATCH_BYTES = 128 * 1024;
const START = Date.UTC(2026, 0, 15);

function batchesOf(lines: readonly string[]): Input {
  const batches: Buffer[] = [];
  let batch: string[] = [];
  let size = 0;
  const close = (): void => {
    if (batch.length > 0) batches.push(Buffer.from(`${batch.join('\n')}\n`));
    batch = [];
    size = 0;
  };
  for (const line of lines) {
    if (size + line.length + 1 > BATCH_BYTES) close();
    batch.push(line);
    size += line.length + 1;
  }
  close();
  const bytes = batches.reduce((sum, { length }) => sum + length, 0);
  return { batches, events: lines.length, bytes };
}

/** The lines of the main bench: RFC 5424, 266 bytes. */
export function syslogInput(events: number): Input {
  const random = new Random(1);
  return batchesOf(Array.from({ length: events }, (_, i) => loadEvent(random, i, START + i).line));
}

/** A process event as an endpoint agent ships it: nested objects, lists, escapes, 1.5 KB. */
function jsonEvent(random: Random, sequence: number): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  const user = random.pick(['alice', 'bob', 'SYSTEM', 'svc_backup']);
  const pid = 4 + random.below(60_000);
  const program = random.pick(['powershell.exe', 'svchost.exe', 'cmd.exe', 'chrome.exe']);
  return JSON.stringify({
    '@timestamp': new Date(START + sequence).toISOString(),
    agent: { id: hex(32), type: 'endpoint', version: '8.19.0', name: `host-${random.below(50)}` },
    host: {
      name: `host-${random.below(50)}.example.net`,
      id: hex(32),
      architecture: 'x86_64',
      ip: ['10.0.0.17', 'fe80::1c2d:3e4f:5a6b:7c8d'],
      os: { family: 'windows', name: 'Windows', kernel: '10.0.19045.4529', platform: 'windows' },
    },
    process: {
      pid,
      entity_id: hex(40),
      name: program,
      executable: `C:\\Windows\\System32\\${program}`,
      command_line: `"C:\\Windows\\System32\\${program}" -NoProfile -File "C:\\Scripts\\job ${random.below(900)}.ps1"`,
      args: [program, '-NoProfile', '-File', `job ${random.below(900)}.ps1`],
      working_directory: 'C:\\Windows\\system32\\',
      hash: { md5: hex(32), sha256: hex(64) },
      parent: { pid: 4 + random.below(60_000), name: 'explorer.exe', entity_id: hex(40) },
      thread: { id: random.below(9000) },
      code_signature: { exists: true, subject_name: 'Microsoft Windows', trusted: true },
    },
    user: { name: user, domain: 'EXAMPLE', id: `S-1-5-21-${random.below(1e9)}-1001` },
    winlog: {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      record_id: sequence,
      task: 'Process Create (rule: ProcessCreate)',
      opcode: 'Info',
      version: 5,
      event_data: { IntegrityLevel: 'Medium', LogonId: `0x${hex(6)}`, TerminalSessionId: 1 },
    },
    event: { action: 'start', code: 1, provider: 'Microsoft-Windows-Sysmon' },
    message: `Process Create: ${program} by ${user}`,
  });
}

export function jsonInput(events: number): Input {
  const random = new Random(2);
  return batchesOf(Array.from({ length: events }, (_, i) => jsonEvent(random, i)));
}

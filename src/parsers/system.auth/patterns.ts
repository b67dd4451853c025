import type { PATHS } from './fields.ts';
import type { Outcome } from './outcomes.ts';

type Name = keyof typeof PATHS;

export interface Pattern {
  /** Cheap test before the expression. */
  readonly start: string;
  /** Every byte from the start on lies in some group, so that offsets are sums of lengths. */
  readonly expression: RegExp;
  /** For each group the field that it fills, or none. */
  readonly parts: readonly (Name | undefined)[];
  readonly outcome: Outcome;
}

/** A part is a constant text, a field with the expression of its value, or an optional run of both. */
type Part = string | readonly [Name | undefined, string];

/** Values are bounded, and no two unbounded parts stand side by side: matching is linear in the line. */
function pattern(start: string, parts: readonly Part[], outcome: Outcome): Pattern {
  const names: (Name | undefined)[] = [];
  let source = '^';
  for (const part of parts) {
    if (typeof part === 'string') {
      names.push(undefined);
      source += `(${part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`;
    } else {
      names.push(part[0]);
      source += `(${part[1]})`;
    }
  }
  return { start, expression: new RegExp(source), parts: names, outcome };
}

const LOGIN = {
  action: 'ssh_login',
  category: ['authentication', 'session'],
  type: ['authentication_success', 'info'],
  outcome: 'success',
} as const;
const REFUSED = {
  action: 'ssh_login',
  category: ['authentication'],
  type: ['authentication_failure', 'info'],
  outcome: 'failure',
} as const;
const SESSION_START = { category: ['session'], type: ['start'], outcome: 'success' } as const;
const SESSION_END = { category: ['session'], type: ['end'], outcome: 'success' } as const;
const PAM_FAILURE = { category: ['authentication'], type: ['info'], outcome: 'failure' } as const;
const NEW_USER = { category: ['iam'], type: ['creation', 'user'], outcome: 'success' } as const;
const NEW_GROUP = { category: ['iam'], type: ['creation', 'group'], outcome: 'success' } as const;

const USER = '.{1,256}?'; // clients choose it: blanks are possible
const WORD = '\\S{1,256}';
const IP = '[^\\s,;]{1,64}';
const PORT = '\\d{1,5}';

const SSHD: readonly Pattern[] = [
  pattern(
    'Accepted ',
    [
      ['sshEvent', 'Accepted'],
      ' ',
      ['sshMethod', WORD],
      ' for ',
      ['user', USER],
      ' from ',
      ['ip', IP],
      ' port ',
      ['port', PORT],
      [undefined, '(?: ssh2)?(?:: )?'],
      ['sshSignature', '.{0,512}'],
    ],
    LOGIN,
  ),
  pattern(
    'Failed ',
    [
      ['sshEvent', 'Failed'],
      ' ',
      ['sshMethod', WORD],
      [undefined, ' for (?:invalid user )?'],
      ['user', '.{0,256}?'],
      ' from ',
      ['ip', IP],
      ' port ',
      ['port', PORT],
    ],
    REFUSED,
  ),
  pattern(
    'Invalid user ',
    [
      ['sshEvent', 'Invalid'],
      ' user ',
      ['user', '.{0,256}?'],
      ' from ',
      ['ip', IP],
      [undefined, '(?: port )?'],
      ['port', '\\d{0,5}'],
      [undefined, '$'],
    ],
    REFUSED,
  ),
  pattern(
    'Did not receive identification string from ',
    [
      'Did not receive identification string from ',
      ['sshDroppedIp', IP],
      [undefined, '(?: port )?'],
      ['port', '\\d{0,5}'],
    ],
    {},
  ),
  pattern(
    'Received disconnect from ',
    [
      'Received disconnect from ',
      ['ip', '[\\da-fA-F.:]{2,45}?'],
      [undefined, '(?: port )'],
      ['port', PORT],
    ],
    {},
  ),
  pattern(
    'Disconnected from ',
    [
      [undefined, 'Disconnected from (?:(?:authenticating |invalid )?user )?'],
      ['user', '(?:\\S{1,256}(?= \\S+ port ))?'],
      [undefined, ' ?'],
      ['ip', IP],
      ' port ',
      ['port', PORT],
    ],
    {},
  ),
  pattern(
    'Connection closed by ',
    [
      [undefined, 'Connection closed by (?:(?:authenticating|invalid) user )?'],
      ['user', '(?:\\S{1,256}(?= \\S+ port ))?'],
      [undefined, ' ?'],
      ['ip', IP],
      ' port ',
      ['port', PORT],
    ],
    {},
  ),
];

const PAM: readonly Pattern[] = [
  pattern(
    'pam_unix(',
    [
      [undefined, 'pam_unix\\([^)]{1,64}\\): session opened for user '],
      ['user', '[^\\s(]{1,256}'],
    ],
    SESSION_START,
  ),
  pattern(
    'pam_unix(',
    [
      [undefined, 'pam_unix\\([^)]{1,64}\\): session closed for user '],
      ['user', WORD],
    ],
    SESSION_END,
  ),
  pattern(
    'pam_unix(',
    [
      [
        undefined,
        'pam_unix\\([^)]{1,64}\\): authentication failure; [^=]{1,32}=\\S{0,64} uid=\\d{1,10} euid=\\d{1,10} tty=\\S{0,64} ruser=\\S{0,256} rhost=',
      ],
      ['ip', '\\S{0,64}'],
      [undefined, '(?:  ?user=)?'],
      ['user', '\\S{0,256}'],
    ],
    PAM_FAILURE,
  ),
  pattern(
    'pam_succeed_if(',
    [
      [undefined, 'pam_succeed_if\\([^)]{1,64}\\): requirement ".{1,256}?" not met by user "'],
      ['user', '[^"]{1,256}'],
    ],
    {},
  ),
];

const SUDO: readonly Pattern[] = [
  pattern(
    '',
    [
      [undefined, ' {0,32}'],
      ['user', '[^\\s:]{1,256}'],
      ' : ',
      ['sudoError', '(?!TTY=)[^;]{1,256}?'],
      ' ; TTY=',
      ['sudoTty', '[^\\s;]{1,256}'],
      ' ; PWD=',
      ['sudoPwd', '[^;]{1,1024}?'],
      ' ; USER=',
      ['effectiveUser', '[^\\s;]{1,256}'],
      [undefined, ' ; (?:GROUP=[^;]{1,256} ; )?(?:ENV=[^;]{1,1024} ; )?COMMAND='],
      ['sudoCommand', '.{1,8192}'],
    ],
    {},
  ),
  pattern(
    '',
    [
      [undefined, ' {0,32}'],
      ['user', '[^\\s:]{1,256}'],
      ' : TTY=',
      ['sudoTty', '[^\\s;]{1,256}'],
      ' ; PWD=',
      ['sudoPwd', '[^;]{1,1024}?'],
      ' ; USER=',
      ['effectiveUser', '[^\\s;]{1,256}'],
      [undefined, ' ; (?:GROUP=[^;]{1,256} ; )?(?:ENV=[^;]{1,1024} ; )?COMMAND='],
      ['sudoCommand', '.{1,8192}'],
    ],
    {},
  ),
];

const USERADD: readonly Pattern[] = [
  pattern(
    'new user',
    [
      'new user: name=',
      ['user', '[^,]{1,256}'],
      ', UID=',
      ['userId', '\\d{1,10}'],
      ', GID=',
      ['groupId', '\\d{1,10}'],
      ', home=',
      ['home', '[^,]{1,1024}'],
      ', shell=',
      ['shell', '[^,]{1,1024}'],
    ],
    NEW_USER,
  ),
  pattern(
    'new group',
    ['new group: name=', ['group', '[^,]{1,256}'], ', GID=', ['groupId', '\\d{1,10}']],
    NEW_GROUP,
  ),
];

/** Patterns by program, tried in order; `*` for programs without their own. */
export const PATTERNS: ReadonlyMap<string, readonly Pattern[]> = new Map([
  ['sshd', [...SSHD, ...PAM]],
  ['sshd-session', [...SSHD, ...PAM]],
  ['sudo', [...PAM, ...SUDO]],
  ['useradd', USERADD],
  ['groupadd', USERADD],
  ['*', PAM],
]);

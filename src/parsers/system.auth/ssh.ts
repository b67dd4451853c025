import { CHOSEN, HOST, type Pattern, PORT, pattern, WORD } from './pattern.ts';

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

/** ` port 22`; old versions of sshd do not tell it. */
const PORT_AND_END = [/(?: port )?/, ['port', /\d{0,5}/], /(?: ssh2)?(?: \[preauth\])?$/] as const;
const GONE = /(?:Disconnected from|Connection (?:closed|reset) by) /;

/**
 * Lines of OpenSSH's sshd (auth.c, packet.c, sshd-session.c). A client chooses the user's name, and may choose one that
 * looks like the rest of a line; so names are greedy, and the line's own address is the last one.
 */
export const SSH: readonly Pattern[] = [
  pattern(
    [
      ['sshEvent', /Accepted/],
      ' ',
      ['sshMethod', WORD],
      ' for ',
      ['user', CHOSEN],
      ' from ',
      ['ip', HOST],
      ' port ',
      ['port', PORT],
      /(?: ssh2)?(?:: )?/,
      ['sshSignature', /.{0,512}/],
    ],
    LOGIN,
  ),
  pattern(
    [
      ['sshEvent', /Failed/],
      ' ',
      ['sshMethod', WORD],
      / for (?:invalid user )?/,
      ['user', CHOSEN],
      ' from ',
      ['ip', HOST],
      ' port ',
      ['port', PORT],
      /(?: ssh2)?(?:: )?/,
      ['sshSignature', /.{0,512}/],
    ],
    REFUSED,
  ),
  pattern(
    [['sshEvent', /Invalid/], ' user ', ['user', CHOSEN], ' from ', ['ip', HOST], ...PORT_AND_END],
    REFUSED,
  ),
  pattern(
    [
      /(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?/,
      ['user', CHOSEN],
      ' from ',
      ['ip', HOST],
      ' port ',
      ['port', PORT],
    ],
    REFUSED,
  ),
  pattern(['User ', ['user', CHOSEN], ' from ', ['ip', HOST], ' not allowed because '], REFUSED),
  pattern(['Did not receive identification string from ', ['sshDroppedIp', HOST], ...PORT_AND_END]),
  pattern([
    'Received disconnect from ',
    ['ip', /[\da-fA-F.:]{2,45}/],
    / port |: .*/,
    ['port', /\d{0,5}/],
  ]),
  pattern([
    GONE,
    /(?:(?:authenticating|invalid) )?user /,
    ['user', CHOSEN],
    ' ',
    ['ip', HOST],
    ' port ',
    ['port', PORT],
  ]),
  pattern([GONE, ['ip', HOST], ' port ', ['port', PORT]]),
];

import { CHOSEN, NUMBER, type Pattern, pattern, WORD } from './pattern.ts';
import { SSH } from './ssh.ts';

const SESSION_START = { category: ['session'], type: ['start'], outcome: 'success' } as const;
const SESSION_END = { category: ['session'], type: ['end'], outcome: 'success' } as const;
const SUCCESS = { category: ['authentication'], type: ['info'], outcome: 'success' } as const;
const FAILURE = { category: ['authentication'], type: ['info'], outcome: 'failure' } as const;
const iam = (...type: readonly string[]) =>
  ({ category: ['iam'], type, outcome: 'success' }) as const;

const PAM_UNIX = /pam_unix\([^)]{1,64}\): /;
/** Up to a blank or a parenthesis: newer versions write `root(uid=0)`. */
const USER = /[^ (]{1,256}/;
const QUOTED = /[^']{1,256}/;
const OTHER = /[^ )]{1,256}/;

/** pam_unix and pam_succeed_if, under whatever program asked them. */
const PAM: readonly Pattern[] = [
  pattern([PAM_UNIX, 'session opened for user ', ['user', USER]], SESSION_START),
  pattern([PAM_UNIX, 'session closed for user ', ['user', USER]], SESSION_END),
  pattern(
    [
      PAM_UNIX,
      /authentication failure; logname=[^ ]{0,64} uid=\d{1,10} euid=\d{1,10} tty=[^ ]{0,64} ruser=[^ ]{0,256} rhost=/,
      ['ip', /[^ ]{0,255}/],
      /(?: {1,2}user=)?/,
      ['user', CHOSEN],
    ],
    FAILURE,
  ),
  pattern([PAM_UNIX, 'password changed for ', ['user', USER]], iam('change', 'user')),
  pattern([
    /pam_succeed_if\([^)]{1,64}\): requirement "[^"]{1,256}" not met by user "/,
    ['user', /[^"]{1,256}/],
  ]),
];

const SUDO = pattern([
  / {0,32}/,
  ['user', /[^ :]{1,256}/],
  ' : ',
  ['sudoError', /(?:(?!TTY=)[^;]{1,256}(?= ; ))?/],
  /(?: ; )?TTY=/,
  ['sudoTty', /[^ ;]{1,256}/],
  ' ; PWD=',
  ['sudoPwd', /[^;]{1,1024}(?= ; )/],
  ' ; USER=',
  ['sudoUser', /[^ ;]{1,256}/],
  / ; (?:(?:GROUP|TSID|CHROOT|ENV)=[^;]{1,1024} ; ){0,4}COMMAND=/,
  ['sudoCommand', /.+/],
]);

/** util-linux and shadow write who became whom in different order. */
const SU: readonly Pattern[] = [
  pattern([/Successful su for /, ['effectiveUser', WORD], ' by ', ['user', WORD]], SUCCESS),
  pattern(
    [/FAILED su for |FAILED SU \(to /, ['effectiveUser', OTHER], /\)? (?:by )?/, ['user', WORD]],
    FAILURE,
  ),
  pattern(['(to ', ['effectiveUser', OTHER], ') ', ['user', WORD], ' on '], SUCCESS),
];

const LOGIN: readonly Pattern[] = [
  pattern(['FAILED LOGIN ', /\(\d{1,6}\) on '[^']{0,64}' FOR '/, ['user', QUOTED], "'"], FAILURE),
  pattern([/(?:ROOT )?LOGIN ON [^ ]{1,64} BY /, ['user', WORD]], SUCCESS),
];

const SESSIONS: readonly Pattern[] = [
  pattern(['New session ', /[^ ]{1,64} of user /, ['user', /[^ ]{1,256}(?=\.)/]], SESSION_START),
];

/** The account tools of shadow. */
const ACCOUNTS: readonly Pattern[] = [
  pattern(
    [
      'new user: name=',
      ['user', /[^,]{1,256}/],
      ', UID=',
      ['userId', NUMBER],
      ', GID=',
      ['groupId', NUMBER],
      ', home=',
      ['home', /[^,]{1,1024}/],
      ', shell=',
      ['shell', /[^,]{1,1024}/],
    ],
    iam('creation', 'user'),
  ),
  pattern(
    ['new group: name=', ['group', /[^,]{1,256}/], ', GID=', ['groupId', NUMBER]],
    iam('creation', 'group'),
  ),
  pattern(["delete user '", ['user', QUOTED], "'"], iam('deletion', 'user')),
  pattern(["removed group '", ['group', QUOTED], "'"], iam('deletion', 'group')),
  pattern(["group '", ['group', QUOTED], "' removed"], iam('deletion', 'group')),
  pattern(
    ["add '", ['user', QUOTED], "' to group '", ['group', QUOTED], "'"],
    iam('change', 'group'),
  ),
  pattern(["change user '", ['user', QUOTED], "' "], iam('change', 'user')),
];

/** Patterns by program, tried in order. */
export const PATTERNS: ReadonlyMap<string, readonly Pattern[]> = new Map([
  ...['sshd', 'sshd-session', 'sshd-auth'].map((name) => [name, [...SSH, ...PAM]] as const),
  ['sudo', [...PAM, SUDO]],
  ['su', [...PAM, ...SU]],
  ['login', [...PAM, ...LOGIN]],
  ['systemd-logind', SESSIONS],
  ...['useradd', 'userdel', 'usermod', 'groupadd', 'groupdel', 'groupmod'].map(
    (name) => [name, ACCOUNTS] as const,
  ),
  ...['passwd', 'chpasswd', 'polkitd'].map((name) => [name, PAM] as const),
]);

/** For lines of other programs that begin with `pam_unix(`. */
export const PAM_PATTERNS = PAM;

import t from 'tap';
import { Documents, type FlatDocument, parseStep, without } from '../documents.ts';
import { isLinear } from '../linear.ts';

const auth = new Documents([parseStep('syslog'), parseStep('system.auth')]);

/** What the line means, without what every line of this program has. */
function parse(program: string, message: string): FlatDocument {
  const document = auth.one(`Mar 14 09:20:01 gate1 ${program}[4242]: ${message}`);
  return without(
    document,
    ...['@timestamp', 'event.id', 'event.ingested', 'event.kind', 'event.dataset', 'event.module'],
    ...['host.name', 'host.hostname', 'related.hosts', 'process.name', 'process.pid', 'message'],
  );
}

const REFUSED = {
  'event.action': 'ssh_login',
  'event.category': ['authentication'],
  'event.type': ['authentication_failure', 'info'],
  'event.outcome': 'failure',
};

t.test('an accepted login becomes ECS fields', (t) => {
  const message =
    'Accepted publickey for alice from 203.0.113.7 port 52144 ssh2: ED25519 SHA256:4tYHL7Wm2Zk0nVxQe1p9uJr3sD5fGhIaKbLcMdNeOfP';
  t.same(without(auth.one(`Mar 14 09:20:01 gate1 sshd[4242]: ${message}`), 'event.id'), {
    '@timestamp': '2026-03-14T09:20:01.000Z',
    'event.kind': 'event',
    'event.dataset': 'system.auth',
    'event.module': 'system',
    'event.ingested': '2026-03-14T09:26:53.000Z',
    'event.action': 'ssh_login',
    'event.category': ['authentication', 'session'],
    'event.type': ['authentication_success', 'info'],
    'event.outcome': 'success',
    'host.name': 'gate1',
    'host.hostname': 'gate1',
    'process.name': 'sshd',
    'process.pid': 4242,
    'user.name': 'alice',
    'source.ip': '203.0.113.7',
    'source.port': 52144,
    'system.auth.ssh.event': 'Accepted',
    'system.auth.ssh.method': 'publickey',
    'system.auth.ssh.signature': 'ED25519 SHA256:4tYHL7Wm2Zk0nVxQe1p9uJr3sD5fGhIaKbLcMdNeOfP',
    'related.ip': ['203.0.113.7'],
    'related.user': ['alice'],
    'related.hosts': ['gate1'],
    message,
  });
  t.end();
});

t.test('lines of sshd', (t) => {
  const failed = { 'system.auth.ssh.event': 'Failed', 'system.auth.ssh.method': 'password' };
  const source = (ip: string, port?: number): FlatDocument => ({
    'source.ip': ip,
    ...(port !== undefined && { 'source.port': port }),
    'related.ip': [ip],
  });
  const user = (name: string): FlatDocument => ({ 'user.name': name, 'related.user': [name] });
  const cases: [string, FlatDocument][] = [
    [
      'Failed password for root from 198.51.100.4 port 22022 ssh2',
      { ...REFUSED, ...failed, ...user('root'), ...source('198.51.100.4', 22022) },
    ],
    [
      'Failed password for invalid user admin from 2001:db8::7 port 22022 ssh2',
      { ...REFUSED, ...failed, ...user('admin'), ...source('2001:db8::7', 22022) },
    ],
    [
      'Failed password for invalid user  from 203.0.113.7 port 1 ssh2',
      { ...REFUSED, ...failed, ...source('203.0.113.7', 1) },
    ],
    [
      'Invalid user test from 203.0.113.7',
      { ...REFUSED, 'system.auth.ssh.event': 'Invalid', ...user('test'), ...source('203.0.113.7') },
    ],
    [
      'Invalid user test from 203.0.113.7 port 40022',
      {
        ...REFUSED,
        'system.auth.ssh.event': 'Invalid',
        ...user('test'),
        ...source('203.0.113.7', 40022),
      },
    ],
    [
      'error: maximum authentication attempts exceeded for root from 203.0.113.7 port 9 ssh2 [preauth]',
      { ...REFUSED, ...user('root'), ...source('203.0.113.7', 9) },
    ],
    [
      'User bob from 203.0.113.7 not allowed because not listed in AllowUsers',
      { ...REFUSED, ...user('bob'), ...source('203.0.113.7') },
    ],
    [
      'Did not receive identification string from 203.0.113.7 port 5',
      { 'system.auth.ssh.dropped_ip': '203.0.113.7', ...source('203.0.113.7', 5) },
    ],
    [
      'Received disconnect from 203.0.113.7 port 40022:11: disconnected by user',
      source('203.0.113.7', 40022),
    ],
    ['Received disconnect from 203.0.113.7: 11: Bye Bye [preauth]', source('203.0.113.7')],
    ['Received disconnect from 2001:db8::7: 11: Bye Bye [preauth]', source('2001:db8::7')],
    ['Disconnected from 203.0.113.7 port 7 [preauth]', source('203.0.113.7', 7)],
    [
      'Disconnected from user alice 203.0.113.7 port 7',
      { ...user('alice'), ...source('203.0.113.7', 7) },
    ],
    [
      'Connection closed by authenticating user root 203.0.113.7 port 7 [preauth]',
      { ...user('root'), ...source('203.0.113.7', 7) },
    ],
    ['Connection reset by 203.0.113.7 port 7 [preauth]', source('203.0.113.7', 7)],
    [
      'Accepted password for alice from client.example.net port 7 ssh2',
      {
        'event.action': 'ssh_login',
        'event.category': ['authentication', 'session'],
        'event.type': ['authentication_success', 'info'],
        'event.outcome': 'success',
        'system.auth.ssh.event': 'Accepted',
        'system.auth.ssh.method': 'password',
        ...user('alice'),
        'source.address': 'client.example.net',
        'source.port': 7,
      },
    ],
    ['Server listening on 0.0.0.0 port 22.', {}],
    ['', {}],
  ];
  for (const [message, expected] of cases) t.same(parse('sshd', message), expected, message);
  t.same(parse('sshd-session', cases[0]?.[0] ?? ''), cases[0]?.[1], 'under its newer name');
  t.end();
});

t.test('a name that looks like the rest of a line does not stand in for its address', (t) => {
  const names = [
    'x from 192.0.2.66 port 1 ssh2',
    'from 192.0.2.66 port 1',
    'a b c',
    'root port 22 from',
  ];
  for (const name of names) {
    const found = [
      parse('sshd', `Failed password for invalid user ${name} from 203.0.113.7 port 22022 ssh2`),
      parse('sshd', `Failed none for invalid user ${name} from 203.0.113.7 port 22022 ssh2`),
      parse('sshd', `Invalid user ${name} from 203.0.113.7 port 22022`),
      parse('sshd', `Disconnected from invalid user ${name} 203.0.113.7 port 22022 [preauth]`),
    ];
    for (const document of found) {
      t.match(document, { 'user.name': name, 'source.ip': '203.0.113.7', 'source.port': 22022 });
    }
  }
  t.end();
});

t.test('lines of PAM, under every program', (t) => {
  const start = {
    'event.category': ['session'],
    'event.type': ['start'],
    'event.outcome': 'success',
  };
  const end = { ...start, 'event.type': ['end'] };
  const root = { 'user.name': 'root', 'related.user': ['root'] };
  const opened = 'pam_unix(cron:session): session opened for user root';
  t.same(parse('CRON', `${opened}(uid=0) by (uid=0)`), { ...start, ...root });
  t.same(parse('sudo', `${opened} by alice(uid=0)`), { ...start, ...root });
  t.same(parse('su', opened.replace('opened', 'closed')), { ...end, ...root });
  const failure =
    'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7';
  const failed = {
    'event.category': ['authentication'],
    'event.type': ['info'],
    'event.outcome': 'failure',
    'source.ip': '203.0.113.7',
    'related.ip': ['203.0.113.7'],
  };
  t.same(parse('sshd', `${failure}  user=root`), { ...failed, ...root });
  t.same(parse('sshd', failure), failed);
  t.same(
    parse('sshd', 'pam_succeed_if(sshd:auth): requirement "uid >= 1000" not met by user "root"'),
    root,
  );
  t.match(parse('passwd', 'pam_unix(passwd:chauthtok): password changed for root'), {
    'event.category': ['iam'],
    ...root,
  });
  t.end();
});

t.test('lines of sudo and su', (t) => {
  const sudo = {
    'user.name': 'alice',
    'user.effective.name': 'root',
    'related.user': ['alice', 'root'],
    'system.auth.sudo.tty': 'pts/0',
    'system.auth.sudo.pwd': '/home/alice',
    'system.auth.sudo.user': 'root',
    'system.auth.sudo.command': '/usr/bin/less /var/log/syslog ; x',
  };
  const what = 'TTY=pts/0 ; PWD=/home/alice ; USER=root';
  const command = 'COMMAND=/usr/bin/less /var/log/syslog ; x';
  t.same(parse('sudo', `alice : ${what} ; ${command}`), sudo);
  t.same(
    parse('sudo', `    alice : ${what} ; GROUP=adm ; TSID=000001 ; ENV=A=1 B=2 ; ${command}`),
    sudo,
  );
  t.same(parse('sudo', `alice : user NOT in sudoers ; ${what} ; ${command}`), {
    ...sudo,
    'system.auth.sudo.error': 'user NOT in sudoers',
  });
  t.same(parse('sudo', `alice : 3 incorrect password attempts ; ${what} ; ${command}`), {
    ...sudo,
    'system.auth.sudo.error': '3 incorrect password attempts',
  });
  const users = {
    'user.name': 'alice',
    'user.effective.name': 'root',
    'related.user': ['alice', 'root'],
  };
  t.match(parse('su', 'Successful su for root by alice'), { ...users, 'event.outcome': 'success' });
  t.match(parse('su', '(to root) alice on pts/1'), { ...users, 'event.outcome': 'success' });
  t.match(parse('su', 'FAILED SU (to root) alice on pts/1'), {
    ...users,
    'event.outcome': 'failure',
  });
  t.match(parse('su', 'FAILED su for root by alice'), { ...users, 'event.outcome': 'failure' });
  t.end();
});

t.test('lines of the account tools', (t) => {
  const iam = (...types: string[]) => ({
    'event.category': ['iam'],
    'event.type': types,
    'event.outcome': 'success',
  });
  t.same(
    parse(
      'useradd',
      'new user: name=deploy, UID=1007, GID=1008, home=/srv/deploy, shell=/bin/sh, from=none',
    ),
    {
      ...iam('creation', 'user'),
      'user.name': 'deploy',
      'user.id': '1007',
      'group.id': '1008',
      'related.user': ['deploy'],
      'system.auth.useradd.home': '/srv/deploy',
      'system.auth.useradd.shell': '/bin/sh',
    },
  );
  t.same(parse('groupadd', 'new group: name=deploy, GID=1008'), {
    ...iam('creation', 'group'),
    'group.name': 'deploy',
    'group.id': '1008',
  });
  t.match(parse('userdel', "delete user 'deploy'"), {
    ...iam('deletion', 'user'),
    'user.name': 'deploy',
  });
  t.match(parse('usermod', "add 'deploy' to group 'sudo'"), {
    ...iam('change', 'group'),
    'user.name': 'deploy',
    'group.name': 'sudo',
  });
  t.match(parse('groupdel', "group 'deploy' removed from /etc/group"), iam('deletion', 'group'));
  t.match(parse('login', "FAILED LOGIN (2) on '/dev/tty1' FOR 'bob', Authentication failure"), {
    'user.name': 'bob',
    'event.outcome': 'failure',
  });
  t.match(parse('systemd-logind', 'New session 12 of user alice.'), {
    'user.name': 'alice',
    'event.category': ['session'],
  });
  t.end();
});

t.test('other programs are not its own', (t) => {
  for (const line of ['kernel: eth0: link up', 'CRON[1]: (root) CMD (true)', 'pam_unix(: x']) {
    const document = auth.one(`<13>Mar 14 09:20:01 gate1 ${line}`);
    t.notOk('event.dataset' in document, line);
    t.notOk('event.module' in document);
  }
  t.end();
});

t.test('bytes beyond ASCII are not cut', (t) => {
  // à is C3 A0, and A0 by itself is a blank in latin1.
  const name = 'vol\u00e0 \u00e0b';
  t.match(parse('sshd', `Failed password for ${name} from 203.0.113.7 port 1 ssh2`), {
    'user.name': name,
    'source.ip': '203.0.113.7',
  });
  const key = '\u00e9'.repeat(300);
  const cut = parse('sshd', `Accepted publickey for a from 203.0.113.7 port 1 ssh2: x${key}`);
  t.match(cut['system.auth.ssh.signature'], /^x\u00e9{255}\ufffd$/, 'a cut character is U+FFFD');
  const json = new Documents([parseStep('json'), parseStep('system.auth')]);
  const clean = json.one(
    `{"process":{"name":"sshd"},"message":"Accepted publickey for a from 203.0.113.7 port 1 ssh2: x${key}"}`,
  );
  t.match(clean['system.auth.ssh.signature'], /^x\u00e9{255}\ufffd$/, 'also of a JSON string');
  t.end();
});

t.test('hostile lines cost linear work', (t) => {
  const repeat = (text: string) => (size: number) => text.repeat(size / text.length);
  const bodies: [string, (size: number) => string][] = [
    ['sshd', repeat('Failed password for ')],
    ['sshd', (size) => `Failed password for ${repeat(' from 1.1.1.1 port 1 ssh2')(size)}`],
    ['sshd', (size) => `Invalid user ${repeat(' from a')(size)}`],
    ['sshd', (size) => `Accepted ${'x'.repeat(size)}`],
    ['sshd', (size) => `Received disconnect from ${'1:'.repeat(size / 2)}`],
    ['sshd', (size) => `Disconnected from user ${repeat('a port ')(size)}`],
    ['sshd', (size) => `pam_unix(${repeat('x) session ')(size)}`],
    ['sshd', (size) => `pam_succeed_if(x): requirement "${repeat('" not met by user ')(size)}`],
    ['sudo', (size) => ' '.repeat(size)],
    ['sudo', (size) => `a : ${repeat('x ; ')(size)}`],
    ['sudo', (size) => `a : TTY=x ; PWD=${repeat('/ ; USER=a')(size)}`],
    ['sudo', (size) => `a : TTY=x ; PWD=/ ; USER=b ; ${repeat('ENV=a ; ')(size)}`],
    ['useradd', (size) => `new user: name=${repeat('x, UID=1')(size)}`],
  ];
  for (const [program, body] of bodies) {
    const line = (size: number) => `Mar 14 09:20:01 gate1 ${program}[1]: ${body(size)}`;
    t.ok(
      isLinear((size) => auth.one(line(size))),
      body(30),
    );
  }
  t.end();
});

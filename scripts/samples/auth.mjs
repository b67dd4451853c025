import { MONTHS, timesBefore, USERS, withBroken } from './random.mjs';

const HOSTS = ['gate1', 'web1', 'web2', 'db1'];
const GUESSED = ['admin', 'test', 'oracle', 'root', 'ubuntu', 'pi', 'x from 192.0.2.66 port 22'];
const COMMANDS = [
  '/usr/bin/systemctl restart nginx',
  '/usr/bin/apt-get update',
  '/usr/bin/less /var/log/syslog',
  '/usr/sbin/visudo',
  '/bin/sh -c echo "done; really" > /tmp/out',
];

/** `Nov  3 09:20:01 host program[pid]: message`, as rsyslog's traditional file format has it. */
function line(time, host, program, message) {
  const date = new Date(time);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const clock = date.toISOString().slice(11, 19);
  return `${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${host} ${program}: ${message}`;
}

/** auth.log of a few Linux hosts: logins, guesses, sudo, sessions, accounts. */
export function authLog(random, end, count) {
  const lines = [];
  const times = timesBefore(end, count, random);
  let at = 0;
  while (lines.length < count) {
    const host = random.pick(HOSTS);
    const write = (program, message) => {
      const time = times[Math.min(lines.length, count - 1)];
      lines.push(line(time, host, program, message));
    };
    random.weighted([
      [5, guesses],
      [3, login],
      [3, sudo],
      [2, cron],
      [0.3, su],
      [0.2, account],
      [1, scan],
    ])(random, write, at++);
  }
  return withBroken(lines.slice(0, count), [
    'last message repeated 3 times',
    line(end, 'gate1', 'sshd[4]', 'Connection closed by 203.0.113.9 port 40022').replace(
      /^\w+ +\d+/,
      'Feb 30',
    ),
    '<192>Nov 20 10:00:00 gate1 sshd[5]: a priority that is none',
    '<38>',
  ]);
}

function guesses(random, write) {
  const sshd = `sshd[${random.int(1000, 60000)}]`;
  const ip = random.address();
  const port = random.int(1024, 65535);
  const user = random.pick(GUESSED);
  if (user !== 'root') write(sshd, `Invalid user ${user} from ${ip} port ${port}`);
  write(
    sshd,
    `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ip}${user === 'root' ? '  user=root' : ''}`,
  );
  for (let k = random.int(1, 5); k > 0; k--) {
    const name = user === 'root' ? 'root' : `invalid user ${user}`;
    write(sshd, `Failed password for ${name} from ${ip} port ${port} ssh2`);
  }
  const who = user === 'root' ? 'authenticating' : 'invalid';
  write(sshd, `Connection closed by ${who} user ${user} ${ip} port ${port} [preauth]`);
}

function login(random, write) {
  const sshd = `sshd[${random.int(1000, 60000)}]`;
  const user = random.pick(USERS);
  const ip = random.address();
  const port = random.int(1024, 65535);
  const how = random.chance(0.7)
    ? `publickey for ${user} from ${ip} port ${port} ssh2: ED25519 SHA256:${random.text(43)}`
    : `password for ${user} from ${ip} port ${port} ssh2`;
  write(sshd, `Accepted ${how}`);
  write(
    sshd,
    `pam_unix(sshd:session): session opened for user ${user}(uid=${random.int(1000, 1010)}) by (uid=0)`,
  );
  write(`systemd-logind[812]`, `New session ${random.int(1, 900)} of user ${user}.`);
  write(sshd, `Received disconnect from ${ip} port ${port}:11: disconnected by user`);
  write(sshd, `Disconnected from user ${user} ${ip} port ${port}`);
  write(sshd, `pam_unix(sshd:session): session closed for user ${user}`);
}

function sudo(random, write) {
  const user = random.pick(USERS);
  const what = `TTY=pts/${random.int(0, 4)} ; PWD=/home/${user} ; USER=root ; COMMAND=${random.pick(COMMANDS)}`;
  const failure = random.weighted([
    [8, ''],
    [1, 'user NOT in sudoers ; '],
    [1, '3 incorrect password attempts ; '],
  ]);
  write('sudo', `${user.padStart(8)} : ${failure}${what}`);
  if (failure !== '') return;
  write('sudo', `pam_unix(sudo:session): session opened for user root(uid=0) by ${user}(uid=1000)`);
  write('sudo', 'pam_unix(sudo:session): session closed for user root');
}

function cron(random, write) {
  const program = `CRON[${random.int(1000, 60000)}]`;
  write(program, 'pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)');
  write(program, 'pam_unix(cron:session): session closed for user root');
}

function su(random, write) {
  const user = random.pick(USERS);
  const program = `su[${random.int(1000, 60000)}]`;
  if (random.chance(0.7)) write(program, `(to root) ${user} on pts/${random.int(0, 4)}`);
  else write(program, `FAILED SU (to root) ${user} on pts/${random.int(0, 4)}`);
}

function account(random, write, at) {
  const id = 1100 + at;
  const name = `svc${at}`;
  write(`groupadd[${random.int(1000, 60000)}]`, `new group: name=${name}, GID=${id}`);
  write(
    `useradd[${random.int(1000, 60000)}]`,
    `new user: name=${name}, UID=${id}, GID=${id}, home=/srv/${name}, shell=/usr/sbin/nologin, from=none`,
  );
}

function scan(random, write) {
  write(
    `sshd[${random.int(1000, 60000)}]`,
    `Did not receive identification string from ${random.address()} port ${random.int(1024, 65535)}`,
  );
}

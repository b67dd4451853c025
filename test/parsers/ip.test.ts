import { isIP } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { isIp, isPrivateIp } from '../../src/parsers/ip.ts';

t.test('tells addresses from other text', (t) => {
  const addresses =
    '0.0.0.0 255.255.255.255 203.0.113.7 :: ::1 1:: 2001:db8::7 2001:DB8:0:0:0:0:0:1 1:2:3:4:5:6:7:: ::ffff:203.0.113.7 64:ff9b::192.0.2.1 1:2:3:4:5:6:192.0.2.1';
  for (const text of addresses.split(' ')) t.ok(isIp(text), text);
  const others =
    '1 1.2.3 1.2.3.4. .1.2.3.4 1.2.3.4.5 256.1.1.1 01.2.3.4 1.2.3.4/8 a.b.c.d : ::: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 12345:: g:: fe80::1%eth0 1.2.3.4::  ::1.2.3 localhost -';
  for (const text of ['', ...others.split(' ')]) t.notOk(isIp(text), text);
  t.end();
});

t.test('agrees with the platform', (t) => {
  const near = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), near), (text) => isIp(text) === isIP(text) > 0),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('tells private ranges from public ones', (t) => {
  const privates =
    '10.1.2.3 127.0.0.1 192.168.0.1 169.254.9.9 172.16.0.1 172.31.255.255 ::1 0:0:0:0:0:0:0:1 fc00::1 fd12:3456::1 fe80::1 febf::1 ::ffff:10.0.0.1';
  for (const text of privates.split(' ')) t.ok(isPrivateIp(text), text);
  const others =
    '11.1.2.3 172.15.0.1 172.32.0.1 192.169.0.1 203.0.113.7 2001:db8::1 ::2 1::1 fec0::1 fe::1 ::ffff:203.0.113.7';
  for (const text of others.split(' ')) t.notOk(isPrivateIp(text), text);
  t.end();
});

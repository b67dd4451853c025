import { createHash } from 'node:crypto';

/**
 * KEYS[1] is the lane's guard, the others are counters. Positions are digits of one length, compared as text: Lua's numbers
 * are doubles, which are too short for them. ARGV: life of a counter (ms), life of the guard (ms), then for
 * each group the positions of its first and last payload, the number of its counters, and their increments.
 *
 * A group counts only when its first payload lies behind the guard. One whose payloads were counted in part comes from
 * a request that was given up and sent again in pieces: it is left alone, and the answer says so.
 * Returns { groups left alone, index of a refused counter, its error, … }.
 */
export const script = `
local guard = redis.call('GET', KEYS[1]) or ''
local mark = nil
local answer = { 0 }
local key, arg = 2, 3
while arg <= #ARGV do
  local from, to, count = ARGV[arg], ARGV[arg + 1], tonumber(ARGV[arg + 2])
  if guard < from then
    for i = 0, count - 1 do
      local reply = redis.pcall('INCRBY', KEYS[key + i], ARGV[arg + 3 + i])
      if type(reply) ~= 'table' then
        redis.call('PEXPIRE', KEYS[key + i], ARGV[1])
      elseif string.find(reply.err, 'WRONGTYPE') or string.find(reply.err, 'not an integer')
        or string.find(reply.err, 'overflow') then
        answer[#answer + 1] = key + i - 2
        answer[#answer + 1] = reply.err
      else
        return reply
      end
    end
    guard = to
    mark = to
  elseif guard < to then
    answer[1] = answer[1] + 1
  end
  key = key + count
  arg = arg + 3 + count
end
if mark then redis.call('SET', KEYS[1], mark, 'PX', ARGV[2]) end
return answer
`;

export const scriptHash = createHash('sha1').update(script).digest('hex');

/** Guards of incarnations that are gone; long enough for the longest outage that a lane sits out. */
export const guardLifeMs = 7 * 24 * 3600_000;

export interface ScriptAnswer {
  /** Groups that were left alone because others had counted a part of them. */
  readonly torn: number;
  /** Counters that cannot be incremented, by their index in the call. */
  readonly refused: ReadonlyMap<number, string>;
}

/** @returns undefined when the server answered something else */
export function parseAnswer(answer: unknown): ScriptAnswer | undefined {
  if (!Array.isArray(answer)) return undefined;
  const [torn, ...pairs] = answer as unknown[];
  if (typeof torn !== 'number') return undefined;
  const refused = new Map<number, string>();
  for (let at = 0; at + 1 < pairs.length; at += 2)
    refused.set(Number(pairs[at]), String(pairs[at + 1]));
  return { torn, refused };
}

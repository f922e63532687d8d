import { createHash } from 'node:crypto';
import { isUnderstood, type LogEntry, type RevocationState, type Slot } from './entry.js';

// docs/protocol.md has the form, vectors/log.json the proof.
const kindBytes = { state: 1, issuer: 2, key: 3, mark: 4 };
const fixedBytes = 1 + 2 * 8 + 4 * 4 + 9 * 8;
const noText = 0xffff_ffff;
const two32 = 2 ** 32;

/** The canonical bytes of an entry, over which the chain runs. One that is not understood has none. */
export function encodeEntry(entry: LogEntry): Buffer | null {
  if (entry.kind === 'unknown' || !isUnderstood(entry)) return null;
  const texts = [entry.issuer, ...matchTexts(entry)];
  const bytes = Buffer.allocUnsafe(texts.reduce((length, text) => length + Buffer.byteLength(text ?? ''), fixedBytes));
  let at = bytes.writeUInt8(kindBytes[entry.kind]);

  const number = (value: number): void => {
    at = bytes.writeUInt32BE(Math.floor(value / two32), at);
    at = bytes.writeUInt32BE(value % two32, at);
  };
  const text = (value: string | null): void => {
    at = bytes.writeUInt32BE(value === null ? noText : Buffer.byteLength(value), at);
    at += value === null ? 0 : bytes.write(value, at);
  };
  number(entry.position);
  number(entry.at);
  texts.forEach(text);
  stateNumbers(entry.kind === 'state' ? entry.state : null).forEach(number);
  return bytes;
}

/** The chain of an empty log. */
export function startChain(epoch: string): string {
  return createHash('sha256').update(`rescind${epoch}`).digest('base64url');
}

/** The chain after one more entry; null after one that has no canonical bytes. */
export function nextChain(chain: string, entry: LogEntry): string | null {
  const bytes = encodeEntry(entry);
  return bytes && createHash('sha256').update(chain, 'base64url').update(bytes).digest('base64url');
}

// A record travels in `value`, a key's id in `name`.
function matchTexts(entry: LogEntry): readonly (string | null)[] {
  switch (entry.kind) {
    case 'state': return [entry.match.kind, entry.match.name, entry.match.value];
    case 'issuer': return ['issuer', null, entry.record];
    case 'key': return ['key', entry.keyId, entry.record];
    default: return [null, null, null];
  }
}

function stateNumbers(state: RevocationState | null): readonly number[] {
  const slot = (one: Slot | null | undefined): readonly number[] => [one?.by ?? 0, one?.second ?? 0];
  return [...slot(state?.end), ...slot(state?.renew), ...slot(state?.reauthenticate), ...slot(state?.block), state?.rememberUntil ?? 0];
}

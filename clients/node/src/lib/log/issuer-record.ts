import { JsonNumber, readJsonObject, type JsonObject, type JsonValue } from '../tokens/json.js';
import { readPosition } from './position.js';

/** How long an issuer's tokens and logins can live and how its clock may differ, in seconds: the numbers that retention used (G6). */
export interface IssuerLimits {
  /** The longest `exp - iat`; null where the issuer declared none. */
  readonly maxTokenLifetime: number | null;
  readonly maxSessionLifetime: number | null;
  /** Added to every foreign cutoff (T-3). */
  readonly clockSkew: number;
  /** How long after `exp` a token is still taken (T-4). */
  readonly leeway: number;
}

/** What the Authority declares about one issuer; travels in the log. */
export interface IssuerRecord {
  readonly issuer: string;
  /** Whether this is the Authority's own issuer: the only one whose `lpos` counts. */
  readonly own: boolean;
  readonly limits: IssuerLimits;
  /** The numbers for what was issued up to `changedAt` and the skew; null if they never changed. */
  readonly earlierLimits: IssuerLimits | null;
  readonly changedAt: number;
  readonly issuedAtAbsent: boolean;
  /** Whether a token without the subject's claim is refused even if it names a client. */
  readonly subjectRequired: boolean;
  readonly types: readonly string[];
  readonly algorithms: readonly string[];
  /** Which claims name what; an empty name for what its tokens do not carry. */
  readonly claims: { readonly subject: string; readonly session: string; readonly token: string; readonly client: string };
}

const standardClaims = { subject: 'sub', session: 'sid', token: 'jti', client: 'client_id' };

/**
 * Reads the JSON text of the log. Null for a form that this version cannot read: the verifier is then too old and says unknown, rather
 * than judging by numbers that it has guessed. Members that a newer Authority adds are ignored.
 */
export function readIssuerRecord(json: string): IssuerRecord | null {
  const record = readJsonObject(Buffer.from(json));
  try {
    return typeof record === 'string' ? null : fromMembers(record);
  } catch (failure) {
    if (failure instanceof TypeError) return null;
    throw failure;
  }
}

/** The numbers that hold for something issued at `instant`, in seconds since the Unix epoch. */
export function limitsFor(record: IssuerRecord, instant: number): IssuerLimits {
  const earlier = record.earlierLimits;
  const isEarlier = earlier !== null && instant <= record.changedAt + Math.max(earlier.clockSkew, record.limits.clockSkew);
  return isEarlier ? earlier : record.limits;
}

function fromMembers(record: JsonObject): IssuerRecord {
  const claims = optional(record.get('claims'), object);
  const earlier = optional(record.get('earlier_limits'), limits);
  // Of use to others alone; but what one verifier cannot read, none can.
  optional(record.get('sends_auth_time'), flag);
  optional(record.get('jwks_uri'), text);
  optional(record.get('logout_audiences'), texts);
  return {
    issuer: text(record.get('issuer')),
    own: optional(record.get('own'), flag) ?? false,
    limits: limits(record.get('limits')),
    earlierLimits: earlier,
    changedAt: optional(record.get('changed_at'), whole) ?? 0,
    issuedAtAbsent: optional(record.get('issued_at_absent'), flag) ?? false,
    subjectRequired: optional(record.get('subject_required'), flag) ?? false,
    types: texts(record.get('types')),
    algorithms: texts(record.get('algorithms')),
    claims: {
      subject: optional(claims?.get('subject'), text) ?? standardClaims.subject,
      session: optional(claims?.get('session'), text) ?? standardClaims.session,
      token: optional(claims?.get('token'), text) ?? standardClaims.token,
      client: optional(claims?.get('client'), text) ?? standardClaims.client,
    },
  };
}

function limits(value: JsonValue | undefined): IssuerLimits {
  const members = object(value);
  if (!members.has('max_token_lifetime') || !members.has('max_session_lifetime')) throw new TypeError('a lifetime');
  return {
    maxTokenLifetime: optional(members.get('max_token_lifetime'), whole),
    maxSessionLifetime: optional(members.get('max_session_lifetime'), whole),
    clockSkew: whole(members.get('clock_skew')),
    leeway: whole(members.get('leeway')),
  };
}

function optional<T>(value: JsonValue | undefined, read: (value: JsonValue) => T): T | null {
  return value === undefined || value === null ? null : read(value);
}

function object(value: JsonValue | undefined): JsonObject {
  if (!(value instanceof Map)) throw new TypeError('an object');
  return value;
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('a text');
  return value;
}

function texts(value: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError('a list');
  return value.map(text);
}

function flag(value: JsonValue): boolean {
  if (typeof value !== 'boolean') throw new TypeError('a flag');
  return value;
}

function whole(value: JsonValue | undefined): number {
  const number = value instanceof JsonNumber ? readPosition(value.raw) : null;
  if (number === null) throw new TypeError('a number');
  return number;
}

import { JsonNumber, type JsonObject, type JsonValue } from './json.js';

/** The payload as frozen plain objects without a prototype, so that no claim can be taken for a method (T-22). Numbers are doubles. */
export interface Claims {
  readonly [name: string]: unknown;
}

export function plainClaims(claims: JsonObject): Claims {
  return plain(claims) as Claims;
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.raw);
  if (Array.isArray(value)) return Object.freeze(value.map(plain));
  if (!(value instanceof Map)) return value;
  const object = Object.create(null) as Record<string, unknown>;
  // Without a prototype even __proto__ is a name like any other.
  for (const [name, member] of value as JsonObject) object[name] = plain(member);
  return Object.freeze(object);
}

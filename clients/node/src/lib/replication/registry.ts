import type { LogEntry } from '../log/entry.js';
import { readIssuerRecord, type IssuerRecord } from '../log/issuer-record.js';

/** What the log says of issuers and of our own keys. Immutable: a change makes a new one, with the untouched records in it. */
export interface Registry {
  readonly issuers: ReadonlyMap<string, IssuerRecord>;
  /** `kid` to JWK text. */
  readonly ownKeys: ReadonlyMap<string, string>;
  readonly own: IssuerRecord | null;
  /** Whether a record was of a form that this version cannot read. */
  readonly isTooOld: boolean;
}

export const emptyRegistry: Registry = { issuers: new Map(), ownKeys: new Map(), own: null, isTooOld: false };

/** The registry after these entries; the same one if they say nothing of it. */
export function withEntries(registry: Registry, entries: readonly LogEntry[]): Registry {
  if (!entries.some(({ kind }) => kind === 'issuer' || kind === 'key')) return registry;
  const issuers = new Map(registry.issuers);
  const ownKeys = new Map(registry.ownKeys);
  let isTooOld = registry.isTooOld;
  for (const entry of entries) {
    if (entry.kind === 'key') put(ownKeys, entry.keyId, entry.record);
    if (entry.kind !== 'issuer') continue;
    const record = entry.record === null ? null : readIssuerRecord(entry.record);
    if (entry.record !== null && record === null) isTooOld = true;
    else put(issuers, entry.issuer, record);
  }
  return { issuers, ownKeys, own: [...issuers.values()].find(({ own }) => own) ?? null, isTooOld };
}

function put<V>(records: Map<string, V>, name: string, record: V | null): void {
  if (record === null) records.delete(name);
  else records.set(name, record);
}

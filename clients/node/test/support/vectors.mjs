import { readFileSync } from 'node:fs';
import { readSnapshotLine } from '../../dist/lib/feeding/wire.js';
import { readIssuerRecord } from '../../dist/lib/log/issuer-record.js';

/** One file of the vectors: the one truth that every implementation executes. */
export const vectors = (name) => JSON.parse(readFileSync(new URL(`../../../../vectors/${name}.json`, import.meta.url), 'utf8'));

/** An entry of the log, from its JSON on the wire. */
export const readEntry = (json) => readSnapshotLine(Buffer.from(JSON.stringify(json))).entry;

export const readRecord = (json) => readIssuerRecord(JSON.stringify(json));

/** The entry by which the log brings an issuer's record. */
export const issuerEntry = (json, position = 1) =>
  ({ kind: 'issuer', position, at: 0, issuer: json.issuer, record: JSON.stringify(json) });

import type { TokenFacts } from '../tokens/facts.js';

/** What is so of every match of one kind. */
interface Kind {
  /** Whether an end needs no cutoff: all that such a match will ever name is to be over. */
  readonly endsUnconditionally: boolean;
  /** The texts by which a token is named, null for one that it does not have; none for a tag, which has a name as well. */
  readonly texts: readonly ((facts: TokenFacts) => string | null)[];
}

const kinds = {
  token: { endsUnconditionally: true, texts: [({ match }) => match.kind === 'token' ? match.value : null] },
  digest: { endsUnconditionally: true, texts: [({ match }) => match.kind === 'digest' ? match.value : null] },
  session: { endsUnconditionally: true, texts: [({ sessionId }) => sessionId] },
  subject: { endsUnconditionally: false, texts: [({ subject }) => subject] },
  client: { endsUnconditionally: false, texts: [({ clientId }) => clientId] },
  tag: { endsUnconditionally: false, texts: [] },
  key: { endsUnconditionally: true, texts: [({ keyId }) => keyId, ({ keyThumbprint }) => keyThumbprint] },
  issuer: { endsUnconditionally: false, texts: [() => ''] },
} as const satisfies Record<string, Kind>;

/** What a revocation names, always under one issuer; the words of the wire. */
export type MatchKind = keyof typeof kinds;

export const matchKinds = Object.keys(kinds) as readonly MatchKind[];

/** Every way to name a token but by a tag. */
export const textMatches: readonly { readonly kind: MatchKind; readonly textOf: (facts: TokenFacts) => string | null }[] =
  (Object.entries<Kind>(kinds) as [MatchKind, Kind][]).flatMap(([kind, { texts }]) => texts.map((textOf) => ({ kind, textOf })));

/** Whether an end of this kind needs no cutoff. */
export function endsUnconditionally(kind: MatchKind): boolean {
  return kinds[kind].endsUnconditionally;
}

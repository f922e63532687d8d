const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
const part = new RegExp(`([\\w-]+)\\s*=\\s*(?:${quoted}|([^\\s,"]+))|([\\w-]+)`, 'g');

/**
 * The `error` of the Bearer challenge of a 401: `invalid_token`, say. Undefined if there is none; null if the page cannot read the header,
 * because the API does not expose it to other origins (BT-8).
 */
export function bearerError(answer: Response): string | null | undefined {
  const header = answer.headers.get('www-authenticate');
  if (header === null) return null;
  let isBearer = false;
  for (const [, name, text, word, scheme] of header.matchAll(part)) {
    if (scheme !== undefined) isBearer = scheme.toLowerCase() === 'bearer';
    else if (isBearer && name?.toLowerCase() === 'error') return text ?? word;
  }
  return undefined;
}

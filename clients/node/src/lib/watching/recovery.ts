/** What of an adapter of Socket.IO 4 recovers connections. */
interface Adapter {
  restoreSession?(session: string, offset: string): unknown;
}

/** A namespace of Socket.IO 4; a parent makes others, from a function or a regular expression. */
interface Namespace {
  adapter: Adapter;
  readonly children?: ReadonlySet<object>;
  createChild?(name: string): object;
}

/**
 * Lets connections of a namespace, and of those that it makes, recover only while their session is valid. What a client missed is sent to it while
 * it is recovered, before any middleware: so recovering has to be refused, not the client.
 */
export function recoverOnlyValid(namespace: object, isValid: (session: string) => boolean): void {
  const protectedOne = namespace as Namespace;
  guardAdapters(protectedOne, isValid);
  const { createChild } = protectedOne;
  if (createChild === undefined) return;
  protectedOne.createChild = (name) => {
    const child = createChild.call(protectedOne, name);
    recoverOnlyValid(child, isValid);
    return child;
  };
}

/** The namespaces that a parent has made already. */
export function childrenOf(namespace: object): readonly object[] {
  return [...(namespace as Namespace).children ?? []];
}

/** The adapter that is there, and those that the app sets later. */
function guardAdapters(namespace: Namespace, isValid: (session: string) => boolean): void {
  const before = Object.getOwnPropertyDescriptor(namespace, 'adapter');
  let { adapter } = namespace;
  const set = (next: Adapter): void => {
    before?.set?.(next);
    adapter = next;
    guard(adapter, isValid);
  };
  Object.defineProperty(namespace, 'adapter', { get: () => adapter, set, enumerable: true, configurable: true });
  guard(adapter, isValid);
}

function guard(adapter: Adapter, isValid: (session: string) => boolean): void {
  const restore = adapter.restoreSession?.bind(adapter);
  if (restore === undefined) return;
  adapter.restoreSession = async (session, offset) => {
    const found = isValid(session) ? await restore(session, offset) : null;
    // It may have been taken back while a store was asked.
    return isValid(session) ? found : null;
  };
}

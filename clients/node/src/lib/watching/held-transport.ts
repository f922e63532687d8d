/** What of a transport of Socket.IO matters here. */
export interface TransportLike {
  write(...packet: any[]): unknown;
  close(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Ends what uses a transport, now, and lets the other end hear of it later: what `end` writes waits, and so does its close of the transport. What
 * is written afterwards goes nowhere.
 */
export function endNowTellLater(transport: TransportLike, delayMs: number, end: () => void): void {
  const { write, close } = transport;
  const told: unknown[][] = [];
  transport.write = (...packet) => told.push(packet);
  transport.close = () => {};
  try {
    end();
  } finally {
    transport.write = () => {};
    transport.close = close;
    setTimeout(() => {
      for (const packet of told) write.apply(transport, packet);
      transport.close();
    }, delayMs).unref();
  }
}

import { closingEvent, type Closing } from './closing.js';

interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly data?: readonly unknown[];
}

/** One client of Socket.IO 4: a transport, and a socket in each namespace that uses it. Socket.IO keeps most of it to itself. */
interface Client {
  readonly conn: {
    readonly readyState: string;
    writeBuffer: readonly { readonly options?: Readonly<Record<symbol, unknown>> }[];
    readonly transport: { readonly socket?: { readonly bufferedAmount?: number; terminate?(): void } };
  };
  readonly sockets: ReadonlyMap<string, object>;
  readonly decoder: Record<'on' | 'off', (event: 'decoded', listener: (packet: Packet) => void) => unknown>;
  connectTimeout?: NodeJS.Timeout | undefined;
  ondecoded(packet: Packet): void;
  _packet(packet: unknown, options?: object): void;
  writeToEngine(packets: unknown, options?: object): void;
  close(): void;
}

/** A socket of Socket.IO 4, one namespace of a client. */
interface NamespaceSocket {
  client: Client;
  readonly nsp: { readonly name: string; readonly server: { connectTimeout(): number } };
  _onpacket(packet: Packet): void;
  disconnect(): unknown;
}

/** The namespaces of a client that are over here, and how many of these it has not been told of yet. */
interface Ended {
  readonly names: Set<string>;
  untold: number;
}

// The types of packets, by their numbers on the wire.
const connect = 0;
const disconnect = 1;
const event = 2;

const owner = Symbol('owner');
const ended = new WeakMap<Client, Ended>();

/** The way in and out of one socket of Socket.IO: ends it without a trace for the other namespaces that share its transport. */
export class NamespaceGate {
  readonly #socket: NamespaceSocket;
  readonly #client: Client;
  #isShut = false;

  /** `mayPass` is asked before each packet, in either direction. */
  constructor(socket: object, mayPass: () => boolean) {
    this.#socket = socket as NamespaceSocket;
    const { client, _onpacket: take } = this.#socket;
    this.#client = client;
    const passes = (): boolean => !this.#isShut && mayPass();
    this.#socket._onpacket = (packet) => { if (passes()) take.call(this.#socket, packet); };
    const write = (name: '_packet' | 'writeToEngine') => (packets: unknown, options?: object): void => {
      if (passes()) client[name](packets, { ...options, [owner]: this });
    };
    // Its own messages and broadcasts alike go through the client of the socket.
    this.#socket.client = Object.create(client, { _packet: { value: write('_packet') }, writeToEngine: { value: write('writeToEngine') } }) as Client;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  /** Takes and delivers nothing any more, nor what waits for the transport. */
  shut(): void {
    this.#isShut = true;
    const { conn } = this.#client;
    conn.writeBuffer = conn.writeBuffer.filter(({ options }) => options?.[owner] !== this);
  }

  /** Ends the socket for the server, now; its client is told after a delay. */
  end(closing: Closing, delayMs: number): void {
    this.shut();
    const client = this.#client;
    const over = endedOf(client);
    over.names.add(this.#socket.nsp.name);
    over.untold++;
    this.#socket.disconnect();
    const { socket: network } = client.conn.transport;
    // What the network has not taken yet would still be delivered; its client comes back, and is told then.
    if (client.sockets.size === 0 && over.untold === 1 && (network?.bufferedAmount ?? 0) > 0) network?.terminate?.();
    else if (delayMs === 0) this.#tell(closing, over);
    else setTimeout(() => this.#tell(closing, over), delayMs).unref();
  }

  #tell(closing: Closing, over: Ended): void {
    const { name: nsp } = this.#socket.nsp;
    over.untold--;
    // It may have come back by itself meanwhile.
    if (over.names.has(nsp)) {
      this.#client._packet({ type: event, nsp, data: [closingEvent, closing] });
      this.#client._packet({ type: disconnect, nsp });
    }
    this.#closeUnused(over);
  }

  /**
   * A transport without a namespace is closed once it has had the time that Socket.IO gives a new one, because another namespace may be on its
   * way in. Clients of Socket.IO close it by themselves, at once.
   */
  #closeUnused(over: Ended): void {
    const client = this.#client;
    const isUnused = (): boolean => client.sockets.size === 0 && over.untold === 0 && client.conn.readyState === 'open';
    if (!isUnused()) return;
    // Under this name Socket.IO stops it when a namespace is joined, or the transport is gone.
    clearTimeout(client.connectTimeout);
    client.connectTimeout = setTimeout(() => { if (isUnused()) client.close(); }, this.#socket.nsp.server.connectTimeout()).unref();
  }
}

/** What of a client is over. From the first time on, what it still sends there is ignored: Socket.IO would close the whole transport. */
function endedOf(client: Client): Ended {
  const known = ended.get(client);
  if (known !== undefined) return known;
  const over: Ended = { names: new Set(), untold: 0 };
  ended.set(client, over);
  const { decoder, ondecoded } = client;
  decoder.off('decoded', ondecoded);
  decoder.on('decoded', (packet) => {
    // The query belongs to the name in packets of old clients.
    const name = packet.nsp.split('?', 1)[0] as string;
    if (packet.type === connect) over.names.delete(name);
    if (!over.names.has(name)) ondecoded(packet);
  });
  return over;
}

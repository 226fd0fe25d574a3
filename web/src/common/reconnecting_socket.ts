// A session's WebSocket that comes back: the tries, their delays, and what the browser says of the
// network. What is said on it is its owner's.

import type { Session } from "./api";

export interface SocketOwner {
  /** Asks for the session, before each try; "unreachable" is worth another one. */
  look(): Promise<Session | "unknown" | "unreachable">;
  /** Where to connect to; undefined when that is nowhere: the owner has closed the socket then. */
  address(session: Session | "unknown"): string | undefined;
  onOpen(socket: WebSocket): void;
  onMessage(data: unknown): void;
  /** The other end has closed it: the owner calls `lose` or `close`. */
  onClose(code: number): void;
  /** The connection is gone, and coming back. */
  onLost(): void;
}

const kFirstDelay = 500;
const kLongestDelay = 10_000;

/**
 * How long to wait before try number `attempt` (0, 1, …), in milliseconds: doubling, with the upper
 * half left to `random` (0 to 1), so that a hall full of phones does not come back at once.
 */
export function retryDelay(attempt: number, random: number): number {
  const longest = Math.min(kLongestDelay, kFirstDelay * 2 ** attempt);
  return longest * (0.5 + 0.5 * random);
}

export class ReconnectingSocket {
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private attempt = 0;
  private connectedAt = 0;
  private closed = false;
  private readonly hurry = (): void => this.tryNow();
  private readonly drop = (): void => this.lose();

  /**
   * Nothing happens before `open`.
   *
   * @param heldFor a connection that held longer than this was a good one: see `good`. In milliseconds
   */
  constructor(private readonly owner: SocketOwner, private readonly heldFor = Infinity) {}

  open(): void {
    this.closed = false;
    addEventListener("online", this.hurry);
    addEventListener("offline", this.drop);
    void this.connect();
  }

  /** For good, unless it is opened again; the owner hears nothing more. */
  close(): void {
    this.closed = true;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.drop);
    clearTimeout(this.timer);
    this.forget();
  }

  /** The socket, when there is one; it may not be open yet. */
  get current(): WebSocket | undefined {
    return this.socket;
  }

  isClosed(): boolean {
    return this.closed;
  }

  /** The connection is a good one: the delays begin anew. */
  good(): void {
    this.attempt = 0;
  }

  /** Drops the socket, and tries again later. */
  lose(): void {
    this.forget();
    clearTimeout(this.timer);
    if (this.connectedAt !== 0 && Date.now() - this.connectedAt > this.heldFor) this.good();
    this.connectedAt = 0;
    this.timer = setTimeout(() => void this.connect(), retryDelay(this.attempt++, Math.random()));
    this.owner.onLost();
  }

  private async connect(): Promise<void> {
    this.timer = undefined;
    const session = await this.owner.look();
    if (this.closed || this.socket !== undefined || this.timer !== undefined) return;
    if (session === "unreachable") return this.lose();
    const address = this.owner.address(session);
    if (address === undefined) return;
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.connectedAt = Date.now();
      this.owner.onOpen(socket);
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.owner.onMessage(event.data);
    socket.onclose = (event) => {
      this.forget();
      this.owner.onClose(event.code);
    };
  }

  private tryNow(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.connect();
  }

  private forget(): void {
    if (this.socket === undefined) return;
    this.socket.onopen = null;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }
}

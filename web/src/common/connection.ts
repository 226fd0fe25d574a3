// A session's captions or speech socket that comes back: after a loss, captions are asked for from
// the last final on.

import { channelAddress, getSession, parseMessage } from "./api";
import type { Channel, Message, Session } from "./api";

export type Ending =
  /** No session has this code (any more). */
  | "unknown"
  /** The session does not have this language. */
  | "language"
  /** The talk is over. */
  | "ended";

export interface Listener {
  /** The session as the server knows it, before each connection; answers in which language. */
  onSession(session: Session): string;
  onMessage(message: Message): void;
  /** A binary frame. */
  onSound?(sound: ArrayBuffer): void;
  /** The connection is gone, and coming back. */
  onLost(): void;
  /** It will not come back. */
  onEnding(ending: Ending): void;
}

const kFirstDelay = 500;
const kLongestDelay = 10_000;
/** A connection that held this long was a good one: the delays begin anew. In milliseconds. */
const kHeld = 5_000;
const kCloseUnknown = 4404;
const kCloseLanguage = 4400;

/**
 * How long to wait before try number `attempt` (0, 1, …), in milliseconds: doubling, with the upper
 * half left to `random` (0 to 1), so that a hall full of phones does not come back at once.
 */
export function retryDelay(attempt: number, random: number): number {
  const longest = Math.min(kLongestDelay, kFirstDelay * 2 ** attempt);
  return longest * (0.5 + 0.5 * random);
}

/** In which languages a session can be followed. */
function languagesOf(session: Session, channel: Channel): readonly string[] {
  return channel === "speech" ? session.speech : [session.language, ...session.targets];
}

export class SessionConnection {
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private attempt = 0;
  private connectedAt = 0;
  private ended = false;
  private closed = false;
  private since: number | undefined;
  private readonly hurry = (): void => this.tryNow();
  private readonly drop = (): void => this.lose();

  /** Nothing happens before `open`. */
  constructor(
    private readonly id: string,
    private readonly channel: Channel,
    private readonly listener: Listener,
  ) {}

  open(): void {
    this.closed = false;
    addEventListener("online", this.hurry);
    addEventListener("offline", this.drop);
    void this.connect();
  }

  /** For good; the listener hears nothing more. */
  close(): void {
    this.closed = true;
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.drop);
    clearTimeout(this.timer);
    this.forgetSocket();
  }

  /**
   * Follows another language. True when it was asked for on the open socket: a `language` message
   * answers before anything in it, or an error message, and then the old one goes on. False when
   * there was none open: then there is a new one, in the language that `onSession` answers.
   */
  changeLanguage(lang: string): boolean {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "language", lang, since: this.since }));
      return true;
    }
    this.close();
    this.attempt = 0;
    this.open();
    return false;
  }

  private async connect(): Promise<void> {
    this.timer = undefined;
    const session = await getSession(this.id);
    if (this.closed || this.socket !== undefined || this.timer !== undefined) return;
    if (session === "unreachable") return this.lose();
    if (session === "unknown") return this.end("unknown");
    const lang = this.listener.onSession(session);
    if (!languagesOf(session, this.channel).includes(lang)) return this.end("language");
    this.ended = session.state === "ended";
    const socket = new WebSocket(channelAddress(this.id, this.channel, lang, this.since));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => (this.connectedAt = Date.now());
    socket.onmessage = (event: MessageEvent<unknown>) => this.receive(event.data);
    socket.onclose = (event) => this.onClose(event.code);
  }

  private receive(frame: unknown): void {
    if (frame instanceof ArrayBuffer) return this.listener.onSound?.(frame);
    const message = parseMessage(frame);
    if (message === undefined) return;
    if (message.type === "status") this.ended = message.state === "ended";
    if (message.type === "caption" && message.final) {
      this.since = Math.max(this.since ?? 0, message.seq);
    }
    this.listener.onMessage(message);
  }

  private onClose(code: number): void {
    this.forgetSocket();
    if (code === kCloseUnknown) return this.end("unknown");
    if (code === kCloseLanguage) return void this.refused();
    if (this.ended) return this.end("ended");
    this.lose();
  }

  /** The language is not there after all: learn which are. */
  private async refused(): Promise<void> {
    const session = await getSession(this.id);
    if (this.closed) return;
    if (typeof session !== "string") this.listener.onSession(session);
    this.end("language");
  }

  private end(ending: Ending): void {
    this.close();
    this.listener.onEnding(ending);
  }

  private lose(): void {
    this.forgetSocket();
    clearTimeout(this.timer);
    if (this.connectedAt !== 0 && Date.now() - this.connectedAt > kHeld) this.attempt = 0;
    this.connectedAt = 0;
    this.timer = setTimeout(() => void this.connect(), retryDelay(this.attempt++, Math.random()));
    this.listener.onLost();
  }

  private tryNow(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.connect();
  }

  private forgetSocket(): void {
    if (this.socket === undefined) return;
    this.socket.onopen = null;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = undefined;
  }
}

/** The same for captions. */
export class CaptionConnection extends SessionConnection {
  constructor(id: string, listener: Listener) {
    super(id, "captions", listener);
  }
}

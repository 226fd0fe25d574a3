// A session's captions or speech socket that comes back: after a loss, captions are asked for from
// the last final on.

import { channelAddress, getSession, parseMessage } from "./api";
import type { Channel, Message, Session } from "./api";
import { listenerOf, rememberListener } from "./listener_id";
import { ReconnectingSocket } from "./reconnecting_socket";

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

/** A connection that held this long was a good one, in milliseconds. */
const kHeld = 5_000;
const kCloseUnknown = 4404;
const kCloseLanguage = 4400;

/** In which languages a session can be followed. */
function languagesOf(session: Session, channel: Channel): readonly string[] {
  return channel === "speech" ? session.speech : [session.language, ...session.targets];
}

export class SessionConnection {
  private readonly socket: ReconnectingSocket;
  private ended = false;
  private since: number | undefined;

  /** Nothing happens before `open`. */
  constructor(
    private readonly id: string,
    private readonly channel: Channel,
    private readonly listener: Listener,
  ) {
    this.socket = new ReconnectingSocket({
      look: () => getSession(id),
      address: (session) => this.address(session),
      onOpen: () => {},
      onMessage: (data) => this.receive(data),
      onClose: (code) => this.onClose(code),
      onLost: () => listener.onLost(),
    }, kHeld);
  }

  open(): void {
    this.socket.open();
  }

  /** For good; the listener hears nothing more. */
  close(): void {
    this.socket.close();
  }

  /**
   * Follows another language. True when it was asked for on the open socket: a `language` message
   * answers before anything in it, or an error message, and then the old one goes on. False when
   * there was none open: then there is a new one, in the language that `onSession` answers.
   */
  changeLanguage(lang: string): boolean {
    const { current } = this.socket;
    if (current?.readyState === WebSocket.OPEN) {
      current.send(JSON.stringify({ type: "language", lang, since: this.since }));
      return true;
    }
    this.close();
    this.socket.good();
    this.open();
    return false;
  }

  private address(session: Session | "unknown"): string | undefined {
    if (session === "unknown") return this.end("unknown");
    const lang = this.listener.onSession(session);
    if (!languagesOf(session, this.channel).includes(lang)) return this.end("language");
    this.ended = session.state === "ended";
    return channelAddress(this.id, this.channel, lang, this.since, listenerOf(this.id));
  }

  private receive(frame: unknown): void {
    if (frame instanceof ArrayBuffer) return this.listener.onSound?.(frame);
    const message = parseMessage(frame);
    if (message === undefined) return;
    if (message.type === "listener") return rememberListener(this.id, message.id);
    if (message.type === "status") this.ended = message.state === "ended";
    if (message.type === "caption" && message.final) {
      this.since = Math.max(this.since ?? 0, message.seq);
    }
    this.listener.onMessage(message);
  }

  private onClose(code: number): void {
    if (code === kCloseUnknown) this.end("unknown");
    else if (code === kCloseLanguage) void this.refused();
    else if (this.ended) this.end("ended");
    else this.socket.lose();
  }

  /** The language is not there after all: learn which are. */
  private async refused(): Promise<void> {
    const session = await getSession(this.id);
    if (this.socket.isClosed()) return;
    if (typeof session !== "string") this.listener.onSession(session);
    this.end("language");
  }

  private end(ending: Ending): undefined {
    this.close();
    this.listener.onEnding(ending);
  }
}

// The audio thread's part of the recorder: a bundle of its own, /app/capture_worklet.js.
//
// What comes in is mixed to one channel by the node. It is posted as Int16Array in pieces of about
// 100 ms, at the context's rate. "flush" posts what is left of a piece, then "flushed".

// TypeScript's DOM library does not have the audio thread's globals.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const kPieceSeconds = 0.1;
/** The server takes no less in one message; the last piece is filled up with silence. */
const kShortestSeconds = 0.02;

class Capture extends AudioWorkletProcessor {
  private piece = new Int16Array(Math.round(sampleRate * kPieceSeconds));
  private filled = 0;

  constructor() {
    super();
    this.port.onmessage = () => this.flush();
  }

  /** Nothing connected is nothing recorded: not even silence. */
  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    for (const value of inputs[0]?.[0] ?? []) {
      // 16-bit files come through as they are: the decoder divides by the same 32768.
      this.piece[this.filled++] = Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
      if (this.filled === this.piece.length) this.post(this.filled);
    }
    return true;
  }

  private post(length: number): void {
    const full = this.piece;
    this.piece = new Int16Array(full.length);
    this.filled = 0;
    const piece = length === full.length ? full : full.slice(0, length);
    this.port.postMessage(piece, [piece.buffer]);
  }

  private flush(): void {
    if (this.filled > 0) {
      this.post(Math.max(this.filled, Math.ceil(sampleRate * kShortestSeconds)));
    }
    this.port.postMessage("flushed");
  }
}

registerProcessor("capture", Capture);

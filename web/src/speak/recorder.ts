// Where the sound comes from: the microphone, or a file that is played as if it were spoken. Both
// go through the same audio context and worklet.

import { checkWav } from "./wav_file";

export type RecordingProblem =
  /** The browser offers no microphone to a page that came over plain http. */
  | "insecure"
  | "refused"
  | "noMicrophone"
  /** Another program has it, or it failed. */
  | "microphoneBusy"
  | "fileUnknown" | "fileEmpty" | "fileCut" | "fileTooLarge";

export class RecordingError extends Error {
  constructor(
    readonly problem: RecordingProblem,
    /** For "fileCut": the seconds that are there, and how many the file promises. */
    readonly seconds = 0,
    readonly promised = 0,
  ) {
    super(problem);
  }
}

export interface RecordingListener {
  /** About 100 ms of sound. */
  onPiece(samples: Int16Array): void;
  /** The microphone was pulled out. */
  onGone(): void;
  /** The file is over. */
  onFinished(): void;
}

/** Decoded sound takes ten times the room. */
const kLargestFile = 100 * 1024 * 1024;
/** The server's range ends here; studio cards run faster. */
const kFastest = 48_000;
/** In milliseconds. */
const kPatience = 3_000;

/**
 * As it is: what browsers do for telephone calls hurts a recogniser. There is no loudspeaker whose
 * echo could be cancelled; noise suppression, made for ears, swallows soft consonants; gain control
 * (Chromium's begins with 10 dB, which clips a loud voice's first words) lifts the noise in the
 * pauses by which segments end, and would hide from the meter what it is there to show. Makers of
 * recognisers ask for none of the three (Google Cloud Speech-to-Text, "Best practices").
 */
const kMicrophone: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};

/** Whether this page may record at all. Both parts are missing where the page is not secure. */
export function canRecord(): boolean {
  return isSecureContext && "mediaDevices" in navigator && "AudioWorkletNode" in window;
}

export class Recorder {
  private readonly node: AudioWorkletNode;
  private source: AudioBufferSourceNode | MediaStreamAudioSourceNode | undefined;
  private stream: MediaStream | undefined;
  private listener: RecordingListener | undefined;
  private running = true;
  private flushed: (() => void) | undefined;

  /** Must begin in a person's click, or the browser does not let the sound run. */
  static async microphone(): Promise<Recorder> {
    return this.open((recorder) => recorder.openMicrophone());
  }

  static async file(file: File): Promise<Recorder> {
    return this.open((recorder) => recorder.openFile(file));
  }

  private static async open(source: (recorder: Recorder) => Promise<void>): Promise<Recorder> {
    if (!canRecord()) throw new RecordingError("insecure");
    const context = openContext();
    try {
      void context.resume();
      await context.audioWorklet.addModule("/app/capture_worklet.js");
      const recorder = new Recorder(context);
      await source(recorder);
      return recorder;
    } catch (error) {
      void context.close();
      throw error;
    }
  }

  private constructor(private readonly context: AudioContext) {
    this.node = new AudioWorkletNode(context, "capture", {
      numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit",
    });
    this.node.port.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data instanceof Int16Array) this.listener?.onPiece(event.data);
      else this.flushed?.();
    };
    // It puts nothing out; what leads nowhere is not run.
    this.node.connect(context.destination);
    // A telephone call suspends the context on some phones.
    context.onstatechange = () => {
      if (this.running && context.state !== "running" && context.state !== "closed") {
        void context.resume();
      }
    };
  }

  get rate(): number {
    return this.context.sampleRate;
  }

  /** What the browser calls the microphone; empty for a file. */
  get microphone(): string {
    return this.stream?.getAudioTracks()[0]?.label ?? "";
  }

  /** From now on. A file begins to play. */
  record(listener: RecordingListener): void {
    this.listener = listener;
    this.source?.connect(this.node);
    if (this.source instanceof AudioBufferSourceNode) this.source.start();
  }

  /** Nothing is recorded until `resume`; a file stands still. */
  async pause(): Promise<void> {
    this.running = false;
    await this.context.suspend();
  }

  async resume(): Promise<void> {
    this.running = true;
    await this.context.resume();
  }

  /** In place of a microphone that was pulled out; it is asked for again. */
  async replaceMicrophone(): Promise<void> {
    await this.openMicrophone();
    this.source?.connect(this.node);
  }

  /** Hands over what is left of the last piece, and lets go of the microphone. */
  async stop(): Promise<void> {
    this.running = false;
    this.close();
    // A suspended audio thread may not answer; the last 100 ms are not worth more than this.
    await Promise.race([this.flush(), new Promise((resolve) => setTimeout(resolve, kPatience))]);
    await this.context.close();
  }

  private async flush(): Promise<void> {
    await this.context.resume();
    const done = new Promise<void>((resolve) => (this.flushed = resolve));
    this.node.port.postMessage("flush");
    await done;
  }

  private async openMicrophone(): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: kMicrophone });
    } catch (error) {
      throw new RecordingError(problemOf(error));
    }
    this.close();
    this.stream = stream;
    for (const track of stream.getAudioTracks()) track.onended = () => this.listener?.onGone();
    this.source = this.context.createMediaStreamSource(stream);
  }

  private async openFile(file: File): Promise<void> {
    const source = this.context.createBufferSource();
    source.buffer = await decode(file, this.context);
    source.onended = () => this.listener?.onFinished();
    this.source = source;
  }

  private close(): void {
    if (this.source instanceof AudioBufferSourceNode) this.source.onended = null;
    this.source?.disconnect();
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
  }
}

function openContext(): AudioContext {
  const context = new AudioContext();
  if (context.sampleRate <= kFastest) return context;
  void context.close();
  return new AudioContext({ sampleRate: kFastest });
}

async function decode(file: File, context: AudioContext): Promise<AudioBuffer> {
  if (file.size > kLargestFile) throw new RecordingError("fileTooLarge");
  const bytes = await file.arrayBuffer();
  const wav = checkWav(bytes);
  if (wav.kind === "cut") throw new RecordingError("fileCut", wav.seconds, wav.promised);
  if (bytes.byteLength === 0 || wav.kind === "empty") throw new RecordingError("fileEmpty");
  try {
    return await context.decodeAudioData(bytes);
  } catch {
    throw new RecordingError("fileUnknown");
  }
}

function problemOf(error: unknown): RecordingProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "noMicrophone";
  if (name === "NotReadableError" || name === "AbortError") return "microphoneBusy";
  return "refused";
}

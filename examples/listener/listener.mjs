// Follows the captions of one talk, for as long as it goes on (docs/live.md, "A listener"). It runs
// in Node and in a browser, and needs nothing but a WebSocket.

const firstDelay = 500;
const longestDelay = 10_000;

/** Why it is of no use to come again, by the code of the close. */
const refusals = new Map([
  [4400, "the talk has no captions in this language"],
  [4404, "the server knows no such talk"],
]);

/**
 * @param {object} talk
 * @param {string} talk.server   "http://localhost:8080"
 * @param {string} talk.id       "golden-eagle-427"
 * @param {string} talk.lang     "es"
 * @param {number} [talk.since]  only captions after this sequence number; 0: from the beginning. Without
 *                               it the last few come first
 * @param {(caption: object, corrects: boolean) => void} talk.onSettled  a caption that is settled, once;
 *                               `corrects`: its segment was settled before, in other words
 * @param {(state: string) => void} [talk.onState]  "waiting", "live", "paused", "away", "ended"; "lost" while
 *                               there is no connection
 * @param {AbortSignal} [talk.signal]  stops following, which fulfils the promise
 * @param {typeof WebSocket} [talk.Socket]
 * @returns {Promise<void>} fulfilled when the talk is over, rejected when there is nothing to follow
 */
export function follow({
  server, id, lang, since, onSettled, onState = () => {}, signal, Socket = globalThis.WebSocket,
}) {
  /** The newest settled revision of each segment. */
  const settled = new Map();
  let attempt = 0;
  /** Who this listener is to the server, over all its connections. */
  let listener;

  function take(message) {
    attempt = 0;
    if (message.type === "status") onState(message.state);
    if (message.type === "listener") listener = message.id;
    if (message.type !== "caption" || !message.final) return;
    const known = settled.get(message.segment);
    if (known !== undefined && known >= message.seq) return;
    settled.set(message.segment, message.seq);
    since = Math.max(since ?? 0, message.seq);
    onSettled(message, known !== undefined);
  }

  return new Promise((resolve, reject) => {
    let socket;
    let coming;
    signal?.addEventListener("abort", () => {
      clearTimeout(coming);
      socket?.close();
      resolve();
    });
    function connect() {
      const address = new URL(`/v1/sessions/${encodeURIComponent(id)}/captions`, server.replace(/^http/, "ws"));
      address.searchParams.set("lang", lang);
      // After a loss: everything that was settled meanwhile, and nothing twice.
      if (since !== undefined) address.searchParams.set("since", String(since));
      if (listener !== undefined) address.searchParams.set("listener", listener);
      socket = new Socket(address.href);
      socket.onmessage = ({ data }) => take(JSON.parse(data));
      socket.onclose = ({ code }) => {
        if (code === 1000 || signal?.aborted) return resolve();
        const refusal = refusals.get(code);
        if (refusal !== undefined) return reject(new Error(refusal));
        onState("lost");
        coming = setTimeout(connect, delay(attempt++));
      };
    }
    if (signal?.aborted) return resolve();
    connect();
  });
}

/** Doubles, with its upper half left to chance, so that a hall full of listeners does not come back at once. */
function delay(attempt) {
  return Math.min(longestDelay, firstDelay * 2 ** attempt) * (0.5 + 0.5 * Math.random());
}

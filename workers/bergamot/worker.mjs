// Translates one pair of languages with one model, or with two by way of English:
//
//   node worker.mjs MODEL-FOLDER [MODEL-FOLDER]
//
// When the models are loaded it writes the line {"ready":true}. From then on each line it reads is a
// request, {"id":NUMBER,"text":TEXT}, and is answered, in order, by {"id":NUMBER,"text":TRANSLATION}.
// Texts are plain: markup in them is text. It ends with its input. Whatever fails ends it too, with
// a line on standard error that says why and holds nothing of what was to be translated: an engine
// that has failed once is of no more use.
import { loadModel, startEngine, translate, translationService } from "./engine.mjs";

// A text of 8 kB, each byte of it written \u0000.
const longestRequest = 64 * 1024;

function end(reason) {
  process.stderr.write(`bergamot: ${reason.replace(/\s+/g, " ")}\n`);
  process.exit(1);
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Answers each line of `input`; the part of a line that has no end yet is kept. */
function answerLines(input, answer) {
  let kept = "";
  input.setEncoding("utf8");
  input.on("data", (chunk) => {
    const lines = (kept + chunk).split("\n");
    kept = lines.pop();
    for (const line of lines) answer(line);
    if (kept.length > longestRequest) end("a request is too long");
  });
  input.on("end", () => process.exit(0));
  input.on("error", () => process.exit(0));
}

function requestOf(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch {
    end("a request is not JSON");
  }
  if (!Number.isSafeInteger(request?.id) || typeof request.text !== "string") {
    end("a request lacks its id or text");
  }
  return request;
}

// Only the kind of an error: its message may hold the text.
process.on("uncaughtException", (error) => end(`ended by an unexpected ${error?.name}`));
process.on("unhandledRejection", (error) => end(`ended by an unexpected ${error?.name}`));
process.stdout.on("error", () => process.exit(0));

const folders = process.argv.slice(2);
if (folders.length < 1 || folders.length > 2) end("usage: node worker.mjs MODEL-FOLDER [MODEL-FOLDER]");

try {
  const engine = await startEngine();
  const service = translationService(engine);
  const models = folders.map((folder) => loadModel(engine, folder));
  // The engine reads a model with the first text.
  translate(engine, service, models, "1.");
  answerLines(process.stdin, (line) => {
    const { id, text } = requestOf(line);
    say({ id, text: translate(engine, service, models, text) });
  });
  say({ ready: true });
} catch (error) {
  end(`cannot load ${folders.join(" and ")}: ${error.message}`);
}

// Bergamot's translator (Marian, compiled to WebAssembly) as its package has it, in this process: the
// glue code that Emscripten made, the engine's binary, and models from files.
import { createRequire } from "node:module";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import vm from "node:vm";

const require = createRequire(import.meta.url);

// The largest of Firefox's files has 45 MB, packed.
const largestFileBytes = 200 * 1024 * 1024;
// In WebAssembly's pages of 64 kB: 1 GB. Two tiny models take half of it.
const memoryPages = { first: 256, last: 16384 };

// The functions that Firefox has in native code, and their names in the engine itself.
const gemm = {
  int8_prepare_a: "int8PrepareAFallback",
  int8_prepare_b: "int8PrepareBFallback",
  int8_prepare_b_from_transposed: "int8PrepareBFromTransposedFallback",
  int8_prepare_b_from_quantized_transposed: "int8PrepareBFromQuantizedTransposedFallback",
  int8_prepare_bias: "int8PrepareBiasFallback",
  int8_multiply_and_add_bias: "int8MultiplyAndAddBiasFallback",
  int8_select_columns_of_b: "int8SelectColumnsOfBFallback",
};

/** Starts the engine; its module, once it runs. */
export async function startEngine() {
  const folder = join(dirname(require.resolve("@browsermt/bergamot-translator")), "worker");
  const binary = await WebAssembly.compile(
    readFileSync(join(folder, "bergamot-translator-worker.wasm")));
  const memory = new WebAssembly.Memory({ initial: memoryPages.first, maximum: memoryPages.last });
  return new Promise((resolve, reject) => {
    const engine = {
      wasmMemory: memory,
      // What it says about a text is nobody's; standard output is for answers.
      print() {},
      printErr() {},
      onAbort: () => reject(new Error("the engine ended while it started")),
      instantiateWasm(imports, accept) {
        const wasm_gemm = Object.fromEntries(Object.entries(gemm).map(
          ([name, own]) => [name, (...args) => engine.asm[own](...args)]));
        WebAssembly.instantiate(binary, { ...imports, wasm_gemm })
          .then((instance) => accept(instance), reject);
        return {};
      },
      onRuntimeInitialized: () => resolve(engine),
    };
    const path = join(folder, "bergamot-translator-worker.js");
    // The package is of modules, the glue code a plain script whose variables are its own here.
    vm.runInThisContext(`(function (Module) {${readFileSync(path, "utf8")}\n})`, { filename: path })(engine);
  });
}

/** The one file whose name matches; nothing where there is none. */
function fileOf(folder, pattern) {
  const found = readdirSync(folder).filter((name) => pattern.test(name));
  if (found.length > 1) throw new Error(`${folder} has several files like ${pattern}`);
  return found[0];
}

function unpacked(folder, name) {
  if (statSync(join(folder, name)).size > largestFileBytes) throw new Error(`${name} is too large`);
  const bytes = gunzipSync(readFileSync(join(folder, name)), { maxOutputLength: largestFileBytes });
  if (bytes.length === 0) throw new Error(`${name} is empty`);
  return bytes;
}

/** The bytes where the engine can use them. */
function aligned(engine, bytes, alignment) {
  const memory = new engine.AlignedMemory(bytes.length, alignment);
  memory.getByteArrayView().set(bytes);
  return memory;
}

// Firefox's own settings.
function configuration(modelName) {
  return `beam-size: 1
normalize: 1.0
word-penalty: 0
max-length-break: 128
mini-batch-words: 1024
workspace: 128
max-length-factor: 2.0
skip-cost: true
cpu-threads: 0
quiet: true
quiet-translation: true
alignment: soft
gemm-precision: ${modelName.includes(".alphas.") ? "int8shiftAlphaAll" : "int8shiftAll"}
`;
}

/** Loads the model whose files are in `folder`, packed and under Firefox's names. */
export function loadModel(engine, folder) {
  const model = fileOf(folder, /^model\..*\.bin\.gz$/);
  const shortlist = fileOf(folder, /^lex\..*\.bin\.gz$/);
  const both = fileOf(folder, /^vocab\..*\.spm\.gz$/);
  const vocabularies = both ? [both] : ["srcvocab", "trgvocab"].map(
    (kind) => fileOf(folder, new RegExp(`^${kind}\\..*\\.spm\\.gz$`)));
  if ([model, shortlist, ...vocabularies].includes(undefined)) {
    throw new Error(`${folder} has no model, no shortlist or no vocabulary`);
  }
  const list = new engine.AlignedMemoryList();
  for (const name of vocabularies) list.push_back(aligned(engine, unpacked(folder, name), 64));
  return new engine.TranslationModel(
    configuration(model),
    aligned(engine, unpacked(folder, model), 256),
    aligned(engine, unpacked(folder, shortlist), 64),
    list, null);
}

/** Translates plain text with one model, or with two by way of the language between them. */
export function translate(engine, service, models, text) {
  const texts = new engine.VectorString();
  const options = new engine.VectorResponseOptions();
  try {
    texts.push_back(text);
    options.push_back({ qualityScores: false, alignment: false, html: false });
    const responses = models.length > 1
      ? service.translateViaPivoting(...models, texts, options)
      : service.translate(...models, texts, options);
    const response = responses.get(0);  // a copy
    try {
      return response.getTranslatedText();
    } finally {
      response.delete();
      responses.delete();
    }
  } finally {
    texts.delete();
    options.delete();
  }
}

/** What translates, without a cache: the session has one. */
export function translationService(engine) {
  return new engine.BlockingService({ cacheSize: 0 });
}

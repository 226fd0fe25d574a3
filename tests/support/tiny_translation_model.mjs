// Makes a translation model for tests, in the files and formats of Firefox's: a transformer of one
// layer each, with Marian's parameters in int8, a SentencePiece vocabulary and a lexical shortlist.
// Its weights are set by hand: each position of the target attends to the same one of the source,
// says its word's entry in a dictionary, and what is in none it says again.
//
//   node tiny_translation_model.mjs [--full] FOLDER PAIR WORD=TRANSLATION...
//
// --full  with the layers and the vocabulary of Firefox's `tiny` models, for measuring: as much to
//         load and to compute, all of it noise that changes nothing
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const args = process.argv.slice(2);
const full = args[0] === "--full";
const [folder, pair, ...words] = full ? args.slice(1) : args;

const dim = 256;
const layers = full
  ? { encoder: 6, decoder: 2, feedForward: 1536 }
  : { encoder: 1, decoder: 1, feedForward: 64 };
const fullVocabulary = 32_000;
// How many words of the vocabulary are always on the shortlist; none is there for its source.
const alwaysListed = full ? 1000 : Infinity;
const positionRotors = 32; // of dim / 2: those that turn fastest tell positions apart
const space = "\u2581"; // SentencePiece's mark of a word's beginning
const type = { int8: 0x0101, float32: 0x0404, intgemm8: 0x4101 };

/* ---- vocabulary: sentencepiece_model.proto, written by hand ---- */

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
const tag = (field, wire) => varint(field * 8 + wire);
const number = (field, value) => Buffer.concat([tag(field, 0), value < 0
  ? Buffer.from([...Array(9).fill(0xff), 0x01]) // -1
  : varint(value)]);
function bytes(field, content) {
  const data = Buffer.from(content);
  return Buffer.concat([tag(field, 2), varint(data.length), data]);
}
function float(field, value) {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), data]);
}

const pieceKind = { normal: 1, unknown: 2, control: 3, unused: 5 };

function vocabularyOf(dictionary) {
  const pieces = [["</s>", 0, pieceKind.control], ["<unk>", 0, pieceKind.unknown],
    [space, -10, pieceKind.normal]];
  for (let code = 0x21; code < 0x7f; ++code) {
    pieces.push([String.fromCharCode(code), -10, pieceKind.normal]);
  }
  for (const word of new Set(dictionary.flat())) pieces.push([space + word, -1, pieceKind.normal]);
  while (full ? pieces.length < fullVocabulary : pieces.length % 8 !== 0) {
    pieces.push([`<${pieces.length}>`, 0, pieceKind.unused]);
  }
  return pieces;
}

function sentencePieceModel(pieces) {
  const trainer = Buffer.concat([
    number(3, 1), number(40, 1), number(41, -1), number(42, 0), number(43, -1)]);
  const normalizer = Buffer.concat([
    bytes(1, "identity"), number(3, 1), number(4, 1), number(5, 1)]);
  return Buffer.concat([
    ...pieces.map(([piece, score, kind]) =>
      bytes(1, Buffer.concat([bytes(1, piece), float(2, score), number(3, kind)]))),
    bytes(2, trainer), bytes(3, normalizer)]);
}

/* ---- shortlist: marian's data/shortlist.h ---- */

function shortlist(size) {
  const header = [0xF11A48D5013417F5n, 0n, BigInt(Math.min(size, alwaysListed)), 1n,
    BigInt(size + 1), 0n];
  return Buffer.from(BigUint64Array.from([...header, ...Array(size + 1).fill(0n)]).buffer);
}

/* ---- model: marian's common/binary.cpp ---- */

/** From -0.001 to 0.001, the same in every run (a linear congruential generator, Numerical Recipes). */
let state = 1;
function noise() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state / 2 ** 32 - 0.5) / 500;
}

/** A matrix in float, its rows first: zeros, or in a full model noise. */
function matrix(rows, columns) {
  const values = new Float32Array(rows * columns);
  if (full) for (let i = 0; i < values.length; ++i) values[i] = noise();
  values[0] = 0.001; // one of zeros alone has no scale
  return { rows, columns, values, set(row, column, value) { values[row * columns + column] = value; } };
}

/** Quantised as Marian stores it: the bytes, then the factor. All but embeddings are transposed. */
function quantised(name, { rows, columns, values }, transposed) {
  const factor = 127 / values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const data = Buffer.alloc(Math.ceil((rows * columns + 4) / 256) * 256);
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      const at = transposed ? column * rows + row : row * columns + column;
      data.writeInt8(Math.round(values[row * columns + column] * factor), at);
    }
  }
  data.writeFloatLE(factor, rows * columns);
  return { name, type: type.intgemm8, shape: [rows, columns], data };
}

function floats(name, shape, values) {
  const data = Buffer.alloc(Math.ceil(values.length * 4 / 256) * 256);
  values.forEach((value, i) => data.writeFloatLE(value, i * 4));
  return { name, type: type.float32, shape, data };
}

const options = (size) => `type: transformer
version: v1.9.0
dim-emb: ${dim}
dim-vocabs:
  - ${size}
  - ${size}
enc-depth: ${layers.encoder}
dec-depth: ${layers.decoder}
enc-type: bidirectional
dec-cell: ssru
dec-cell-base-depth: 2
dec-cell-high-depth: 1
enc-cell: gru
enc-cell-depth: 1
skip: false
layer-normalization: false
input-types: []
lemma-dim-emb: 0
right-left: false
tied-embeddings: false
tied-embeddings-src: false
tied-embeddings-all: true
ulr: false
max-length: 100
transformer-heads: 1
transformer-no-projection: false
transformer-pool: false
transformer-dim-ffn: ${layers.feedForward}
transformer-decoder-dim-ffn: ${layers.feedForward}
transformer-ffn-depth: 2
transformer-decoder-ffn-depth: 2
transformer-ffn-activation: relu
transformer-dim-aan: 64
transformer-aan-depth: 2
transformer-aan-activation: relu
transformer-aan-nogate: false
transformer-decoder-autoreg: rnn
transformer-flat-topology: false
transformer-guided-alignment-layer: last
transformer-preprocess: ""
transformer-postprocess: da
transformer-postprocess-emb: d
transformer-postprocess-top: ""
transformer-tied-layers: []
transformer-train-position-embeddings: false
`;

function modelItems(pieces, dictionary) {
  const size = pieces.length;
  const id = new Map(pieces.map(([piece], i) => [piece, i]));
  // Dimensions that tell positions, and those left for words.
  const isPosition = (d) => d % (dim / 2) < positionRotors;
  const wordDimensions = [...Array(dim).keys()].filter((d) => !isPosition(d));
  const used = pieces.filter(([, , kind]) => kind !== pieceKind.unused).length;
  if (used > wordDimensions.length) throw new Error(`at most ${wordDimensions.length} words`);

  const embeddings = matrix(size, dim);
  const attend = matrix(dim, dim);
  const say = matrix(dim, dim);
  const pass = matrix(dim, dim);
  for (let d = 0; d < dim; ++d) {
    if (isPosition(d)) attend.set(d, d, 10);
    pass.set(d, d, 1);
  }
  const translation = new Map(dictionary.map(([from, to]) => [id.get(space + from), id.get(space + to)]));
  for (let i = 0; i < used; ++i) {
    embeddings.set(i, wordDimensions[i], 0.5);
    say.set(wordDimensions[i], wordDimensions[translation.get(i) ?? i], 4);
  }

  const items = [];
  // `largest`: what the matrix's input is taken to reach, for quantising it.
  const add = (name, values, largest) => {
    items.push(quantised(name, values, true), floats(`${name}_QuantMultA`, [1], [127 / largest]));
  };
  const bias = (name, columns) => items.push(floats(name, [1, columns], Array(columns).fill(0)));
  const attention = (prefix, [q, k, v, o], largest) => {
    for (const [part, values, most] of [["q", q, largest], ["k", k, largest], ["v", v, largest], ["o", o, 4 * largest]]) {
      add(`${prefix}_W${part}`, values, most);
      bias(`${prefix}_b${part}`, dim);
    }
  };
  const feedForward = (prefix, largest) => {
    add(`${prefix}_W1`, matrix(dim, layers.feedForward), largest);
    bias(`${prefix}_b1`, layers.feedForward);
    add(`${prefix}_W2`, matrix(layers.feedForward, dim), largest);
    bias(`${prefix}_b2`, dim);
  };
  const zero = matrix(dim, dim);
  const embedded = 9; // 0.5 times the square root of `dim`, and a position's 1
  items.push(quantised("Wemb", embeddings, false), floats("Wemb_QuantMultA", [1], [127 / 48]));
  for (let layer = 1; layer <= layers.encoder; ++layer) {
    attention(`encoder_l${layer}_self`, [zero, zero, zero, zero], embedded);
    feedForward(`encoder_l${layer}_ffn`, embedded);
  }
  for (let layer = 1; layer <= layers.decoder; ++layer) {
    const decoder = `decoder_l${layer}`;
    const passed = layer === 1 ? embedded : 48;
    add(`${decoder}_rnn_W`, zero, passed);
    add(`${decoder}_rnn_Wf`, zero, passed);
    bias(`${decoder}_rnn_bf`, dim);
    attention(`${decoder}_context`, layer === 1 ? [attend, attend, say, pass] : [zero, zero, zero, zero], passed);
    feedForward(`${decoder}_ffn`, 48);
  }
  bias("decoder_ff_logit_out_b", size);
  const meta = Buffer.from(options(size) + "\0");
  items.push({ name: "special:model.yml", type: type.int8, shape: [meta.length], data: meta });
  return items;
}

function marianModel(items) {
  const words = (...values) => Buffer.from(BigUint64Array.from(values.map(BigInt)).buffer);
  const names = items.map(({ name }) => Buffer.from(name + "\0"));
  const head = Buffer.concat([
    words(1, items.length),
    ...items.map(({ type, shape, data }, i) => words(names[i].length, type, shape.length, data.length)),
    ...names,
    ...items.map(({ shape }) => Buffer.from(Int32Array.from(shape).buffer))]);
  const padding = 256 - (head.length + 8) % 256;
  return Buffer.concat([head, words(padding), Buffer.alloc(padding), ...items.map(({ data }) => data)]);
}

const dictionary = words.map((word) => word.split("="));
const pieces = vocabularyOf(dictionary);
mkdirSync(folder, { recursive: true });
const write = (name, content) => writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 1 }));
write(`model.${pair}.intgemm.alphas.bin`, marianModel(modelItems(pieces, dictionary)));
write(`lex.50.50.${pair}.s2t.bin`, shortlist(pieces.length));
write(`vocab.${pair}.spm`, sentencePieceModel(pieces));

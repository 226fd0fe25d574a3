// An OpenAPI document as something to hold a server to: it checks requests, answers and WebSocket
// messages, and remembers which of them it has seen.

import assert from "node:assert/strict";
import addFormatsModule from "ajv-formats";
import Ajv2020Module from "ajv/dist/2020.js";

const Ajv2020 = Ajv2020Module.default ?? Ajv2020Module;
const addFormats = addFormatsModule.default ?? addFormatsModule;

const documentId = "https://sotto.invalid/openapi.json";
const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

export class Contract {
  #document;
  #ajv = new Ajv2020({
    strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true,
  });
  #answers = new Set();
  #messages = new Set();

  /** By operationId: where it is, its parameters, its body, its responses, its messages. */
  operations = new Map();

  constructor(document) {
    this.#document = document;
    addFormats(this.#ajv);
    // It is not a schema itself, but has them within.
    this.#ajv.addVocabulary(Object.keys(document));
    this.#ajv.addSchema(document, documentId, true, false);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of methods.filter((one) => item[one])) this.#add(path, item, method);
    }
  }

  #add(path, item, method) {
    const operation = item[method];
    const at = ["paths", path, method];
    const within = [
      ...(item.parameters ?? []).map((_, index) => ["paths", path, "parameters", index]),
      ...(operation.parameters ?? []).map((_, index) => [...at, "parameters", index]),
    ];
    assert.ok(!this.operations.has(operation.operationId), `${operation.operationId} is there once`);
    this.operations.set(operation.operationId, {
      id: operation.operationId,
      path,
      method: method.toUpperCase(),
      parameters: within.map((pointer) => this.#find(pointer)),
      requestBody: operation.requestBody && this.#find([...at, "requestBody"]),
      responses: new Map(Object.keys(operation.responses)
        .map((status) => [Number(status), this.#find([...at, "responses", status])])),
      websocket: operation["x-websocket"] && this.#find([...at, "x-websocket"]),
    });
  }

  /** What is at a place of the document, or what the reference there leads to; and where that is. */
  #find(pointer) {
    let value = pointer.reduce((within, name) => within[name], this.#document);
    if (value?.$ref) {
      const target = value.$ref.replace(/^#\//, "").split("/")
        .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
      return this.#find(target);
    }
    return { value, pointer };
  }

  #schema(pointer) {
    const fragment = pointer
      .map((name) => encodeURIComponent(String(name).replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
    return this.#ajv.getSchema(`${documentId}#/${fragment}`);
  }

  #complaint(pointer, value) {
    const valid = this.#schema(pointer);
    assert.ok(valid, `${pointer.join(" ")} is a schema`);
    return valid(value) ? undefined : this.#ajv.errorsText(valid.errors, { separator: "\n  " });
  }

  #check(pointer, value, what) {
    const complaint = this.#complaint(pointer, value);
    assert.equal(complaint, undefined, `${what}:\n  ${complaint}\n${JSON.stringify(value, null, 1)}`);
  }

  operation(id) {
    const operation = this.operations.get(id);
    assert.ok(operation, `there is an operation ${id}`);
    return operation;
  }

  /** The target of a request: path and query. What the document does not know is refused. */
  target(id, { path = {}, query = {} } = {}) {
    const { path: template, parameters } = this.operation(id);
    const known = (where) => parameters.filter(({ value }) => value.in === where).map(({ value }) => value.name);
    assert.deepEqual(Object.keys(path).sort(), known("path").sort(), `${id}: the path's parameters`);
    for (const name of Object.keys(query)) assert.ok(known("query").includes(name), `${id}: ?${name}=`);
    const filled = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
    const asked = new URLSearchParams(query).toString();
    return asked ? `${filled}?${asked}` : filled;
  }

  /** What the document has against a request, or undefined. */
  complaintAbout(id, { path = {}, query = {}, body }) {
    const { parameters, requestBody } = this.operation(id);
    for (const { value, pointer } of parameters) {
      const given = { path, query }[value.in]?.[value.name];
      if (given === undefined && value.required) return `${value.name} is missing`;
      if (given === undefined) continue;
      const complaint = this.#complaint([...pointer, "schema"], this.#read(pointer, given));
      if (complaint) return `${value.name}: ${complaint}`;
    }
    if (!requestBody) return undefined;
    if (body === undefined) return requestBody.value.required ? "the body is missing" : undefined;
    let parsed;
    try {
      parsed = JSON.parse(body);
    } catch (error) {
      return `the body: ${error.message}`;
    }
    return this.#complaint([...requestBody.pointer, "content", "application/json", "schema"], parsed);
  }

  /** A parameter or header is text: a number, where its schema wants one. */
  #read(pointer, text) {
    const { value: schema } = this.#find([...pointer, "schema"]);
    return schema.type === "integer" && /^-?\d+$/.test(text) ? Number(text) : String(text);
  }

  /** Holds an answer to the document, and returns its body: what was in the JSON, or the text. */
  answered(id, { status, headers, body }) {
    const response = this.operation(id).responses.get(status);
    const what = `${id}, ${status}`;
    assert.ok(response, `${what} is not documented: ${body}`);
    for (const name of Object.keys(response.value.headers ?? {})) {
      const header = this.#find([...response.pointer, "headers", name]);
      const given = headers[name.toLowerCase()];
      assert.ok(given !== undefined || !header.value.required, `${what} has no ${name}`);
      if (given !== undefined)
        this.#check([...header.pointer, "schema"], this.#read(header.pointer, given), `${what}, ${name}`);
    }
    this.#answers.add(`${id} ${status}`);
    const { content } = response.value;
    if (!content) {
      assert.equal(body.length, 0, `${what} has no body`);
      return undefined;
    }
    const type = headers["content-type"];
    assert.ok(content[type], `${what} is ${Object.keys(content)}, not ${type}`);
    const place = [...response.pointer, "content", type];
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const value = type === "application/json" ? JSON.parse(text) : text;
    this.#check([...place, "schema"], value, what);
    if (!content[type]["x-lines"]) return value;
    return text.split("\n").filter(Boolean).map((line) => {
      const parsed = JSON.parse(line);
      this.#check([...place, "x-lines"], parsed, `${what}, a line`);
      return parsed;
    });
  }

  /** What the document has against a message of a client, or undefined. */
  complaintAboutMessage(id, message) {
    return this.#complaint([...this.operation(id).websocket.pointer, "client"], message);
  }

  /** Notes a message of a client that was taken, or of the server, which is held to the document. */
  said(id, side, message) {
    const socket = this.operation(id).websocket;
    this.#check([...socket.pointer, side], message, `${id}, a message of the ${side}`);
    const { alternatives } = this.#kinds(socket, side);
    for (const { pointer, name } of alternatives) {
      if (this.#complaint(pointer, message) === undefined) this.#messages.add(`${id} ${side} ${name}`);
    }
  }

  saidInBinary(id, side) {
    assert.ok(this.operation(id).websocket.value[`${side}_binary`], `${id}: binary messages of the ${side}`);
    this.#messages.add(`${id} ${side} binary`);
  }

  closed(id, code) {
    const { close_codes } = this.operation(id).websocket.value;
    assert.ok(close_codes[code], `${id} closes with ${code}, which is not documented`);
  }

  #kinds(socket, side) {
    const schema = this.#find([...socket.pointer, side]);
    const pointers = schema.value.oneOf
      ? schema.value.oneOf.map((_, index) => this.#find([...schema.pointer, "oneOf", index]).pointer)
      : [schema.pointer];
    return { alternatives: pointers.map((pointer) => ({ pointer, name: pointer.at(-1) })) };
  }

  /** What is documented and was never seen: answers as "operation status", messages as "operation side kind". */
  unseen() {
    const all = [];
    for (const { id, responses, websocket } of this.operations.values()) {
      for (const status of responses.keys()) all.push(`${id} ${status}`);
      if (!websocket) continue;
      for (const side of ["client", "server"]) {
        for (const { name } of this.#kinds(websocket, side).alternatives) all.push(`${id} ${side} ${name}`);
        if (websocket.value[`${side}_binary`]) all.push(`${id} ${side} binary`);
      }
    }
    return all.filter((one) => !this.#answers.has(one) && !this.#messages.has(one));
  }

  /** Compiles every schema in the document, and holds the examples beside and within them to it. */
  checkSchemas() {
    let examples = 0;
    const walk = (value, pointer) => {
      if (value === null || typeof value !== "object") return;
      const isComponent = pointer.length === 3 && pointer[1] === "schemas";
      if (isComponent || pointer.at(-1) === "schema") {
        assert.ok(this.#schema(pointer), pointer.join(" "));
        for (const example of value.examples ?? []) {
          this.#check(pointer, example, `an example of ${pointer.join(" ")}`);
          ++examples;
        }
      }
      if (value.schema && value.example !== undefined) {
        this.#check([...pointer, "schema"], value.example, `the example of ${pointer.join(" ")}`);
        ++examples;
      }
      for (const [name, child] of Object.entries(value)) walk(child, [...pointer, name]);
    };
    walk(this.#document.paths, ["paths"]);
    walk(this.#document.components, ["components"]);
    return examples;
  }
}

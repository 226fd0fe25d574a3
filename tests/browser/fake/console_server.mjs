// A stand-in for the operator's side of the server: a flag with its history, and figures that a test
// or a script sets.

import { alarms, bucketOf, criteria, events, history, live, series, standing } from "./console_figures.mjs";
import { error, listenTo, sendFile, sendJson, stopListening } from "./answers.mjs";

export const token = "3f6c1e0b9a7d4c52";

const members = ["enabled", "rollout_percentage", "min_stability_threshold", "max_buffer_timeout"];

export class ConsoleServer {
  parameterName = "/audio-transcription/partial-results/config";
  environment = "production";
  inForce = {};
  processes = ["web-1", "web-2", "web-3"];
  /** Of a disable: what `acknowledgements` says; undefined leaves it out. */
  acknowledgements = [
    { process: "web-1", acknowledged: true, ms: 42 },
    { process: "web-2", acknowledged: true, ms: 180 },
    { process: "web-3", acknowledged: true, ms: 65 },
  ];
  criteria = criteria();
  /** What has happened to the phases, oldest first. */
  events = events();
  /** When the criteria were taken, when that is not always anew. */
  takenAt = undefined;
  /** Whose token it is. */
  caller = { name: "ana", role: "operator", expires_at: null };
  alarms = alarms();
  sessions = live(31);
  recogniser = { name: "Moonshine base-en", takeovers: 0 };
  /** Minutes → what the series call answers. */
  series = (minutes) => series(minutes, Date.now());
  /** Newest first, as the API gives it; the first one holds. */
  versions = history(Date.now());
  /** What was asked: {method, path, body, authorization}. */
  requests = [];
  /** True: a proxy says that the server is gone. */
  gone = false;
  /** What explain says of a session that was switched off. */
  switchedOff = {};
  /** Path → {status, body} to answer instead. */
  instead = new Map();
  /** Where a test wants to hold an answer back: called with the request, awaited. */
  hold = undefined;

  static async start({ port = 0 } = {}) {
    const server = new ConsoleServer();
    return Object.assign(server, await listenTo((request, response) => server.#answer(request, response), port));
  }

  async stop() {
    this.hold = undefined;
    await stopListening(this.http);
  }

  get current() {
    return this.versions[0];
  }

  get document() {
    return JSON.parse(this.current.document);
  }

  /** Somebody writes a new version; the members are those that change. */
  write(change, by = "operator", reason = "") {
    const before = this.document;
    const after = { ...before, ...change };
    const changes = differences(before, after);
    if (changes.length === 0) return changes;
    this.versions.unshift({
      version: this.current.version + 1, changed_by: by, changed_at: new Date().toISOString(),
      reason, changes, document: JSON.stringify(after),
    });
    return changes;
  }

  status() {
    const { version, changed_by, changed_at, reason } = this.current;
    return {
      parameter_name: this.parameterName, version, ...this.document, source: "store", changed_by,
      changed_at, reason,
    };
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.address);
    let text = "";
    for await (const chunk of request) text += chunk;
    const asked = {
      method: request.method, path: url.pathname + url.search, body: text === "" ? {} : JSON.parse(text),
      authorization: request.headers.authorization ?? "",
    };
    this.requests.push(asked);
    const isApi = url.pathname.startsWith("/v1/") || url.pathname === "/readyz";
    if (isApi && this.gone) {
      response.writeHead(502, { "content-type": "text/html" });
      return response.end("<h1>Bad gateway</h1>");
    }
    if (isApi) await this.hold?.(asked);
    const json = (status, value) => sendJson(response, status, value);
    if (isApi && asked.authorization !== `Bearer ${token}`) {
      return json(403, error("permission_denied", "this needs the operator's token", "Authorization"));
    }
    const instead = this.instead.get(url.pathname);
    if (instead) return json(instead.status, instead.body);
    if (isApi) return json(...this.#api(asked, url));
    await sendFile(response, url.pathname);
  }

  #api({ method, body }, url) {
    if (this.caller.role === "viewer" && method !== "GET") {
      return [403, error("permission_denied", `this needs an operator's token; that of ${this.caller.name} is a viewer's`, "role")];
    }
    const explain = /^\/v1\/rollout\/explain\/(.+)$/.exec(url.pathname);
    if (explain) return this.#explain(decodeURIComponent(explain[1]));
    const command = /^\/v1\/rollout\/phases\/(.+)$/.exec(url.pathname);
    if (command && method === "POST") return this.#phases(command[1], body);
    const ended = method === "DELETE" && /^\/v1\/sessions\/(.+)$/.exec(url.pathname)?.[1];
    if (ended) {
      this.sessions = this.sessions.filter(({ session_id }) => session_id !== decodeURIComponent(ended));
      return [202, { session_id: ended, state: "ended" }];
    }
    switch (`${method} ${url.pathname}`) {
      case "GET /v1/operator": return [200, this.caller];
      case "GET /v1/rollout": return [200, this.#state()];
      case "PATCH /v1/rollout": return this.#change(body, body, true);
      case "POST /v1/rollout/enable": return this.#change(body, { enabled: true });
      case "POST /v1/rollout/disable": return this.#disable(body);
      case "POST /v1/rollout/undo": return this.#undo(body);
      case "GET /v1/rollout/history":
        return [200, { parameter_name: this.parameterName,
          versions: this.versions.slice(0, Number(url.searchParams.get("limit") ?? 20)) }];
      case "GET /v1/rollout/criteria": return [200, { ...this.criteria, taken_at: this.takenAt ?? new Date().toISOString() }];
      case "GET /v1/rollout/events": return [200, { events: this.events }];
      case "GET /v1/alarms": return [200, { environment: this.environment, alarms: this.alarms }];
      case "GET /readyz": return [200, { status: "ready", recogniser: this.recogniser }];
      case "GET /v1/sessions": return [200, { sessions: this.sessions }];
      case "GET /v1/metrics/series": return [200, this.series(Number(url.searchParams.get("minutes")))];
      default: return [404, error("not_found", "there is nothing at this path", "path")];
    }
  }

  #phases(command, body) {
    const statuses = { start: "running", pause: "paused", resume: "running", abort: "aborted", clear: "paused" };
    const rollout = this.criteria.rollout ?? standing();
    if (statuses[command]) rollout.status = statuses[command];
    if (command === "clear") rollout.latch = null;
    if (command === "approve") rollout.approved_by = this.caller.name;
    if (command === "advance") rollout.phase = rollout.phases[1].name;
    this.criteria.rollout = rollout;
    const record = this.events.length + 1;
    this.events.push({
      number: record, record, kind: `${command}d`, at: new Date().toISOString(), by: this.caller.name,
      why: body.reason ?? "", phase: rollout.phase, percentage_before: 10, percentage_after: 10,
    });
    return [200, { rollout, why: `Done: ${command}. ${body.reason ?? ""}`, event: this.events.at(-1), criteria: [] }];
  }

  #state() {
    const { version, enabled } = this.status();
    return {
      ...this.status(),
      in_force: {
        version, rollout_percentage: this.document.rollout_percentage, source: "store", enabled, environment_off: false,
        ...this.inForce,
      },
      processes: this.processes.map((process) => ({ process, version, since: this.current.changed_at })),
    };
  }

  #change(body, change, withPreview = false, asks = false) {
    if (body.if_version !== undefined && body.if_version !== this.current.version) {
      const { version, changed_by, changed_at, reason } = this.current;
      return [409, error("conflict", `the flag is at version ${version}, not ${body.if_version}: ` +
        `${changed_by} changed it at ${changed_at} (${reason}); look at it and say it again`, "version")];
    }
    const edit = Object.fromEntries(members.filter((name) => name in change).map((name) => [name, change[name]]));
    const after = { ...this.document, ...edit };
    const changes = differences(this.document, after);
    const switchesOn = switchedOn(this.document, after);
    if (asks && switchesOn !== null && !body.confirm && !body.dry_run)
      return [409, error("conflict", `going back ${switchesOn}: confirm that with "confirm":true`, "confirm")];
    if (!body.dry_run) this.write(edit, this.caller.name, body.reason);
    const on = this.sessions.filter(({ session_id }) => bucketOf(session_id) < after.rollout_percentage).length;
    return [200, {
      ...this.status(), ...after, changes, switches_on: switchesOn, dry_run: body.dry_run === true,
      ...(body.dry_run ? { version: 0 } : {}),
      ...(body.dry_run && withPreview ? { preview: { live: this.sessions.length, on } } : {}),
    }];
  }

  #disable(body) {
    const [status, answer] = this.#change(body, { enabled: false });
    if (status === 200 && this.acknowledgements) answer.acknowledgements = this.acknowledgements;
    return [status, answer];
  }

  #undo(body) {
    const target = body.version === undefined ? this.versions[1]
      : this.versions.find(({ version }) => version === body.version);
    return this.#change(body, JSON.parse(target.document), false, true);
  }

  #explain(id) {
    const { enabled, rollout_percentage } = this.document;
    const bucket = bucketOf(id);
    const inside = bucket < rollout_percentage;
    const session = this.sessions.find(({ session_id }) => session_id === id);
    const fresh = {
      enabled: enabled && inside, reason: !enabled ? "disabled" : inside ? "rollout" : "outside_rollout",
      bucket, rollout_percentage, version: this.current.version,
    };
    const given = session && { bucket, rollout_percentage: 100, ...session.partial_results };
    const { plan, status, phase, about_to } = this.criteria.rollout ?? {};
    return [200, {
      session_id: id, bucket, rollout_percentage, ...(session?.partial_results ?? fresh), new_session: fresh,
      rollout: plan === undefined ? null : { plan, status, phase, about_to },
      ...(session ? { session: {
        state: session.state, created_at: "2026-01-19T09:00:00.000Z", ended_at: null, given,
        ...given, since: null, by: null, why: null, acted: true, mode: session.mode, ...this.switchedOff,
      } } : {}),
    }];
  }
}

/** Whom a change gives partial results, as src/rollout/flag_edit.cpp says it. */
function switchedOn(before, after) {
  const [was, is] = [before, after].map(({ rollout_percentage }) => rollout_percentage);
  if (after.enabled && !before.enabled) return `switches partial results ON again, for ${is} % of new sessions`;
  return after.enabled && is > was ? `raises partial results from ${was} % to ${is} % of new sessions` : null;
}

function differences(before, after) {
  return members.filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: String(before[field]), after: String(after[field]) }));
}

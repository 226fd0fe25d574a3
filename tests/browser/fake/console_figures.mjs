// Figures such as a rollout has in its first week: they vary, but alike each time.

import { createHash } from "node:crypto";

/** As docs/rollout.md has it. */
export function bucketOf(id) {
  return createHash("sha256").update(id).digest().readUInt32BE(0) % 100;
}

/** Numbers from 0 to 1 that only look random. */
function* noise(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

export function criteria() {
  const one = (name, title, unit, limit, canary, control, interval, verdict = "pass", samples = [812, 7001]) => ({
    name, title, unit, limit, canary, control,
    interval: interval && { low: interval[0], high: interval[1] },
    samples: { canary: samples[0], control: samples[1] }, verdict,
  });
  return {
    phase: { name: "canary", percentage: 10, since: "2026-01-19T09:00:00.000Z" },
    decision: "go_on",
    why: "All 9 criteria pass.",
    window_minutes: 60,
    live: { canary: 3, control: 28 },
    rollout: standing(),
    criteria: [
      one("latency_p95", "p95 latency", "ms", 5000, 1400, 3900, null),
      one("latency_ratio", "Latency of sessions, canary to control", "×", 1.5, 0.36, null, [0.31, 0.42], "pass", [41, 377]),
      one("error_rate", "Sessions with errors, not above control", "%", 0, 2.4, 2.9, [-2.1, 3.1], "pass", [41, 377]),
      one("alarms", "Alarms", "", 0, 0, null, null, "pass", [0, 0]),
      one("dropped", "Dropped results, worst minute", "/min", 100, 2, 0, null),
      one("orphaned", "Orphaned results, worst session", "/session", 10, 1, 0, null, "pass", [41, 377]),
      one("fallbacks", "Fallbacks of the recogniser", "", 0, 0, 0, null),
      one("feedback", "Thumbs down, of up and down", "%", 50, 16, 21, null, "pass", [25, 190]),
      one("cost", "Cost per listener-hour", "USD", 0.1, 0.062, 0.048, [0.055, 0.069], "pass", [41, 377]),
      one("cache_hit_rate", "Translation cache hits", "%", 30, 41.5, 44.2, null),
    ],
  };
}

/** A plan that is in its first phase. */
export function standing() {
  const phase = (name, rollout_percentage, bake_hours) =>
    ({ name, rollout_percentage, bake_hours, min_sessions: 20, approval: false });
  return {
    status: "running", plan: "guide", phase: "canary",
    phases: [phase("canary", 10, 168), phase("gradual", 50, 168), phase("full", 100, 336)],
    started_at: "2026-01-19T09:00:00.000Z", phase_began_at: "2026-01-19T09:00:00.000Z",
    baked_hours: 52, bake_left_hours: 116, approved_by: "", holding: "", latch: null, leader: "web-1 pid 7",
    about_to: null, led: true,
  };
}

export function events() {
  const one = (record, kind, at, by, why, percentage_before, percentage_after) =>
    ({ number: record, record, kind, at, by, why, phase: "canary", percentage_before, percentage_after });
  return [
    one(1, "started", "2026-01-19T09:00:00.000Z", "ana", "Started with phase canary, 10 %. phase 1", 0, 10),
    one(2, "held", "2026-01-20T11:00:00.000Z", "controller", "Not met: Fallbacks of the recogniser.", 10, 10),
    one(3, "went_on", "2026-01-20T15:00:00.000Z", "controller", "Nothing keeps it any more.", 10, 10),
  ];
}

export function alarms() {
  const one = (name, meaning, threshold, value) => ({
    name: `audio-transcription-${name}`, state: "OK", meaning, threshold, rung: 0, value,
    since: "2026-01-19T09:05:00.000Z",
  });
  return [
    one("latency-high", "captions come more than 5 s late (p95)", 5000, 1430),
    one("rate-limit-high", "more than 100 partial results a minute are dropped", 100, 2),
    one("orphaned-results-high", "a session had more than 10 results that never became final", 10, 1),
    one("transcribe-fallback", "a recogniser was silent and its session fell back to finals", 1, 0),
    { ...one("lambda-errors", "more than 5 errors in 5 minutes", 5, null), state: "INSUFFICIENT_DATA", since: null },
  ];
}

const first = ["golden", "silver", "amber", "quiet", "brave", "misty", "early", "gentle"];
const second = ["eagle", "heron", "willow", "river", "comet", "maple", "harbor", "meadow"];

/** That many talks that go on, golden-eagle-427 among them. */
export function live(count) {
  const random = noise(7);
  const next = () => random.next().value;
  return Array.from({ length: count }, (_, i) => {
    const id = i === 0 ? "golden-eagle-427"
      : `${first[i % 8]}-${second[(i * 3 + 1) % 8]}-${100 + Math.floor(next() * 900)}`;
    const enabled = i === 0 || bucketOf(id) < 10;
    const es = Math.floor(next() * 40), ca = Math.floor(next() * 12);
    const p50 = (enabled ? 700 : 2400) + Math.floor(next() * 500);
    return {
      session_id: id, language: "en", targets: ["ca", "es"], speech: ["ca", "en", "es"],
      state: i % 9 === 4 ? "waiting" : i % 11 === 7 ? "paused" : "live", created_at: "2026-01-21T13:00:00.000Z",
      listeners: { total: es + ca, by_language: { es, ca } },
      partial_results: { enabled, reason: enabled ? "rollout" : "outside_rollout", version: 7 },
      latency_ms: i % 9 === 4 ? null : { p50, p95: Math.floor(p50 * 1.7) },
      word_lag_ms: i % 9 === 4 ? null : { p50: p50 + 150, p95: p50 * 2, mean: p50 + 210 },
      mode: enabled ? "partial" : "final_only",
      audio_seconds: Math.floor(next() * 5400), lag_seconds: 0.3 + (i % 5) / 10, dropped_seconds: 0, arm: enabled ? "canary" : "control",
    };
  });
}

export function history(now) {
  const at = (minutes) => new Date(now - minutes * 60_000).toISOString();
  const document = (enabled, rollout_percentage, min_stability_threshold = 0.85) =>
    JSON.stringify({ enabled, rollout_percentage, min_stability_threshold, max_buffer_timeout: 5 });
  const one = (version, minutes, changed_by, reason, document_, ...changes) => ({
    version, changed_by, changed_at: at(minutes), reason, document: document_,
    changes: changes.map(([field, before, after]) => ({ field, before, after })),
  });
  return [
    one(7, 48, "ana", "phase 1: canary", document(true, 10), ["rollout_percentage", "0", "10"]),
    one(6, 63, "ana", "fixed in 0.1.4", document(true, 0), ["enabled", "false", "true"]),
    one(5, 128, "marc", "captions repeat words in two talks", document(false, 0),
      ["enabled", "true", "false"], ["rollout_percentage", "10", "0"]),
    one(4, 165, "ana", "phase 1: canary", document(true, 10), ["rollout_percentage", "0", "10"]),
    one(3, 60 * 20, "marc", "fewer words taken back", document(true, 0, 0.85),
      ["min_stability_threshold", "0.8", "0.85"]),
    one(2, 60 * 26, "marc", "", document(true, 0, 0.8), ["rollout_percentage", "100", "0"]),
    one(1, 60 * 30, "sotto serve", "the first value", document(true, 100, 0.8)),
  ];
}

/** Minute by minute until now, with 12 minutes missing as after a restart. */
export function series(minutes, now) {
  const end = Math.floor(now / 60_000) * 60;
  const times = Array.from({ length: minutes }, (_, i) => end - (minutes - 1 - i) * 60);
  const arm = (seed, on) => {
    const random = noise(seed);
    const row = (base, spread, digits = 0) => times.map((time) => {
      const swing = Math.sin(time / 2100) * 0.3 + random.next().value - 0.5;
      const ago = (end - time) / 60;
      if (ago > 88 && ago <= 100) return null;
      return Number(Math.max(0, base + spread * swing).toFixed(digits));
    });
    const few = (every) => times.map((time) => ((time / 60) % every === 0 ? 1 : 0));
    return {
      latency_p50_ms: row(on ? 780 : 2450, 220), latency_p95_ms: row(on ? 1420 : 3900, 600),
      word_lag_p50_ms: row(on ? 930 : 3300, 220), word_lag_p95_ms: row(on ? 1710 : 6100, 600),
      errors: few(on ? 41 : 17), fallbacks: few(1439), dropped: on ? row(2, 4) : few(31),
      orphaned_max: few(on ? 23 : 47).map((n) => n * 2), captions: row(on ? 14 : 120, 20), sessions: row(1, 2),
      cost_per_listener_hour: row(on ? 0.062 : 0.048, 0.01, 4), cache_hit_rate: row(on ? 41 : 44, 8, 1),
    };
  };
  return {
    environment: "production", now: new Date(now).toISOString(), step_seconds: 60, times,
    arms: { canary: arm(3, true), control: arm(11, false) },
  };
}

// What the soak reads of the process and does to it.

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory in MB and open descriptors of a process; nothing where it is gone. */
export function usage(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return { mb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** All processes below one, as {pid, name}. */
export function descendants(pid) {
  const parents = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [, name, rest] = /\((.*)\) \S (\d+)/.exec(stat);
      parents.set(Number(entry), { name, parent: Number(rest) });
    } catch {
      // It has ended since.
    }
  }
  const isBelow = (one) => {
    for (let at = parents.get(one)?.parent; at; at = parents.get(at)?.parent) if (at === pid) return true;
    return false;
  };
  return [...parents].filter(([one]) => isBelow(one)).map(([one, { name }]) => ({ pid: one, name }));
}

/** Stops or continues what translates. */
export function signalTranslators(pid, signal) {
  const voices = /espeak|sotto/;
  let count = 0;
  for (const child of descendants(pid)) {
    if (voices.test(child.name)) continue;
    try {
      process.kill(child.pid, signal);
      ++count;
    } catch {
      // It has ended since.
    }
  }
  return count;
}

/** A folder on a file system of its own that can be filled; where mounting is not allowed, a plain one. */
export class Disk {
  folder = mkdtempSync(join(tmpdir(), "sotto-soak-"));
  isOwn = false;

  constructor(megabytes) {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "tmpfs", this.folder], { stdio: "ignore" });
      this.isOwn = true;
    } catch {
      // Nothing is filled then, and the report says so.
    }
  }

  fill() {
    if (!this.isOwn) return;
    const file = openSync(join(this.folder, "ballast"), "w");
    const block = Buffer.alloc(64 * 1024);
    try {
      for (;;) writeSync(file, block);
    } catch {
      // It is full.
    }
    closeSync(file);
  }

  free() {
    rmSync(join(this.folder, "ballast"), { force: true });
  }

  remove() {
    if (this.isOwn) execFileSync("umount", ["-l", this.folder], { stdio: "ignore" });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

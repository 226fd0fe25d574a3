// An example as somebody runs it: a process, and the lines it prints.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export function run(file, ...args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const lines = { output: [], errors: [] };
  createInterface({ input: child.stdout }).on("line", (line) => lines.output.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => lines.errors.push(line));
  const code = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { ...lines, code, kill: () => child.kill() };
}

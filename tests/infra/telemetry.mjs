// What src/telemetry says of metrics and alarms, read from its tables.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./app.mjs";

const read = (file) => readFileSync(join(root, "src", "telemetry", file), "utf8");

function enumerators(header, name) {
  const body = new RegExp(`enum class ${name}\\b[^{]*\\{([^}]*)\\}`).exec(header)[1];
  return body
    .replace(/\/\/.*$/gm, "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

// Enumerator to CloudWatch's name: the tables are in the enumerators' order.
function names(header, source, type, table) {
  const rows = new RegExp(` ${table} = \\{\\{([^;]*)\\}\\};`).exec(source)[1];
  const cloudwatch = [...rows.matchAll(/\{"([A-Za-z]+)"/g)].map((match) => match[1]);
  const keys = enumerators(header, type);
  if (keys.length !== cloudwatch.length) throw new Error(`${table}: the table is not understood`);
  return Object.fromEntries(keys.map((key, i) => [`${type}::${key}`, cloudwatch[i]]));
}

export function metricNames() {
  const header = read("metrics.hpp");
  const source = read("metrics.cpp");
  return {
    ...names(header, source, "Counter", "counters"),
    ...names(header, source, "Histogram", "histograms"),
  };
}

export function namespace() {
  return /metric_namespace\b[^"]*"([^"]+)"/.exec(read("emf.hpp"))[1];
}

const statistics = { SumOf: "Sum", P95Of: "p95", MaximumOf: "Maximum" };

/** The rules of alarms.cpp, in CloudWatch's words. */
export function alarmRules() {
  const metrics = metricNames();
  const rule = new RegExp(
    String.raw`\{"(?<name>audio-[a-z-]+)",\s*(?<statistic>\w+)\{(?<metric>[\w:]+)\},\s*` +
      String.raw`(?<threshold>\d+),\s*(?<orEqual>true|false),\s*minutes\{(?<minutes>\d+)\},\s*` +
      String.raw`(?<periods>\d+),\s*(?<toAlarm>\d+),\s*MissingData::(?<missing>\w+),\s*` +
      String.raw`"(?<meaning>[^"]+)"`,
    "g",
  );
  return [...read("alarms.cpp").matchAll(rule)].map(({ groups }) => ({
    name: groups.name,
    metric: metrics[groups.metric],
    statistic: statistics[groups.statistic],
    threshold: Number(groups.threshold),
    operator:
      groups.orEqual === "true"
        ? "GreaterThanOrEqualToThreshold"
        : "GreaterThanThreshold",
    period: Number(groups.minutes) * 60,
    periods: Number(groups.periods),
    toAlarm: Number(groups.toAlarm),
    missing: { not_breaching: "notBreaching" }[groups.missing],
    meaning: groups.meaning,
  }));
}

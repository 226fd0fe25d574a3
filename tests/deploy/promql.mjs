// Which metrics an expression reads. Not a parser: promtool is one. It needs to know words that are no
// metrics from words that are.

const words = new Set([
  ..."and or unless by without on ignoring group_left group_right bool offset inf nan atan2".split(" "),
  ..."sum min max avg count group stddev stdvar topk bottomk quantile count_values".split(" "),
]);
const metric = /(?<![\w:$.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g;

/** The metrics of an expression, each with the labels that its selector names:
 * [{ name, labels: [] }]. Understands Grafana's variables and label_values(metric, label). */
export function metricsOf(expression) {
  const selectors = [];
  const bare = expression
    .replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/g, '""')
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\boffset\s+\w+/g, "")
    .replace(/\blabel_values\(([^,()]+),\s*\w+\s*\)/g, "($1)")
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, "")
    .replace(/([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}/g, (_, name, matchers) => {
      const labels = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
      selectors.push({ name, labels });
      return "";
    });
  for (const [name] of bare.matchAll(metric)) {
    if (!words.has(name.toLowerCase())) selectors.push({ name, labels: [] });
  }
  return selectors;
}

/** The rules of a file as ours are written: [{ kind: "record" | "alert", name, expr }]. Throws where a
 * rule has no expression. */
export function rulesOf(text) {
  const rules = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; ++i) {
    const begin = /^\s*- (record|alert): (\S+)\s*$/.exec(lines[i]);
    if (begin) rules.push({ kind: begin[1], name: begin[2], expr: "" });
    const expression = /^(\s*)expr: (.*)$/.exec(lines[i]);
    if (!expression) continue;
    const [, indent, rest] = expression;
    const block = [/^[>|][+-]?\s*$/.test(rest) ? "" : rest];
    const goesOn = () => (lines[i + 1] ?? "").search(/\S/) > indent.length;
    while (goesOn()) block.push(lines[++i].trim());
    rules.at(-1).expr = block.join(" ").trim();
  }
  for (const rule of rules) if (!rule.expr) throw new Error(`${rule.name} has no expression`);
  return rules;
}

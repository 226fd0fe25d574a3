// Figures and times as people read them, in English.

const kLocale = "en-GB";

/** Up to `digits` decimals, thousands apart, a real minus sign. */
export function figure(value: number, digits = 2): string {
  return new Intl.NumberFormat(kLocale, { maximumFractionDigits: digits })
    .format(value).replace("-", "−");
}

function dollars(value: number): string {
  const digits = new Intl.NumberFormat(kLocale, { minimumFractionDigits: 2, maximumFractionDigits: 3 });
  return `${value < 0 ? "−" : ""}$${digits.format(Math.abs(value))}`;
}

/** A figure with its unit; milliseconds from a thousand on are seconds. */
export function quantity(value: number, unit: string): string {
  if (unit === "ms") {
    return value !== 0 && Math.abs(value) < 1000 ? `${figure(value, 0)} ms` : `${figure(value / 1000)} s`;
  }
  if (unit === "USD") return dollars(value);
  if (unit === "%") return `${figure(value)} %`;
  if (unit === "" || unit === "count") return figure(value);
  return unit.startsWith("/") ? `${figure(value)}${unit}` : `${figure(value)} ${unit}`;
}

export function quantityOrNone(value: number | null, unit: string): string {
  return value === null ? "–" : quantity(value, unit);
}

/** "40 s", "3 min", "2 h 5 min", "4 d". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** The time of day, "14:32:07". */
export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString(kLocale);
}

/** "14:32" today, "21 Nov, 14:32" otherwise; empty for what is no time. */
export function moment(utc: string, now: number): string {
  const date = new Date(utc);
  if (Number.isNaN(date.getTime())) return "";
  const time = date.toLocaleTimeString(kLocale, { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString(kLocale, { day: "numeric", month: "short" })}, ${time}`;
}

/** "1 talk", "2 talks". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${figure(count, 0)} ${count === 1 ? one : many}`;
}

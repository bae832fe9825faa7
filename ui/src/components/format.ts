const whole = new Intl.NumberFormat("en-US");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

/** What the daemon says of a thing, as a sentence of its own begins. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** 3,211 */
export const count = (value: number) => whole.format(value);

/** 4.2 %; a dash where nothing was counted. */
export function share(part: number, all: number, digits = 1): string {
  return all > 0 ? `${((100 * part) / all).toFixed(digits)} %` : "–";
}

/** 14:05:09 of today, otherwise with its day. In the time zone of who looks. */
export function time(text: string | number | null | undefined): string {
  if (text === null || text === undefined) return "–";
  const at = new Date(text);
  const today = new Date().toDateString() === at.toDateString();
  return today ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

/** 0:48, 12:05, 1:02:03 */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 812 B, 64 kB, 2.1 MB */
export function octets(value: number): string {
  const [unit, name] = value < 1e3 ? [1, "B"] : value < 1e6 ? [1e3, "kB"] : value < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  const of = value / unit;
  return `${of < 10 && unit > 1 ? of.toFixed(1) : Math.round(of)} ${name}`;
}

import { random } from "../random.ts";

/** Takes out, puts in, replaces or moves a short piece of a text. */
export function damage(text: string): string {
  const place = random.integer(text.length + 1);
  const end = Math.min(text.length, place + 1 + random.integer(8));
  const piece = text.slice(place, end);
  const target = random.integer(text.length + 1);
  return random.pick([
    () => text.slice(0, place) + text.slice(end),
    () => text.slice(0, place) + random.text(1 + random.integer(3)) + text.slice(place),
    () => text.slice(0, place) + random.pick(["0", "1", "a", "f", '"', ",", "\ud83d"]) + text.slice(place + 1),
    () => text.slice(0, target) + piece + text.slice(target),
  ])();
}

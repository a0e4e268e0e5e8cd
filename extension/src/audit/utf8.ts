/** V8 has no TextDecoder of its own; browsers bring it. */

/** Bytes of a character after its first, and what the first keeps of its bits, by its upper half. */
const MORE = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3];
const KEPT = [0x7f, 0x1f, 0x0f, 0x07];
/** Arguments of one call. */
const AT_ONCE = 8192;

/** Of what this project's compiler wrote, which is UTF-8 throughout. */
class Utf8Decoder {
  decode(bytes: Uint8Array): string {
    const parts: string[] = [];
    let points: number[] = [];
    for (let i = 0; i < bytes.length; ) {
      let point = bytes[i++]!;
      const more = MORE[point >> 4]!;
      point &= KEPT[more]!;
      for (let n = 0; n < more; n++) point = (point << 6) | (bytes[i++]! & 0x3f);
      if (points.push(point) === AT_ONCE) {
        parts.push(String.fromCodePoint(...points));
        points = [];
      }
    }
    return parts.join("") + String.fromCodePoint(...points);
  }
}

const scope = globalThis as { TextDecoder?: unknown };
scope.TextDecoder ??= Utf8Decoder;

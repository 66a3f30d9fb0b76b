/** By type code of a field: bytes of a primitive one, 0 for a value, -1 for what is no type. */
export const FIELD_SIZES = new Int8Array(256).fill(-1);

for (const [type, size] of Object.entries({ B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, L: 0, S: 2, Z: 1, '[': 0 })) {
  FIELD_SIZES[type.charCodeAt(0)] = size;
}

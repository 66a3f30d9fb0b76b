import type { DescriptorDictionary } from '../../../src/java/index.js';

/** A dictionary of class descriptors in memory. */
export class MapDictionary implements DescriptorDictionary {
  private readonly ids = new Map<string, number>();
  private readonly descriptors: Buffer[] = [];

  get size(): number {
    return this.descriptors.length;
  }

  idOf(bytes: Buffer): number {
    const key = bytes.toString('latin1');
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.descriptors.push(Buffer.from(bytes)) - 1;
      this.ids.set(key, id);
    }
    return id;
  }

  bytesOf(id: number): Buffer | undefined {
    return this.descriptors[id];
  }
}

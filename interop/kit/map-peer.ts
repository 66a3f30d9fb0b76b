import { JavaPeer, type JavaPeerOptions } from './java-peer.js';

export interface MapPeerOptions extends JavaPeerOptions {
  /** Name of the map. */
  readonly map: string;
}

/** A Java program that is no Tomcat, with a `ReplicatedMap` on a channel of its own. */
export class MapPeer {
  readonly #peer: JavaPeer;

  private constructor(peer: JavaPeer) {
    this.#peer = peer;
  }

  /** Resolves when it has joined the map. */
  static async start({ map, ...place }: MapPeerOptions): Promise<MapPeer> {
    return new MapPeer(await JavaPeer.start('MapPeer', place, [map]));
  }

  /** What the map holds: "java.lang.Integer 5" by key. Nothing is read as a program of the map would read it. */
  list(): Promise<string> {
    return this.#peer.do('list');
  }

  /** @param type as MapPeer.java has it: "integer", "date", … */
  async put(key: string, type: string, value: string): Promise<void> {
    await this.#peer.do(`put ${key} ${type} ${value}`);
  }

  async remove(key: string): Promise<void> {
    await this.#peer.do(`remove ${key}`);
  }

  /** How many others have the map, as it knows them. */
  async members(): Promise<number> {
    return Number(await this.#peer.do('members'));
  }

  /** Says goodbye, and ends. */
  async leave(): Promise<void> {
    await this.#peer.do('close');
    await this.#peer.leave();
  }

  kill(): Promise<void> {
    return this.#peer.kill();
  }
}

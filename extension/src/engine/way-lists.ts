import { IntList } from "./int-list";

/** Some ways of each of many sets, as linked lists; a link is an index + 1, 0 ends a list. */
export class WayLists {
  readonly #heads: Int32Array;
  readonly #sets = new IntList();
  readonly #ways = new IntList();
  readonly #links = new IntList();

  constructor(count: number) {
    this.#heads = new Int32Array(count);
  }

  clear(): void {
    const sets = this.#sets;
    const heads = this.#heads;
    for (let n = 0; n < sets.length; n++) heads[sets.data[n]!] = 0;
    sets.clear();
    this.#ways.clear();
    this.#links.clear();
  }

  add(set: number, way: number): void {
    const head = this.#heads[set]!;
    if (head === 0) this.#sets.push(set);
    this.#ways.push(way);
    this.#links.push(head);
    this.#heads[set] = this.#ways.length;
  }

  chain(link: number, next: number): void {
    this.#links.data[link - 1] = next;
  }

  startWith(set: number, link: number): void {
    this.#heads[set] = link;
  }

  first(set: number): number {
    return this.#heads[set]!;
  }

  next(link: number): number {
    return this.#links.data[link - 1]!;
  }

  way(link: number): number {
    return this.#ways.data[link - 1]!;
  }
}

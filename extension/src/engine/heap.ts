import { IntList } from "./int-list";

/** A binary heap of atoms, smallest first; `pop` gives -1 when empty. */
export class Heap {
  private readonly items = new IntList();

  push(item: number): void {
    let at = this.items.length;
    this.items.push(item);
    const { data } = this.items;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (data[parent]! <= item) break;
      data[at] = data[parent]!;
      at = parent;
    }
    data[at] = item;
  }

  pop(): number {
    const { items } = this;
    if (items.length === 0) return -1;
    const { data } = items;
    const least = data[0]!;
    const item = data[--items.length]!;
    const { length } = items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && data[child + 1]! < data[child]!) child++;
      if (data[child]! >= item) break;
      data[at] = data[child]!;
      at = child;
    }
    if (length > 0) data[at] = item;
    return least;
  }
}

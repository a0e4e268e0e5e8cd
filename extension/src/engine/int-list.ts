/** A list of integers that keeps its memory when it is emptied; an array's `length = 0` gives it back each time. */
export class IntList {
  /** Valid up to `length`; replaced when it grows. */
  data: Int32Array = new Int32Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.#grow();
    this.data[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.data.length);
    larger.set(this.data);
    this.data = larger;
  }
}

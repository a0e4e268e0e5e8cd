// Names of the browser that the content script speaks of dozens of times: there, a letter each (build.mjs).
const {
  cancelAnimationFrame: cancel,
  Int32Array: Integers,
  requestAnimationFrame: request,
  Uint16Array: Units,
  Uint32Array: Counts,
  Uint8Array: Bytes,
} = globalThis;

export {
  Bytes as Uint8Array,
  Counts as Uint32Array,
  cancel as cancelAnimationFrame,
  Integers as Int32Array,
  request as requestAnimationFrame,
  Units as Uint16Array,
};

/** Does `act` once, when what `signal` stands for has ended. */
export function whenEnded(signal: AbortSignal, act: () => void): void {
  signal.addEventListener("abort", act, { once: true });
}

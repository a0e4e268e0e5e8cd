/** Work for the next frame, done once however often it is asked for, and never after `signal`. Returns what asks for it. */
import { whenEnded } from "../ended";

export function inNextFrame(work: () => void, signal: AbortSignal): () => void {
  let frame = 0;
  whenEnded(signal, () => cancelAnimationFrame(frame));
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      work();
    });
  };
}

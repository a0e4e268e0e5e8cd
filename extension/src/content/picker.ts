import type { Guard } from "./guard";
export function startPicker(_guard: Guard): void {}

/** What levels, keys and steps are called on the page. */

import { T } from "./texts";

type Names = Readonly<Record<string, string>>;

export const LEVEL_NAMES: Names = T.levels;
export const STATUS_NAMES: Names = T.statuses;
export const NEGATION_NAMES: Names = T.negations;
export const PLATFORM_NAMES: Names = T.platforms;
export const CATEGORY_NAMES: Names = T.categories;
export const FIELD_NAMES: Names = T.fields;
/** Why a rule or a hit was let go, by the engine's step. */
export const STEP_NAMES: Names = T.steps;

export const bytes = (size: number): string =>
  size < 10_240 ? `${(size / 1024).toFixed(1)} KB` : `${Math.round(size / 1024)} KB`;
export const platformName = (id: string): string => PLATFORM_NAMES[id] ?? id;

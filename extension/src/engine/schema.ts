/** Reads JSON for which nobody vouches: each reader returns what it is for, or throws `ReleaseError`. */

import { off } from "./errors";

/** `name`: of the field, for the error. */
export type Read<T> = (value: unknown, name: string) => T;
type Json = Readonly<Record<string, unknown>>;

export const text: Read<string> = (value, name) => (typeof value === "string" ? value : off(name));

export const flag: Read<boolean> = (value, name) => (typeof value === "boolean" ? value : off(name));

export const finite: Read<number> = (value, name) => (Number.isFinite(value) ? (value as number) : off(name));

/** In [low, high]. */
export function whole(low: number, high: number): Read<number> {
  return (value, name) => {
    const number = finite(value, name);
    return Number.isInteger(number) && low <= number && number <= high ? number : off(name);
  };
}

export function either<T>(values: readonly T[]): Read<T> {
  return (value, name) => (values.includes(value as T) ? (value as T) : off(name));
}

/** A number, a string, and what else there is of these types. */
export function scalar<T>(...types: string[]): Read<T> {
  return (value, name) => (types.includes(typeof value) ? (value as T) : off(name));
}

/** `otherwise` for a field that is not there. */
export function or<T, U>(read: Read<T>, otherwise: U): Read<T | U> {
  return (value, name) => (value == null ? otherwise : read(value, name));
}

export function list<T>(read: Read<T>): Read<T[]> {
  return (value, name) => (Array.isArray(value) ? value.map((item) => read(item, name)) : off(name));
}

export const object: Read<Json> = (value, name) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : off(name);

/** Any names, and values that are alike. */
export function dictionary<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value, name) => {
    for (const item of Object.values(object(value, name))) read(item, name);
    return value as Readonly<Record<string, T>>;
  };
}

export function record<T>(fields: { readonly [Name in keyof T]: Read<T[Name]> }): Read<T> {
  return (value, name) => {
    const json = object(value, name);
    const found: Partial<T> = {};
    for (const field in fields) found[field] = fields[field](json[field], field);
    // The copy is what V8 calls fast; an object that grew by so many names is a dictionary, at twice the price of a look.
    return { ...(found as T) };
  };
}

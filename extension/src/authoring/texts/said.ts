/** What texts are completed with. */
export type Said = string | number;

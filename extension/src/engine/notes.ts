/**
 * What is noted of an atom while a text is read: four numbers side by side. A text asks hundreds of atoms a question or two
 * each, so what a question costs is the memory that it touches.
 *
 * `LeafHits` has its own first two; of entities and sets they are the mark of the text for which the others hold, and the
 * clauses in which the atom may occur, as bits.
 */
export const WIDTH_SHIFT = 2;
export const CLAUSES = 1;
/** The list of its hits; of a set that has none yet, the first of the ways in which it was woken. */
export const FROM = 2;
export const TO = 3;

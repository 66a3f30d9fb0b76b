/**
 * Thrown where a stream goes beyond what the quick way understands, or is damaged: the plain way reads it then, and says
 * what is wrong if anything is. Made once: nobody looks where it came from.
 */
export const UNFAMILIAR = new Error('a stream that is not for the quick way');

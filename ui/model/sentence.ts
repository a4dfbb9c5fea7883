/** Problems are worded as the end of a sentence: "must be a number: got "x"". Where they stand alone they are one. Pure. */
export function sentenceOf(problem: string): string {
  const text = problem.trim();
  return text === '' ? '' : text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?"]$/.test(text) ? '' : '.');
}

/** JLS 3.8, as far as the categories of Unicode tell it. */
const IDENTIFIER = String.raw`[\p{L}\p{Nl}\p{Sc}\p{Pc}][\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mn}\p{Mc}]*`;
const CLASS = String.raw`${IDENTIFIER}(?:\.${IDENTIFIER})*`;
const CLASS_NAME = new RegExp(String.raw`^(?:${CLASS}|\[+(?:[BCDFIJSZ]|L${CLASS};))$`, 'u');

/** Whether it has the form of a name that `Class.getName` gives, arrays included; whether there is such a class is not asked. */
export function isClassName(text: string): boolean {
  return CLASS_NAME.test(text);
}

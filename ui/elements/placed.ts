/**
 * Sets style properties of an element from a template. The page's security policy refuses style attributes, which
 * `styleMap` begins with; what a script sets is allowed.
 */
import type { ElementPart } from 'lit';
import { noChange } from 'lit';
import { Directive, type DirectiveParameters, directive, type PartInfo, PartType } from 'lit/directive.js';

class StyledDirective extends Directive {
  #before: Readonly<Record<string, string>> = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error('Cannot set styles: they are set on an element');
  }

  render(_: Readonly<Record<string, string>>) {
    return noChange;
  }

  override update(part: ElementPart, [styles]: DirectiveParameters<this>) {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(styles))
      if (this.#before[name] !== value) style.setProperty(name, value);
    for (const name of Object.keys(this.#before)) if (!(name in styles)) style.removeProperty(name);
    this.#before = styles;
    return noChange;
  }
}

/** `<div ${styled({ left: '10%' })}>`. */
export const styled = directive(StyledDirective);

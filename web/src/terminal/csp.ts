/* xterm writes its sheets and some cell styles as text, which our Content-Security-Policy (no inline styles) stops.
 * The same through the CSS object model is allowed, so we lead both there. */

/** Runs `create` with `document.createElement("style")` giving stand-ins whose text becomes an adopted sheet. */
export function withAdoptedSheets(create: () => void): void {
  const original = document.createElement;
  document.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
    return name === "style" ? adopted(original.call(this, "template")) : original.call(this, name, options);
  } as typeof document.createElement;
  try {
    create();
  } finally {
    document.createElement = original;
  }
}

function adopted(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", { set: (css: string) => sheet.replaceSync(css) });
  return element;
}

/** Makes `setAttribute("style", …)` work under the policy on everything below `root`. */
export function allowStyleAttributes(root: Node): void {
  const original = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name: string, value: string) {
    // Cells are styled before they are put into the page, so an element without a parent counts as one of ours.
    const ours = !this.isConnected || root.contains(this);
    if (name === "style" && ours && this instanceof HTMLElement) this.style.cssText = value;
    else original.call(this, name, value);
  };
}

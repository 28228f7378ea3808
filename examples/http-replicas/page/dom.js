// @ts-check
/**
 * Ways to the page's elements. What comes from outside is only ever set as text.
 */

/**
 * The element that is sure to be there.
 *
 * @param {string} selector
 * @param {ParentNode} [below]
 */
export function find(selector, below = document) {
  return /** @type {HTMLElement} */ (below.querySelector(selector));
}

/**
 * Writes a field, unless it says so already: what is read out to somebody is not read out again.
 *
 * @param {string} name
 * @param {string} text
 * @param {ParentNode} [below]
 */
export function write(name, text, below) {
  const field = find(`[data-field="${name}"]`, below);
  if (field.textContent !== text) field.textContent = text;
}

/**
 * A copy of the one element in a template.
 *
 * @param {string} selector
 */
export function copy(selector) {
  const template = /** @type {HTMLTemplateElement} */ (find(selector));
  const fragment = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (fragment.firstElementChild);
}

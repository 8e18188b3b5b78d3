// Builds elements. Text becomes text nodes, never markup: what people and servers say cannot become a tag here.

/**
 * h("button", { class: "quiet", disabled: false, onclick: save }, "Save")
 *
 * Attributes that are null, undefined or false are left out, true ones are empty. `on…` are listeners, `style` holds
 * custom properties, `dataset` is copied. Children may be nested lists; null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, it] of Object.entries(value)) element.style.setProperty(key, it);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** Replaces what an element holds. */
export function put(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child != null && child !== false);
}

let ids = 0;

/** An id that nothing else on the page has, for labels and descriptions. */
export const newId = (name) => `${name}-${++ids}`;

/** Text that only a screen reader gets. */
export const unseen = (...children) => h("span", { class: "unseen" }, ...children);

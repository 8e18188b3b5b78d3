// The thumbs of an answer: one up, one down; pressed again, neither.
import { call } from "../../api.js";
import { h, s } from "../../dom.js";
import { toastTrouble } from "../../toasts.js";

const FACES = [[true, "", "This helped"], [false, "rotate(180 12 12)", "This did not help"]];
const THUMB = "M7 11v9H4v-9zm0 0 4-8a2 2 0 0 1 2 2v4h6a2 2 0 0 1 2 2.3l-1.2 7a2 2 0 0 1-2 1.7H7";

export function thumbs(conversationId, helpful) {
  const buttons = FACES.map(([value, turn, label]) =>
    h("button", { type: "button", class: "bare", "aria-label": label, title: label, "aria-pressed": String(helpful === value), onclick: () => rate(value) },
      s("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", class: "icon" }, s("path", { d: THUMB, transform: turn || null }))));
  const press = (value) => {
    helpful = value;
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(FACES[index][0] === value)));
  };
  async function rate(value) {
    const before = helpful;
    press(before === value ? null : value);
    try {
      await call("conversation-feedback", { conversationId, helpful });
    } catch (trouble) {
      press(before);
      toastTrouble(trouble);
    }
  }
  return h("span", { class: "thumbs", role: "group", "aria-label": "Was this helpful?" }, buttons);
}

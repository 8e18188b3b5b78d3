// What a person sets for this browser: theme and time zone.
import { h, newId } from "./dom.js";
import { browserZone, zone } from "./words.js";

const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };

/** Makes the dialog; `refresh` shows the view anew, in another zone. */
export function settingsDialog(user, { refresh, signOut }) {
  const zoneId = newId("zone");
  const zones = Intl.supportedValuesOf("timeZone");
  const dialog = h(
    "dialog", { class: "settings", "aria-labelledby": "settings-heading" },
    h("h2", { id: "settings-heading" }, "Settings"),
    h("p", {}, "Signed in as ", h("strong", { class: "breakable" }, user.email ?? "a guest")),
    h(
      "fieldset", {}, h("legend", {}, "Theme"),
      Object.entries(THEMES).map(([value, label]) =>
        h("label", { class: "choice" }, h("input", {
          type: "radio", name: "theme", value, checked: value === document.documentElement.dataset.theme,
          onchange: () => {
            localStorage.setItem("theme", value);
            document.documentElement.dataset.theme = value;
          },
        }), label)),
    ),
    h(
      "div", { class: "field" }, h("label", { for: zoneId }, "Time zone"),
      h("select", {
        id: zoneId,
        onchange: (event) => {
          if (event.target.value) localStorage.setItem("zone", event.target.value);
          else localStorage.removeItem("zone");
          refresh();
        },
      },
      h("option", { value: "" }, `As the system (${browserZone})`),
      zones.map((name) => h("option", { value: name, selected: localStorage.getItem("zone") === name && name === zone() }, name.replaceAll("_", " ")))),
    ),
    h(
      "div", { class: "row" },
      h("button", { type: "button", onclick: signOut }, "Sign out"),
      h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done"),
    ),
  );
  return dialog;
}

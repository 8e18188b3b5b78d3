// The door: sign in, a new password for those who came by the link of a mail, and demo users on a developer's machine.
import { client, told, troubleOf } from "./api.js";
import { h, newId, put } from "./dom.js";
import { failure } from "./parts.js";
import { toast } from "./toasts.js";

export function showSignIn(place, { recovering, ended }) {
  document.title = recovering ? "New password · FashionOS" : "Sign in · FashionOS";
  put(place, h("main", { class: "door" }, h("p", { class: "brand" }, "FashionOS"), recovering ? newPassword() : signIn(ended)));
}

function signIn(ended) {
  const email = field("E-mail address", { type: "email", name: "email", autocomplete: "username", required: true });
  const password = field("Password", { type: "password", name: "password", autocomplete: "current-password", required: true });
  const enter = (credentials) => client.auth.signInWithPassword(credentials);
  const form = asking("Sign in", [email, password], (values) => enter(values));
  const refused = new URLSearchParams(location.hash.slice(1)).get("error_description"); // by the link of a mail
  return [
    h("h1", {}, "Sign in"),
    refused && failure({ message: refused, advice: "Ask for a new link below, or sign in." }),
    ended && h("p", { class: "notice" }, "You are signed out. Sign in to go on."),
    form.element,
    h("p", {}, h("button", { type: "button", class: "link", onclick: () => forgotten(email, form) }, "Forgot your password?")),
    told.people.length > 0 && demo(enter, form),
  ];
}

/** Mails a link for a new password to the address in the form. */
async function forgotten(email, form) {
  const input = email.querySelector("input");
  if (!input.reportValidity()) return;
  await form.run(async () => {
    const answer = await client.auth.resetPasswordForEmail(input.value, { redirectTo: location.origin });
    if (!answer.error) toast(`If ${input.value} is known here, a link for a new password is on its way.`, { severity: "success" });
    return answer;
  });
}

function demo(enter, form) {
  return h(
    "section", { class: "demo" },
    h("h2", {}, "Demo users"),
    h("p", {}, "On this development machine only. Open a second window to see changes travel."),
    told.people.map((one) =>
      h("button", { type: "button", onclick: () => form.run(() => enter(one)) }, `Sign in as ${one.email.split("@")[0]}`),
    ),
  );
}

function newPassword() {
  const password = field("New password", { type: "password", name: "password", autocomplete: "new-password", required: true });
  const form = asking("Save", [password], async (values) => {
    const answer = await client.auth.updateUser(values);
    if (!answer.error) location.replace(location.pathname);
    return answer;
  });
  return [h("h1", {}, "Choose a new password"), form.element];
}

function field(label, attributes) {
  const id = newId("field");
  return h("div", { class: "field" }, h("label", { for: id }, label), h("input", { id, ...attributes }));
}

/** A form that calls `ask` with its values, and says what went wrong. */
function asking(label, fields, ask) {
  const said = h("div", { class: "said" });
  const button = h("button", { class: "primary" }, label);
  const run = async (act) => {
    put(said);
    element.querySelectorAll("button").forEach((one) => { one.disabled = true; });
    try {
      const { error } = await act();
      if (error) put(said, failure(await troubleOf(error)));
    } finally {
      element.querySelectorAll("button").forEach((one) => { one.disabled = false; });
    }
  };
  const element = h("form", {
    onsubmit: (event) => {
      event.preventDefault();
      run(() => ask(Object.fromEntries(new FormData(element))));
    },
  }, fields, said, button);
  return { element, run };
}

// The assistant: asks, shows answers as they stream in, and lets its proposals be confirmed or cancelled.
import { call, client, query, where } from "../api.js";
import { h, put } from "../dom.js";
import { empty, failure, severity, waiting } from "../parts.js";
import { zone } from "../words.js";
import { hrefOf } from "../views.js";
import { offerOf } from "./assistant/offer.js";
import { readEvents } from "./assistant/stream.js";
import { thumbs } from "./assistant/thumbs.js";

const FIRST = ["Are we ready?", "Show me the blockers", "What is the critical path?", "Which shots are missing?", "What should I do next?", "What can you do?"];
const MOST_TURNS = 30; // of the session's earlier turns, shown again

// The conversation goes on when the page is reloaded, and ends with the tab.
const session = {
  get id() { return sessionStorage.getItem("session") ?? undefined; },
  set id(value) { sessionStorage.setItem("session", value); },
  forget() { sessionStorage.removeItem("session"); },
};

export async function show(root, { signal }) {
  const log = h("div", { class: "log", role: "log", "aria-label": "Conversation", tabindex: "0" });
  const input = h("textarea", { rows: "1", maxlength: "2000", "aria-label": "Your question", placeholder: "Ask about samples, events or pictures", required: true });
  const send = h("button", { class: "primary" }, "Ask");
  const form = h("form", { class: "ask" }, input, send);
  const chat = { ask, signal };
  const isBusy = () => log.querySelector("[aria-busy]") !== null;
  put(root, log, form, h("p", { class: "row end" }, h("button", { type: "button", class: "link", onclick: anew }, "Start a new conversation")));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const message = input.value.trim();
    if (!message || isBusy()) return;
    input.value = "";
    ask(message);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  input.focus({ preventScroll: true });

  put(log, waiting());
  const turns = session.id ? await earlier(signal).catch(() => []) : [];
  if (signal.aborted) return;
  put(log, turns.length ? turns.map((turn) => [question(turn.message), answerOf(turn.response, chat, { old: true, helpful: turn.helpful })]) : welcome());
  toEnd();

  function anew() {
    session.forget();
    put(log, welcome());
    input.focus();
  }

  function welcome() {
    return empty("Ask about your production.", h("span", { class: "chips" }, FIRST.map((text) => chip(text, ask))));
  }

  /** Shows the newest turn from its question on, so that reading begins where it should. */
  function toEnd() {
    const questions = log.querySelectorAll(".question");
    log.scrollTop = questions.length ? questions[questions.length - 1].offsetTop : 0;
  }

  /** Sends a message and shows what comes back. */
  async function ask(message) {
    if (isBusy()) return; // one question at a time: each is read in the light of the one before
    log.querySelector(".empty")?.remove();
    log.querySelectorAll(".follow").forEach((old) => old.remove());
    const turn = h("div", { class: "turn answer", "aria-busy": "true" }, waiting("Thinking…"));
    log.append(question(message), turn);
    toEnd();
    try {
      const answer = await stream(message, turn);
      session.id = answer.meta.sessionId;
      put(turn, answerParts(answer, chat));
    } catch (trouble) {
      if (signal.aborted) return;
      put(turn, failure(trouble, () => { turn.previousSibling.remove(); turn.remove(); ask(message); }));
      if (trouble.code === "message_too_long") input.value = message;
    } finally {
      turn.removeAttribute("aria-busy");
      toEnd();
    }
  }

  async function stream(message, turn) {
    const said = h("p", { class: "content" });
    const response = await call("chat-orchestrator", {
      message, sessionId: session.id, currentKit: "home", currentRoute: "/", userContext: where(),
    }, { signal, stream: true });
    for await (const event of readEvents(response)) {
      if (event.type === "text-delta") {
        if (!said.isConnected) put(turn, said);
        said.append(event.delta);
        toEnd();
      }
      if (event.type === "data-answer") return event.data;
    }
    throw Object.assign(new Error("The answer broke off."), { advice: "Ask again." });
  }
}

/** The turns of this session, as the log of conversations has them. */
function earlier(signal) {
  const turns = client.from("assistant_conversations").select("id,message,response,helpful,created_at")
    .eq("session_id", session.id).order("created_at", { ascending: false }).limit(MOST_TURNS).abortSignal(signal);
  return query(turns).then((rows) => rows.reverse().filter((row) => row.message && row.response));
}

const question = (text) => h("div", { class: "turn question" }, h("p", {}, h("span", { class: "unseen" }, "You: "), text));
const chip = (text, ask) => h("button", { type: "button", class: "chip", onclick: () => ask(text) }, text);

function answerOf(answer, chat, options) {
  return h("div", { class: "turn answer" }, answerParts(answer, chat, options));
}

/** An answer: how grave it is, what it says, what can be done about it, and what to ask next. */
function answerParts(answer, chat, { old = false, helpful = null } = {}) {
  const meta = answer.meta ?? {};
  const links = (answer.actions ?? []).filter(({ target }) => !/^\/(confirm|cancel)\b/.test(target));
  const follow = old ? [] : answer.followUp ?? [];
  return [
    h("p", { class: "content" }, h("span", { class: "unseen" }, "Assistant: "), answer.severity && [severity(answer.severity, { brief: true }), " "], answer.content),
    meta.proposal && !old && offerOf(answer, chat),
    links.length > 0 && h("p", { class: "row" }, links.map(action)),
    follow.length > 0 && h(
      "div", { class: "follow" },
      h("p", { class: "quiet" }, meta.clarifies ? "Did you mean" : "Ask next"),
      h("p", { class: "chips" }, follow.map((text) => chip(text, chat.ask))),
    ),
    h("p", { class: "foot" }, (meta.conversationId ?? answer.conversationId) && thumbs(meta.conversationId ?? answer.conversationId, helpful),
      answer.responseTime != null && h("span", { class: "quiet" }, `${answer.responseTime} ms${meta.source === "llm" ? ", worded by a language model" : ""}`)),
  ];
}

/** A button of an answer: a link into this page, or a word about where it would lead in the app. */
function action({ label, target, primary }) {
  const look = primary ? "button primary" : "button";
  if (target === "back") return h("button", { type: "button", class: look, onclick: () => history.back() }, label);
  const href = hrefOf(target);
  return href ? h("a", { class: look, href }, label) : h("span", { class: "quiet" }, `${label}: ${target} of the app`);
}

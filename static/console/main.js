// Starts the page: whoever is signed in sees the frame with the view that the address names, all others the door.
import { client } from "./api.js";
import { put } from "./dom.js";
import { showFrame } from "./frame.js";
import * as live from "./live.js";
import { showSignIn } from "./signin.js";
import { region } from "./toasts.js";
import { readHash } from "./views.js";

let user = null;
let shown = new AbortController();

function show(session, { recovering = false, ended = false } = {}) {
  if (!recovering && session && session.user.id === user?.id) return; // a fresh token, or another tab: nothing changes here
  shown.abort();
  shown = new AbortController();
  const wasIn = user !== null;
  user = session?.user ?? null;
  if (wasIn) live.leave();
  const place = put(document.querySelector("#place"));
  if (user && !recovering) showFrame(place, user, shown.signal);
  else showSignIn(place, { recovering, ended: ended && wasIn });
}

const place = document.createElement("div");
place.id = "place";
document.body.append(place, region);

readHash().view.load().catch(() => {}); // it will be wanted; the frame says what is wrong if it does not come

// The client waits for what this returns, and holds its lock meanwhile: whatever asks it again comes later.
client.auth.onAuthStateChange((event, session) => {
  setTimeout(() => show(session, { recovering: event === "PASSWORD_RECOVERY", ended: event === "SIGNED_OUT" }));
});

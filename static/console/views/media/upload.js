// Uploading: files dropped or chosen, a few at a time, each with its progress and, if it is refused, why.
import { client } from "../../api.js";
import { h, newId, put } from "../../dom.js";
import { severity } from "../../parts.js";
import { isoDay, percent } from "../../words.js";

const AT_ONCE = 3;
const ADVICE = {
  Duplicate: "A file of this name was uploaded today.",
  InvalidMimeType: "The gallery takes pictures only: JPEG, PNG, WebP, TIFF and the like.",
  EntityTooLarge: "It is larger than the gallery takes: export it smaller.",
  AccessDenied: "Your session has ended: sign in again.",
};

/** The place to drop files on; uploads go on when the view is left, and are gone from the list then. */
export function uploads() {
  const inputId = newId("files");
  const input = h("input", { id: inputId, type: "file", accept: "image/*", multiple: true, class: "unseen", onchange: () => { take(input.files); input.value = ""; } });
  const list = h("ul", { class: "uploads" });
  const place = h(
    "div", { class: "drop" },
    h("p", {}, "Drop pictures here, or ", input, h("label", { class: "button", for: inputId }, "Choose files")),
    list,
  );
  place.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", (event) => { if (!place.contains(event.relatedTarget)) place.classList.remove("over"); });
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    take(event.dataTransfer.files);
  });

  const waiting = [];
  let running = 0;

  function take(files) {
    for (const file of files) {
      const row = h("li", {});
      list.append(row);
      put(row, h("span", { class: "name" }, file.name), h("span", { class: "quiet" }, "Waiting"));
      waiting.push({ file, row, replace: false });
    }
    next();
  }

  async function next() {
    if (running >= AT_ONCE || !waiting.length) return;
    const { file, row, replace } = waiting.shift();
    running += 1;
    next();
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
    const share = h("span", { class: "quiet" });
    put(row, h("span", { class: "name" }, file.name), bar, share);
    const again = (options) => { waiting.push({ file, row, ...options }); next(); };
    try {
      await send(file, replace, (part) => { bar.value = part; put(share, part < 1 ? percent(Math.floor(part * 100)) : "Storing…"); });
      put(row, h("span", { class: "name" }, file.name), severity("success", { word: "Uploaded" }));
    } catch (refused) {
      const duplicate = refused.error === "Duplicate";
      put(
        row,
        h("span", { class: "name" }, file.name),
        severity(duplicate ? "warning" : "critical", { word: duplicate ? "Already there" : "Not uploaded" }),
        h("span", {}, ADVICE[refused.code] ?? ADVICE[refused.error] ?? refused.message ?? "The connection broke off."),
        h("button", { type: "button", onclick: () => again({ replace: duplicate }) }, duplicate ? "Replace it" : "Try again"),
      );
    } finally {
      running -= 1;
      next();
    }
  }
  return place;
}

/** Posts one file as the official client does; that one tells no progress. */
async function send(file, replace, progress) {
  const { data: { session } } = await client.auth.getSession();
  const path = [session.user.id, isoDay(Date.now()), file.name].map(encodeURIComponent).join("/");
  const form = new FormData();
  form.append("cacheControl", "3600");
  form.append("", file);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("error", () => reject({}));
    request.addEventListener("load", () => {
      if (request.status < 300) return resolve();
      try {
        reject(JSON.parse(request.responseText));
      } catch {
        reject({});
      }
    });
    request.open("POST", `/storage/v1/object/gallery/${path}`);
    request.setRequestHeader("authorization", `Bearer ${session.access_token}`);
    request.setRequestHeader("apikey", client.supabaseKey);
    request.setRequestHeader("x-upsert", String(replace));
    request.send(form);
  });
}

// Thumbnails: fetched when they come into view, a few at a time, made small by the server, and kept while the page is open.
import { client } from "../../api.js";
import { h, put } from "../../dom.js";

const BUCKET = "gallery";
const SIDE = 320; // px, for screens with two dots to a pixel
const AT_ONCE = 4;
const MOST = 600; // kept

const kept = new Map(); // version of a picture -> URL of its bytes, the oldest first
const waiting = [];
let running = 0;

const versionOf = (asset) => `${asset.storage_path} ${asset.bytes} ${asset.features?.perceptualHash ?? ""}`;

/** A frame for the picture of an asset; what cannot be shown keeps the colours that it was measured to have. */
export function thumbnail(asset, watcher) {
  const frame = h("span", { class: "thumb", "aria-hidden": "true" }, swatches(asset));
  if (asset.storage_path && asset.status !== "archived") watcher.watch(frame, asset);
  return frame;
}

function swatches(asset) {
  const colours = asset.features?.dominantColors ?? asset.details?.dominantColors ?? [];
  return h("span", { class: "swatches" }, colours.slice(0, 4).map(({ hex, share }) => h("span", { style: { "--swatch": hex ?? "transparent", "--share": share ?? 1 } })));
}

/** Watches frames until the signal ends: the picture is asked for when its frame is near. */
export function pictureWatcher(signal) {
  const assets = new WeakMap();
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      waiting.push({ frame: target, asset: assets.get(target), signal });
      next();
    }
  }, { rootMargin: "300px" });
  signal.addEventListener("abort", () => observer.disconnect());
  return {
    watch(frame, asset) {
      const url = kept.get(versionOf(asset));
      if (url) return show(frame, url);
      assets.set(frame, asset);
      observer.observe(frame);
    },
  };
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  running += 1;
  const { frame, asset, signal } = waiting.shift();
  try {
    if (!signal.aborted && frame.isConnected) show(frame, await fetched(asset));
  } catch {
    frame.classList.add("missing"); // its colours stay
  } finally {
    running -= 1;
    next();
  }
}

async function fetched(asset) {
  const version = versionOf(asset);
  if (kept.has(version)) return kept.get(version);
  const { data, error } = await client.storage.from(BUCKET).download(asset.storage_path, { transform: { width: SIDE, height: SIDE, resize: "contain" } });
  if (error) throw error;
  kept.set(version, URL.createObjectURL(data));
  for (const [oldest, url] of kept) {
    if (kept.size <= MOST) break;
    URL.revokeObjectURL(url);
    kept.delete(oldest);
  }
  return kept.get(version);
}

const show = (frame, url) => put(frame, h("img", { src: url, alt: "", decoding: "async" }));

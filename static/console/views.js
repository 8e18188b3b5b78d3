// The views, in the order of the navigation. A view's module is fetched when somebody first opens it.
export const views = [
  { name: "assistant", title: "Assistant", load: () => import("./views/assistant.js") },
  { name: "logistics", title: "Logistics", load: () => import("./views/logistics.js") },
  { name: "events", title: "Events", load: () => import("./views/events.js") },
  { name: "media", title: "Media", load: () => import("./views/media.js") },
  { name: "live", title: "Live feed", load: () => import("./views/live.js") },
];

// The pages of the app that the assistant's answers point to, and where this page shows them.
const PAGES = {
  home: "assistant",
  logistics: "logistics", samples: "logistics", returns: "logistics",
  events: "events", tasks: "events", "run-of-show": "events", staffing: "events",
  media: "media", gallery: "media", "shot-list": "media", selects: "media",
  notifications: "live",
};

/** "/samples?status=received" -> "#/logistics?page=samples&status=received"; null for a page that is not here. */
export function hrefOf(target) {
  const { pathname, searchParams } = new URL(target, location.origin);
  const [page, id] = pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const view = PAGES[page ?? "home"];
  if (!views.some(({ name }) => name === view)) return null;
  const params = new URLSearchParams({ page: page ?? "home", ...(id && { id }), ...Object.fromEntries(searchParams) });
  return `#/${view}?${params}`;
}

/** "#/logistics?id=4" -> { view, params }; the first view where there is no such one. */
export function readHash(hash = location.hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  return { view: views.find(({ name }) => name === path) ?? views[0], params: new URLSearchParams(query) };
}

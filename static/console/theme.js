// Runs before the first paint, so that nobody who chose dark sees a white flash: "auto", "light" or "dark".
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";

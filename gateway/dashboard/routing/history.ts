import { useSyncExternalStore } from "react";
import { pathOf, type Route, routeOf } from "./paths.ts";

const listeners = new Set<() => void>();
let navigationCount = 0;

/** Goes to a page. `replace`: without a new entry in the history. */
export function navigate(route: Route, { replace = false } = {}): void {
  const path = pathOf(route);
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  tell();
}

/** How many times a page has changed since the document was loaded: 0 until somebody goes somewhere. */
export function navigations(): number {
  return navigationCount;
}

/** The page that the address names; null where there is none. Rendered again whenever the address changes. */
export function useRoute(): Route | null {
  const address = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const [pathname = "", search = ""] = address.split("?");
  return routeOf(pathname, search);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) addEventListener("popstate", tell);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener("popstate", tell);
  };
}

function tell(): void {
  navigationCount += 1;
  for (const listener of listeners) listener();
}

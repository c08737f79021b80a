/** The pages of the dashboard, and the addresses they have. */

/** A page, with what it is about. */
export type Route =
  | { readonly page: "editions" }
  | { readonly page: "edition"; readonly slug: string }
  | { readonly page: "tickets" }
  | { readonly page: "ticket"; readonly id: string }
  | { readonly page: "verify" }
  | { readonly page: "you" }
  | { readonly page: "publications" }
  | { readonly page: "ledger" }
  | { readonly page: "operator" }
  | { readonly page: "operatorEdition"; readonly slug: string }
  | { readonly page: "holders" }
  | { readonly page: "holder"; readonly id: string }
  | { readonly page: "gate" }
  /** Signing in happens wherever one is, and leads back there. */
  | { readonly page: "signIn"; readonly returnPath: string };

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Any address of the dashboard with this parameter is its sign-in page. */
const SIGN_IN = "sign-in";

const FIXED: Readonly<Record<string, Route>> = {
  "/": { page: "editions" },
  "/tickets": { page: "tickets" },
  "/verify": { page: "verify" },
  "/ledger": { page: "ledger" },
  "/you": { page: "you" },
  "/publications": { page: "publications" },
  "/operator": { page: "operator" },
  "/operator/gate": { page: "gate" },
  "/operator/holders": { page: "holders" },
};

/**
 * The page at an address.
 *
 * @param pathname as `location` has it
 * @param search the same, with its question mark, or empty
 * @returns null where there is no page
 */
export function routeOf(pathname: string, search = ""): Route | null {
  const path = pathname.length > 1 ? pathname.replace(/\/$/, "") : pathname;
  if (new URLSearchParams(search).has(SIGN_IN)) return { page: "signIn", returnPath: path };
  const fixed = Object.hasOwn(FIXED, path) ? FIXED[path] : undefined;
  if (fixed !== undefined) return fixed;
  const [, area = "", name = "", third = "", ...rest] = path.split("/");
  if (rest.length > 0) return null;
  if (area === "operator") {
    if (name === "editions" && SLUG.test(third)) return { page: "operatorEdition", slug: third };
    return name === "holders" && UUID.test(third) ? { page: "holder", id: third } : null;
  }
  if (third !== "") return null;
  if (area === "editions" && SLUG.test(name)) return { page: "edition", slug: name };
  if (area === "tickets" && UUID.test(name)) return { page: "ticket", id: name };
  return null;
}

/** The address of a page. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "editions":
      return "/";
    case "edition":
      return `/editions/${route.slug}`;
    case "ticket":
      return `/tickets/${route.id}`;
    case "operatorEdition":
      return `/operator/editions/${route.slug}`;
    case "gate":
      return "/operator/gate";
    case "holders":
      return "/operator/holders";
    case "holder":
      return `/operator/holders/${route.id}`;
    case "signIn":
      return `${safeReturn(route.returnPath)}?${SIGN_IN}`;
    default:
      return `/${route.page}`;
  }
}

/** A path of this dashboard to go back to; never another site, whatever an address says. */
export function safeReturn(path: string): string {
  return routeOf(path) === null ? "/" : path;
}

import type { MouseEvent, ReactNode } from "react";
import { navigate, useRoute } from "./history.ts";
import { pathOf, type Route } from "./paths.ts";

interface LinkProps {
  readonly to: Route;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to a page of the dashboard: without loading the document again, unless a new tab or window is asked for. */
export function Link({ to, className, children }: LinkProps) {
  const current = useRoute();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  const isCurrent = current !== null && pathOf(current) === pathOf(to);
  return (
    <a href={pathOf(to)} className={className} onClick={follow} aria-current={isCurrent ? "page" : undefined}>
      {children}
    </a>
  );
}

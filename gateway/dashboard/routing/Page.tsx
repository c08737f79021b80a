import { type ReactNode, useEffect, useRef } from "react";
import { navigations } from "./history.ts";

interface PageProps {
  readonly title: string;
  /** A line above the title that says where one is. */
  readonly kicker?: ReactNode;
  readonly lead?: ReactNode;
  readonly children?: ReactNode;
}

/**
 * A page under its heading. Whoever came here by a link finds the focus on the heading, so that a screen reader says where they are and Tab
 * goes on from there; when the document is loaded, the focus is the browser's.
 */
export function Page({ title, kicker, lead, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (navigations() === 0) return;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · Golden Press`;
  }, [title]);
  return (
    <article className="page">
      <header className="page-head">
        {kicker === undefined ? null : <p className="kicker">{kicker}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead === undefined ? null : <p className="lead">{lead}</p>}
      </header>
      {children}
    </article>
  );
}

import type { ReactNode } from "react";

interface NoticeProps {
  readonly tone: "note" | "good" | "warning" | "error";
  readonly title?: ReactNode;
  readonly children?: ReactNode;
}

/** Something that a person should hear; an error at once, the rest when there is a pause. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === "error" ? "alert" : "status"}>
      {title === undefined ? null : <p className="notice-title">{title}</p>}
      <div>{children}</div>
    </div>
  );
}

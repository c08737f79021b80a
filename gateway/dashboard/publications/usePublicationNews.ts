import { useEffect, useRef } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { usePress } from "../press/PressProvider.tsx";
import { PublicationChanged, type PublicationFacts } from "./PublicationsDocuments.ts";
import { isUnderWay, looksAlike } from "./publicationStates.ts";

/** As many as one WebSocket has room for, beside what the page follows anyway. */
const FOLLOWED_MAX = 10;

/** Has the list read again whenever one of those that are on their way is told to stand otherwise than it is shown, and says so to screen readers. */
export function usePublicationNews(shown: readonly PublicationFacts[]): void {
  const press = usePress();
  const announce = useAnnounce();
  const known = useRef(shown);
  known.current = shown;
  const followed = shown
    .filter(isUnderWay)
    .slice(0, FOLLOWED_MAX)
    .map(({ rowId }) => rowId)
    .join(" ");
  useEffect(() => {
    const ids = followed === "" ? [] : followed.split(" ");
    const endings = ids.map((id) =>
      press.follow(PublicationChanged, { id }, ({ publicationChanged: { publication } }) => {
        const before = known.current.find(({ rowId }) => rowId === id);
        if (publication === null || (before !== undefined && looksAlike(before, publication))) return;
        if (before !== undefined && before.state !== publication.state) announce(`A record is ${publication.state}.`);
        press.touch("publications");
      }),
    );
    return () => {
      for (const end of endings) end();
    };
  }, [press, announce, followed]);
}

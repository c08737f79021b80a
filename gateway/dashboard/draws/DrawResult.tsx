import { useEffect } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { useSubject } from "../session/SessionProvider.tsx";
import { type DrawFacts, DrawsOfEdition, type DrawTerms, OwnNumber } from "./DrawDocuments.ts";
import { DrawProof } from "./DrawProof.tsx";
import { DRAW_MODES } from "./drawModes.ts";

/** How the winner of an edition is found, who it is once it is drawn, and the proof. */
export function DrawResult({ edition }: { readonly edition: EditionFacts }) {
  const { data, problem } = useReading(DrawsOfEdition, { slug: edition.slug }, topicOf(edition));
  const terms = data?.editionBySlug ?? null;
  const draws = terms?.draws.nodes ?? [];
  const words = DRAW_MODES[edition.drawMode];
  const isDecided = draws.some(({ status }) => status !== "requested");
  return (
    <>
      <section className="card draw" aria-label="The draw">
        <h2>The draw</h2>
        {problem !== null && data === undefined ? <ProblemNotice problem={problem} /> : null}
        <Standing edition={edition} draws={draws} />
        <p>
          {words.how} {words.trust}
        </p>
        {terms === null ? null : <DrawTermsList edition={edition} terms={terms} />}
      </section>
      {isDecided ? <DrawProof slug={edition.slug} /> : null}
    </>
  );
}

/** While tickets are sold, every sale is an event, and says nothing of the draw. */
function topicOf({ status }: EditionFacts): "events" | "editions" {
  return status === "closed" || status === "drawn" ? "events" : "editions";
}

function Standing({ edition, draws }: { readonly edition: EditionFacts; readonly draws: readonly DrawFacts[] }) {
  const announce = useAnnounce();
  const latest = draws.at(-1);
  const winner = latest?.status === "drawn" ? latest.ticketNumber : undefined;
  useEffect(() => {
    if (winner != null) announce(`Ticket ${winner} wins.`);
  }, [winner, announce]);
  if (latest === undefined) {
    return (
      <p className="draw-standing">
        {edition.status === "closed" ? "The edition is closed. The winner is not drawn yet." : "Nobody is drawn yet."}
      </p>
    );
  }
  return (
    <div className="draw-standing">
      {draws.slice(0, -1).map((draw) => (
        <p key={draw.attempt} className="replaced">
          Ticket {draw.ticketNumber} was drawn
          {draw.drawnAt === null ? "" : " on "}
          {draw.drawnAt === null ? null : <Time at={draw.drawnAt} />}, and replaced:{" "}
          {draws.find(({ attempt }) => attempt === draw.attempt + 1)?.reason}
        </p>
      ))}
      <LatestDraw edition={edition} draw={latest} />
    </div>
  );
}

function LatestDraw({ edition, draw }: { readonly edition: EditionFacts; readonly draw: DrawFacts }) {
  const { status, ticketNumber, drawnAt, reason, entriesCount, requestedAt } = draw;
  if (status === "requested") {
    return (
      <p role="status">
        The draw was asked for on <Time at={requestedAt} />, and is being made: once every ticket is in the ledger
        {edition.drawMode === "beacon" ? " and the beacon's round has come" : ""}.
      </p>
    );
  }
  if (status === "void") return <p>The draw is void, and nobody won: {reason}</p>;
  if (ticketNumber === null) return <p>It was drawn, and there was no ticket: nobody won.</p>;
  return (
    <div className="winner" role="status">
      <p className="winner-label">The winner</p>
      <p className="winner-number">
        Ticket <strong data-testid="winner">{ticketNumber}</strong>
      </p>
      <p className="help">
        of {entriesCount} entries{drawnAt === null ? null : ", drawn on "}
        {drawnAt === null ? null : <Time at={drawnAt} />}
      </p>
      <OwnWin editionId={edition.rowId} number={ticketNumber} />
    </div>
  );
}

function OwnWin({ editionId, number }: { readonly editionId: number; readonly number: number }) {
  const subject = useSubject();
  const { data } = useReading(OwnNumber, subject === null ? null : { editionId, number }, "tickets");
  const own = data?.currentHolder?.tickets.nodes[0];
  if (own === undefined) return null;
  return (
    <p className="own-win">
      It is yours. <Link to={{ page: "ticket", id: own.rowId }}>See your ticket</Link>
    </p>
  );
}

function DrawTermsList({ edition, terms }: { readonly edition: EditionFacts; readonly terms: DrawTerms }) {
  const { drawCommitment, drawDelaySeconds, beaconChainHash } = terms;
  if (edition.drawMode !== "sealed" && edition.drawMode !== "beacon") return null;
  return (
    <dl className="terms">
      {edition.drawMode === "sealed" ? (
        <div>
          <dt>Sealed as</dt>
          <dd>
            <code>{drawCommitment ?? "not yet: the worker is about to commit"}</code>
          </dd>
        </div>
      ) : null}
      {edition.drawMode === "beacon" ? (
        <>
          <div>
            <dt>Delay</dt>
            <dd>{drawDelaySeconds} seconds after the closing is recorded, at least</dd>
          </div>
          <div>
            <dt>Beacon</dt>
            <dd>
              <code>{beaconChainHash}</code>
            </dd>
          </div>
        </>
      ) : null}
    </dl>
  );
}

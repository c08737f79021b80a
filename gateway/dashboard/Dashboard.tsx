import { EditionPage } from "./editions/EditionPage.tsx";
import { EditionsPage } from "./editions/EditionsPage.tsx";
import { LedgerPage } from "./ledger/LedgerPage.tsx";
import { GatePage } from "./operator/GatePage.tsx";
import { HolderPage } from "./operator/HolderPage.tsx";
import { HoldersPage } from "./operator/HoldersPage.tsx";
import { OperatorEditionPage } from "./operator/OperatorEditionPage.tsx";
import { OperatorPage } from "./operator/OperatorPage.tsx";
import { Announcer } from "./parts/Announcer.tsx";
import { Fallen } from "./parts/Fallen.tsx";
import { ThemeChoice } from "./parts/ThemeChoice.tsx";
import { AtAGlance } from "./press/AtAGlance.tsx";
import { PressProvider } from "./press/PressProvider.tsx";
import { PublicationsPage } from "./publications/PublicationsPage.tsx";
import { useRoute } from "./routing/history.ts";
import { Link } from "./routing/Link.tsx";
import { Page } from "./routing/Page.tsx";
import { pathOf, type Route } from "./routing/paths.ts";
import { SessionMenu } from "./session/SessionMenu.tsx";
import { SessionProvider, useIsOperator } from "./session/SessionProvider.tsx";
import { SignIn } from "./session/SignIn.tsx";
import { TicketPage } from "./tickets/TicketPage.tsx";
import { TicketsPage } from "./tickets/TicketsPage.tsx";
import { VerifyPage } from "./verify/VerifyPage.tsx";
import { YouPage } from "./you/YouPage.tsx";

/** The whole page: who is signed in, the connection to the press, and the page that the address names. */
export function Dashboard() {
  return (
    <SessionProvider>
      <PressProvider>
        <Announcer>
          <Shell />
        </Announcer>
      </PressProvider>
    </SessionProvider>
  );
}

function Shell() {
  const route = useRoute();
  const isOperator = useIsOperator();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="masthead">
        <Link to={{ page: "editions" }} className="brand">
          <span className="brand-mark" aria-hidden="true">
            GP
          </span>
          Golden Press
        </Link>
        <nav aria-label="Main">
          <Link to={{ page: "editions" }}>Editions</Link>
          <Link to={{ page: "tickets" }}>My tickets</Link>
          <Link to={{ page: "you" }}>You</Link>
          <Link to={{ page: "publications" }}>Publications</Link>
          <Link to={{ page: "verify" }}>Verify</Link>
          <Link to={{ page: "ledger" }}>Ledger</Link>
          {isOperator ? <Link to={{ page: "operator" }}>Operator</Link> : null}
          {isOperator ? <Link to={{ page: "gate" }}>Gate</Link> : null}
        </nav>
        <SessionMenu />
      </header>
      <AtAGlance />
      <main id="main" tabIndex={-1}>
        <Fallen key={route === null ? null : pathOf(route)}>
          {route === null ? <NotFound /> : <CurrentPage route={route} />}
        </Fallen>
      </main>
      <footer className="colophon">
        <p>Numbered, signed and recorded: what is shown here can be verified by anybody, without trusting this page.</p>
        <ThemeChoice />
      </footer>
    </>
  );
}

function CurrentPage({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "editions":
      return <EditionsPage />;
    case "edition":
      return <EditionPage slug={route.slug} />;
    case "tickets":
      return <TicketsPage />;
    case "ticket":
      return <TicketPage id={route.id} />;
    case "verify":
      return <VerifyPage />;
    case "ledger":
      return <LedgerPage />;
    case "operator":
      return <OperatorPage />;
    case "operatorEdition":
      return <OperatorEditionPage slug={route.slug} />;
    case "gate":
      return <GatePage />;
    case "you":
      return <YouPage />;
    case "publications":
      return <PublicationsPage />;
    case "holders":
      return <HoldersPage />;
    case "holder":
      return <HolderPage id={route.id} />;
    case "signIn":
      return <SignIn returnPath={route.returnPath} />;
  }
}

function NotFound() {
  return (
    <Page title="Nothing is here" lead="The address names no page of this press.">
      <p>
        <Link to={{ page: "editions" }}>All editions</Link>
      </p>
    </Page>
  );
}

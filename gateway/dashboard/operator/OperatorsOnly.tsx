import type { ReactNode } from "react";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useIsOperator } from "../session/SessionProvider.tsx";

/** Shows to operators. The press refuses the rest by itself; this only says so before anybody tries. */
export function OperatorsOnly({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const isOperator = useIsOperator();
  if (isOperator) return children;
  return (
    <Page title={title} lead="This page is for operators of the press.">
      <p>
        <Link to={{ page: "signIn", returnPath: location.pathname }} className="button primary">
          Sign in as an operator
        </Link>
      </p>
    </Page>
  );
}

import { Component, type ReactNode } from "react";

/** Shows that a page has failed, in place of nothing at all; another page is as good as before. */
export class Fallen extends Component<{ readonly children: ReactNode }, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <article className="page">
        <h1>This page has failed</h1>
        <p role="alert">Nothing that you asked for is lost: requests are written down before they are sent.</p>
        <p>
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Load it anew
          </button>
        </p>
      </article>
    );
  }
}

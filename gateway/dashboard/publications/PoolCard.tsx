import { type ReactNode, useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Pager } from "../parts/Pager.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Ago } from "../parts/Time.tsx";
import { useKept } from "../parts/useKept.ts";
import { useReading } from "../press/useReading.ts";
import { type CoinsFacts, PoolStanding, type TransactionFacts } from "./PublicationsDocuments.ts";

/** For operators: the coins that pay for publishing, and the transactions that they pay for. */
export function PoolCard() {
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  // What is sent is in the ledger, so that it grows with each.
  const { data: read, problem } = useReading(PoolStanding, { after: trail.at(-1) ?? null }, "ledger");
  const data = useKept(read);
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const { nodes, pageInfo } = data.chainTransactions;
  return (
    <>
      <CoinsTable coins={data.utxoPoolHealths.nodes} />
      <section className="card" aria-labelledby="transactions">
        <h2 id="transactions">Transactions</h2>
        {nodes.length === 0 ? <p className="empty">There is none yet.</p> : <TransactionsTable transactions={nodes} />}
        <Pager
          of="transactions"
          trail={trail}
          next={pageInfo.hasNextPage ? pageInfo.endCursor : null}
          onTurn={setTrail}
        />
      </section>
    </>
  );
}

/** What each state asks of an operator. */
const MEANINGS: Readonly<Record<CoinsFacts["state"], string>> = {
  available: "can be spent",
  reserved: "claimed by a transaction that is being made",
  unknown: "in a transaction whose fate is not known yet",
  dirty: "spent by somebody else, or perhaps: look at it",
  spent: "spent by transactions of the press",
};

function CoinsTable({ coins }: { readonly coins: readonly CoinsFacts[] }) {
  return (
    <section className="card" aria-labelledby="pool">
      <h2 id="pool">The pool</h2>
      <Scrolled label="Coins by their state">
        <table>
          <caption className="visually-hidden">Coins by their state</caption>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Coins</th>
              <th scope="col">Satoshis</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {coins.map(({ state, utxoCount, satoshis }) => (
              <tr key={state} data-testid={`coins-${state}`}>
                <th scope="row">{state}</th>
                <td>{BigInt(utxoCount).toLocaleString()}</td>
                <td>{BigInt(satoshis).toLocaleString()}</td>
                <td>{MEANINGS[state]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </section>
  );
}

/** A table that may be wider than the page; nothing in it takes the focus, so that it does, to be scrolled by keyboard. */
function Scrolled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus it cannot be scrolled by keyboard.
    <section className="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

function TransactionsTable({ transactions }: { readonly transactions: readonly TransactionFacts[] }) {
  return (
    <Scrolled label="Transactions, the newest first">
      <table>
        <caption className="visually-hidden">Transactions, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Transaction</th>
            <th scope="col">State</th>
            <th scope="col">Publishes</th>
            <th scope="col">Fee</th>
            <th scope="col">Made</th>
          </tr>
        </thead>
        <tbody>
          {transactions.map((transaction) => (
            <TransactionRow key={transaction.rowId} transaction={transaction} />
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function TransactionRow({ transaction }: { readonly transaction: TransactionFacts }) {
  const { rowId, txid, state, blockHeight, attempts, errorCode, errorDetail, competingTxid } = transaction;
  return (
    <tr data-testid="transaction">
      <th scope="row">
        <code className="key-text">{txid ?? `number ${rowId}, not signed yet`}</code>
      </th>
      <td>
        {state}
        {blockHeight === null ? null : <>, in block {blockHeight.toLocaleString()}</>}
        {attempts > 1 ? <>, sent {attempts} times</> : null}
        {errorCode === null ? null : (
          <span className="help">
            {" "}
            <bdi>
              {errorCode}
              {errorDetail === null ? "" : `: ${errorDetail}`}
            </bdi>
          </span>
        )}
        {competingTxid === null ? null : (
          <span className="help">
            {" "}
            against <code className="key-text">{competingTxid}</code>
          </span>
        )}
      </td>
      <td>{transaction.isSplit ? "coins for later" : transaction.publications.totalCount.toLocaleString()}</td>
      <td>{BigInt(transaction.feeSatoshis).toLocaleString()}</td>
      <td>
        <Ago at={transaction.createdAt} />
      </td>
    </tr>
  );
}

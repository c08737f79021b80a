/**
 * What people write without a press: a small HTTP service in front of PostgreSQL that counts under a row lock. Written well, as its users
 * would: a pool, prepared statements, one transaction with the lock as late and as short as it can be, errors that roll back. It has no
 * GraphQL, no tokens, no request keys and no limit per holder: all of that is to its advantage here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { serve } from "../harness/children.ts";

export interface ServiceStart {
  readonly databaseUrl: string;
  readonly poolSize: number;
}

/** The tables that it needs: the edition has its count, so that nothing has to be counted. */
export const FOR_UPDATE_TABLES = `
  create table plain_editions (id integer generated always as identity primary key, slug text not null unique, cap integer not null,
    issued integer not null default 0);
  create table plain_tickets (id uuid not null default gen_random_uuid() primary key, edition_id integer not null references plain_editions,
    ticket_number integer not null, holder text not null, request_key uuid not null, issued_at timestamptz not null default now(),
    unique (edition_id, ticket_number));`;

const LOCK = { name: "lock", text: "select id, cap, issued from plain_editions where slug = $1 for update" };
const INSERT = {
  name: "insert",
  text: "insert into plain_tickets (edition_id, ticket_number, holder, request_key) values ($1, $2, $3, $4) returning id",
};
const COUNT = { name: "count", text: "update plain_editions set issued = issued + 1 where id = $1" };

export type ForUpdateService = typeof actions;
const actions = { start, stop };
let pool: pg.Pool | undefined;
const server = createServer((request, response) => void answer(request, response));
if (import.meta.main) serve(actions, stop);

/** Returns its URL when it serves. */
async function start({ databaseUrl, poolSize }: ServiceStart): Promise<string> {
  pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(): Promise<void> {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await pool?.end();
}

interface Order {
  readonly edition: string;
  readonly holder: string;
  readonly key: string;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const order = JSON.parse(await readBody(request)) as Order;
    const ticket = await issue(order);
    send(response, ticket === undefined ? 409 : 200, ticket === undefined ? { error: "SOLD_OUT" } : { ticket });
  } catch (error) {
    send(response, 500, { error: String(error) });
  }
}

async function issue({ edition, holder, key }: Order): Promise<{ rowId: string; ticketNumber: number } | undefined> {
  const client = await (pool as pg.Pool).connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<{ id: number; cap: number; issued: number }>({ ...LOCK, values: [edition] });
    const [found] = rows;
    if (found === undefined || found.issued >= found.cap) {
      await client.query("rollback");
      return undefined;
    }
    const ticketNumber = found.issued + 1;
    const inserted = await client.query<{ id: string }>({ ...INSERT, values: [found.id, ticketNumber, holder, key] });
    await client.query({ ...COUNT, values: [found.id] });
    await client.query("commit");
    return { rowId: (inserted.rows[0] as { id: string }).id, ticketNumber };
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    .end(body);
}

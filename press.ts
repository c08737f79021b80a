#!/usr/bin/env node
/** The front door: the commands of Golden Press, each one call into a folder. What a command needs is loaded when it is called. */
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, explainError } from "./cli/commandError.ts";
import { LOGINS } from "./cli/connection.ts";
import { readConfiguration } from "./configuration.ts";

const program = new Command("golden-press")
  .description(
    "Golden Press issues things that must never be over-issued: capped, numbered, signed, verifiable offline.",
  )
  .addHelpText(
    "after",
    "\nExit codes: 0 done; 1 refused, invalid or failed; 2 wrong usage or configuration.\nThe environment: golden-press config",
  )
  .showHelpAfterError("(--help shows how)")
  .exitOverride();

const asLogin = (description: string) => new Option("--as <login>", description).choices(LOGINS).default("owner");

program
  .command("start")
  .description(
    "run everything on this machine: a database of its own unless DATABASE_URL is set, gateway and worker; Ctrl-C stops it",
  )
  .option("--adopt", "with an empty CHECKPOINT_STORE, take the ledger of this database for the latest there is")
  .action(async (options) => (await import("./cli/start.ts")).start(readConfiguration(process.env), options));

program
  .command("gateway")
  .description("serve GraphQL and the dashboard with GATEWAY_DATABASE_URL")
  .option("--trial-sign-in", "whoever sits at this machine signs in at the dashboard under any name; only for trying")
  .action(async (options) => (await import("./cli/gateway.ts")).gateway(readConfiguration(process.env), options));

program
  .command("worker")
  .description(
    "sign tickets and credentials, keep the ledger, check evidence, publish events, and records on the chain, with WORKER_DATABASE_URL, four keys, the CHECKPOINT_STORE, NATS_URL and CHAIN_NODE_URL",
  )
  .addOption(
    new Option("--create-key <key...>", "make a key when its file does not exist").choices([
      "signing",
      "checkpoint",
      "credential",
      "wallet",
    ]),
  )
  .option("--adopt", "with an empty CHECKPOINT_STORE, take the ledger of this database for the latest there is")
  .action(async (options) => (await import("./cli/worker.ts")).worker(readConfiguration(process.env), options));

program
  .command("migrate")
  .description("install the press into DATABASE_URL, or bring it to the present")
  .option("--set-passwords", "give press_gateway and press_worker the passwords in their URLs")
  .option(
    "--own-database",
    "nobody else uses this database: others lose PostgreSQL's advisory locks in it (needs a superuser)",
  )
  .action(async (options) => (await import("./cli/migrate.ts")).migrate(readConfiguration(process.env), options));

program
  .command("token")
  .description("print a token for the gateway, signed with the shared secret")
  .requiredOption("--sub <subject>", "whom the token is for")
  .option("--operator", "a token of an operator, who manages editions and issues for others")
  .option("--expires <span>", "how long it is valid, like 30m, 12h or 7d", "12h")
  .action(async (options) => (await import("./cli/token.ts")).token(readConfiguration(process.env), options));

program
  .command("database-url")
  .description("print the URL of a login, password included, for psql and the like")
  .addOption(asLogin("whose URL"))
  .action(async (options) =>
    (await import("./cli/databaseUrl.ts")).databaseUrl(readConfiguration(process.env), options),
  );

program
  .command("sql")
  .description("run SQL statements; without an argument those of the standard input, or at a prompt")
  .argument("[statement]", "one statement or several, separated by semicolons")
  .addOption(asLogin("as whom"))
  .option("--raw", "print the values alone, separated by tabs")
  .action(async (statement, options) => {
    process.exitCode = await (await import("./cli/sql.ts")).sql(readConfiguration(process.env), statement, options);
  });

program
  .command("issue")
  .description("issue tickets as an operator and print their signed envelopes, one a line")
  .argument("<edition>", "the slug of the edition, like golden-ticket")
  .requiredOption("--to <subject>", "the recipient")
  .option("--quantity <n>", "how many; all or nothing", wholeNumber, 1)
  .option("--request-key <uuid>", "makes a retry safe: the same key gives the same tickets", uuid)
  .option("--out <file>", "write the envelope to a new file, byte for byte; of several tickets FILE-NUMBER")
  .option("--wait [seconds]", "how long to wait for the signature", wholeNumber, 10)
  .option("--no-wait", "do not wait: print the ids of the tickets")
  .action(async (edition, options) => {
    const wait = secondsOf(options.wait, 10);
    await (await import("./cli/issue.ts")).issue(readConfiguration(process.env), edition, { ...options, wait });
  });

program
  .command("verify")
  .description(
    "say offline whether a file is a ticket that the key signed and, with a proof, that the ledger holds, and with an anchor, where on the public chain that is; exit code 0 valid, 1 not, 2 wrong usage",
  )
  .argument("<file>", "the envelope; - reads the standard input")
  .requiredOption("--key <hex>", "the issuer's public key, 64 hexadecimal characters")
  .option("--proof <file>", "the ticket's proof from the ledger (.tlog-proof); - reads the standard input")
  .option("--anchor <file>", "the ticket's proof on the public chain, as `anchor` gives it; - reads the standard input")
  .option("--ledger <vkey>", "the key of the ledger, as /ledger/vkey gives it; needed with --proof and --anchor")
  .option(
    "--revoked",
    "somebody else has the key, as the issuer's list says: without a proof nothing that it signed is valid",
  )
  .action(async (file, options) => {
    process.exitCode = await (await import("./cli/verify.ts")).verify(file, options);
  });

program
  .command("proof")
  .description("print the proof that the ledger holds a ticket (.tlog-proof), for verify and redeem")
  .argument("<file>", "the envelope of the ticket")
  .option("--out <file>", "write it to a new file")
  .option("--wait <seconds>", "how long to wait until a checkpoint covers the ticket", wholeNumber, 10)
  .action(async (file, options) =>
    (await import("./cli/gate.ts")).fetchProof(readConfiguration(process.env), file, options),
  );

program
  .command("anchor")
  .description(
    "print the proof that the ledger holds a ticket under a checkpoint that is on the public chain, for verify",
  )
  .argument("<ticket>", "the id of the ticket, or the file of its envelope")
  .option("--out <file>", "write it to a new file")
  .option("--wait <seconds>", "how long to wait until a checkpoint on the chain covers the ticket", wholeNumber, 0)
  .action(async (ticket, options) =>
    (await import("./cli/gate.ts")).fetchAnchor(readConfiguration(process.env), ticket, options),
  );

program
  .command("redeem")
  .description("use a ticket up, as an operator at the gate who was shown its envelope")
  .argument("<file>", "the envelope of the ticket")
  .option("--proof <file>", "its proof, where the holder brought it; else the press is asked for it")
  .option("--request-key <uuid>", "makes a retry safe: the same key gives the same answer", uuid)
  .action(async (file, options) =>
    (await import("./cli/gate.ts")).redeem(readConfiguration(process.env), file, options),
  );

program
  .command("draw")
  .description("close an edition as an operator, have its winner drawn, and print the number of the winning ticket")
  .argument("<edition>", "the slug of the edition, like summer-raffle")
  .option("--request-key <uuid>", "makes a retry safe: the same key gives the same draw", uuid)
  .option("--wait [seconds]", "how long to wait for the worker", wholeNumber, 60)
  .option("--no-wait", "do not wait")
  .action(async (edition, options) => {
    const wait = secondsOf(options.wait, 60);
    await (await import("./cli/draw.ts")).draw(readConfiguration(process.env), edition, { ...options, wait });
  });

program
  .command("recompute-draw")
  .description(
    "make the draws of an edition again from the ledger, with the SDK and in SQL; exit code 0 each is what its inputs give, 1 one is not, or it failed",
  )
  .argument("<edition>", "the slug of the edition")
  .action(async (edition) => {
    process.exitCode = await (await import("./cli/draw.ts")).recomputeDraw(readConfiguration(process.env), edition);
  });

program
  .command("replace-winner")
  .description("disqualify the winner of an edition, have another drawn from the rest, and print that one's number")
  .argument("<edition>", "the slug of the edition")
  .requiredOption("--reason <text>", "why; it is published in the ledger, for ever, and should name nobody")
  .option("--request-key <uuid>", "makes a retry safe: the same key gives the same draw", uuid)
  .option("--wait [seconds]", "how long to wait for the worker", wholeNumber, 60)
  .option("--no-wait", "do not wait")
  .action(async (edition, options) => {
    const wait = secondsOf(options.wait, 60);
    await (await import("./cli/draw.ts")).replaceWinner(readConfiguration(process.env), edition, { ...options, wait });
  });

program
  .command("void-draw")
  .description(
    "give a draw up that was asked for a day ago, because its secret or its beacon is withheld: nobody wins, ever",
  )
  .argument("<edition>", "the slug of the edition")
  .requiredOption("--reason <text>", "why; it is published in the ledger, for ever")
  .action(async (edition, options) =>
    (await import("./cli/draw.ts")).voidDraw(readConfiguration(process.env), edition, options),
  );

program
  .command("attest")
  .description(
    "have somebody prove who they are, as an operator: without --evidence print the number that their proof must name, and what to do with it; with it print their credential; exit code 1 rejected, or it failed",
  )
  .addOption(new Option("--kind <kind>", "what it rests on").choices(["oidc", "repository"]).makeOptionMandatory())
  .requiredOption("--for <subject>", "whom it is about")
  .option("--evidence <text>", "an ID token, or OWNER/NAME of a repository; - reads the standard input")
  .option("--address <address>", "the network address that they come from; needed with --evidence")
  .option("--request-key <uuid>", "makes a retry safe: the same key gives the same attestation", uuid)
  .option("--out <file>", "write the credential to a new file, byte for byte")
  .option("--wait [seconds]", "how long to wait for the worker", wholeNumber, 60)
  .option("--no-wait", "do not wait")
  .action(async (options) => {
    const wait = secondsOf(options.wait, 60);
    const { attest } = await import("./cli/attest.ts");
    process.exitCode = await attest(readConfiguration(process.env), { ...options, wait });
  });

const credential = program.command("credential").description("what was attested of holders, signed");
credential
  .command("verify")
  .description(
    "say whether a file is a credential that its issuer signed, and whether it was revoked; exit code 0 valid, 1 not, 2 wrong usage",
  )
  .argument("<file>", "the credential; - reads the standard input")
  .option(
    "--key <key>",
    "a public key of the issuer, hexadecimal or z6Mk…; nothing is fetched then; may be repeated",
    collect,
  )
  .option(
    "--did <url>",
    "an issuer that is trusted, did:web:press.example or https://press.example: its keys and the status list are fetched; may be repeated",
    collect,
  )
  .option(
    "--status <file>",
    "the status list that the credential names, instead of fetching it; - reads the standard input",
  )
  .action(async (file, options) => {
    process.exitCode = await (await import("./cli/credential.ts")).verifyCredentialFile(file, options);
  });
credential
  .command("revoke")
  .description(
    "withdraw a credential, for ever: its status list says so, and its holder's trust level falls to the rest",
  )
  .argument("<id>", "the id of the credential", uuid)
  .requiredOption("--reason <text>", "why; for its holder, operators and auditors")
  .action(async (id, options) =>
    (await import("./cli/credential.ts")).revokeCredential(readConfiguration(process.env), id, options),
  );

const holder = program.command("holder").description("the people who hold tickets and credentials");
holder
  .command("deactivate")
  .description("have a holder issued, redeem and be minted nothing more")
  .argument("<id>", "the id of the holder", uuid)
  .requiredOption("--reason <text>", "why; for the holder, operators and auditors")
  .action(async (id, options) =>
    (await import("./cli/holder.ts")).deactivateHolder(readConfiguration(process.env), id, options),
  );
holder
  .command("reactivate")
  .description("undo it")
  .argument("<id>", "the id of the holder", uuid)
  .action(async (id) => (await import("./cli/holder.ts")).reactivateHolder(readConfiguration(process.env), id));
holder
  .command("erase")
  .description("forget a person: their subject, the text of their tickets and their evidence are removed, for good")
  .argument("<id>", "the id of the holder", uuid)
  .option("--yes", "do it")
  .action(async (id, options) =>
    (await import("./cli/holder.ts")).eraseHolder(readConfiguration(process.env), id, options),
  );

const rules = program.command("rules").description("the thresholds that evidence is held against");
rules
  .command("show")
  .description("those in force, and those that were")
  .action(async () => (await import("./cli/rules.ts")).showRules(readConfiguration(process.env)));
rules
  .command("set")
  .description("put others in force for what is decided from now on; what is not named stays")
  .option("--repository-age-days <n>", "how old a repository is, at least", wholeNumber)
  .option("--repository-size-kb <n>", "how large it is, at least", wholeNumber)
  .option("--account-age-days <n>", "how old the account is that it belongs to, at least", wholeNumber)
  .option(
    "--checks-per-hour <n>",
    "how many attestations a network address submits within an hour, at most",
    wholeNumber,
  )
  .action(async (options) => (await import("./cli/rules.ts")).setRules(readConfiguration(process.env), options));

const publishingKey = program
  .command("publishing-key")
  .description("the keys that records for the public chain are signed with");
publishingKey
  .command("create")
  .description("make such a key in a new file, and print its public key")
  .argument("<file>")
  .action(async (file) => (await import("./cli/publishingKey.ts")).createPublishingKey(file));
publishingKey
  .command("register")
  .description("make a key known as somebody's, as an operator who has it")
  .argument("<file>", "the key")
  .requiredOption("--for <subject>", "whose it is")
  .option("--records-per-hour <n>", "how many of its records are taken within an hour; 1000 unless set", wholeNumber)
  .action(async (file, options) =>
    (await import("./cli/publishingKey.ts")).registerPublishingKey(readConfiguration(process.env), file, options),
  );
publishingKey
  .command("list")
  .description("those that were registered, and whose they are")
  .action(async () => (await import("./cli/publishingKey.ts")).listPublishingKeys(readConfiguration(process.env)));
publishingKey
  .command("revoke")
  .description("take a key out of use, for good; what waits of it fails")
  .argument("<public_key>", "66 hexadecimal characters")
  .option("--reason <text>", "why; for its holder, operators and auditors")
  .action(async (publicKey, options) =>
    (await import("./cli/publishingKey.ts")).revokePublishingKey(readConfiguration(process.env), publicKey, options),
  );

program
  .command("publish")
  .description(
    "sign a record and submit it for the public chain, wait, and print the id of its transaction; exit code 0 sent, 1 failed",
  )
  .argument("<file>", "the record, a JSON object; - reads the standard input")
  .requiredOption("--key <file>", "the key that signs it, as `publishing-key register` made it known")
  .option("--nonce <text>", "its nonce; with --expires-at it makes a retry safe: the same record is published once")
  .option(
    "--expires-at <time>",
    "until when it may be sent, like 2026-11-21T15:09:26.535Z; an hour from now unless set",
  )
  .option("--wait [seconds]", "how long to wait for the worker", wholeNumber, 60)
  .option("--no-wait", "do not wait: print the id of the publication")
  .option("--dry-run", "submit nothing: print the signed record, as POST /v1/publish takes it")
  .action(async (file, options) => {
    const wait = secondsOf(options.wait, 60);
    const { publish } = await import("./cli/publish.ts");
    process.exitCode = await publish(readConfiguration(process.env), file, { ...options, wait });
  });

const wallet = program.command("wallet").description("the coins that publishing is paid from");
wallet
  .command("create")
  .description("make the key of a wallet in a new file, and print its public key")
  .argument("<file>")
  .action(async (file) => (await import("./cli/wallet.ts")).createWallet(file));
wallet
  .command("address")
  .description("print the address that coins are sent to, in the form of CHAIN_NETWORK")
  .argument("[file]", "the key of the wallet; that of WALLET_KEY_FILE unless it is named")
  .action(async (file) => (await import("./cli/wallet.ts")).showAddress(readConfiguration(process.env), file));
wallet
  .command("health")
  .description("how many coins are available, reserved, unknown, dirty and spent, and what waits for one")
  .action(async () => (await import("./cli/wallet.ts")).showPool(readConfiguration(process.env)));
wallet
  .command("fund")
  .description("add the outputs of a transaction that pay the wallet to the pool, as an operator")
  .argument("<txid[:n]>", "the transaction, and which of its outputs; all that pay the wallet unless it is said")
  .option("--raw <hex>", "the bytes of the transaction; unless they are given CHAIN_NODE_URL is asked for them")
  .action(async (outpoint, options) =>
    (await import("./cli/wallet.ts")).fundPool(readConfiguration(process.env), outpoint, options),
  );

const ledger = program.command("ledger").description("the ledger of everything that happened");
ledger
  .command("status")
  .description("how long it is, its last checkpoint, its verifier key, and whether the press is stopped")
  .action(async () => (await import("./cli/ledger.ts")).showLedger(readConfiguration(process.env)));
ledger
  .command("adopt")
  .description("go on with the ledger of this database, under the LEDGER_ORIGIN that is set now")
  .requiredOption("--reason <text>", "why; it is kept")
  .action(async (options) => (await import("./cli/ledger.ts")).adoptLedger(readConfiguration(process.env), options));
ledger
  .command("start")
  .description("start a press that was stopped because its ledger was not the one that was published")
  .requiredOption("--reason <text>", "why it may run again; it is kept")
  .action(async (options) => (await import("./cli/ledger.ts")).startPress(readConfiguration(process.env), options));

const events = program.command("events").description("the stream of events in NATS");
events
  .command("status")
  .description("how far it is, who publishes, and what is the matter")
  .action(async () => (await import("./cli/events.ts")).showEvents(readConfiguration(process.env)));
events
  .command("check")
  .description("compare every event in it with the ledger; exit code 0 none differs, 1 one does or it failed")
  .action(async () => {
    process.exitCode = await (await import("./cli/events.ts")).checkEvents(readConfiguration(process.env));
  });
events
  .command("rebuild")
  .description("delete it, and publish every event anew: the same bytes in the same places")
  .option("--yes", "do it: consumers wait until it is done")
  .action(async (options) => (await import("./cli/events.ts")).rebuildEvents(readConfiguration(process.env), options));

program
  .command("audit")
  .description(
    "check every promise against the raw rows, in the database and from outside, and print each finding in a line; exit code 0 nothing found, 1 something is wrong or it failed, 2 wrong usage",
  )
  .option("--quick", "verify no signatures and make no draw again outside the database, which is most of the time")
  .action(async (options) => {
    process.exitCode = await (await import("./cli/audit.ts")).audit(readConfiguration(process.env), options);
  });

const keys = program
  .command("keys")
  .description("the keys that sign tickets, checkpoints and credentials, and shares of them");
keys
  .command("list")
  .description("the public keys that sign or signed")
  .action(async () => (await import("./cli/keys.ts")).listKeys(readConfiguration(process.env)));
keys
  .command("create")
  .description("make a signing key in a new file, and print its public key")
  .argument("<file>")
  .action(async (file) => (await import("./cli/keys.ts")).createKey(file));
keys
  .command("public")
  .description("print the public key of a signing key, or of a wallet's")
  .argument("<file>")
  .action(async (file) => (await import("./cli/keys.ts")).showPublicKey(file));
keys
  .command("retire")
  .description("sign nothing more with a key; what it signed stays valid")
  .argument("<key_id>")
  .action(async (keyId) => (await import("./cli/keys.ts")).retireKey(readConfiguration(process.env), keyId));
keys
  .command("revoke")
  .description("say to everybody that somebody else has a key: only what is in the ledger counts of what it signed")
  .argument("<key_id>")
  .requiredOption("--reason <text>", "why, for everybody, for ever; it should name nobody")
  .action(async (keyId, options) =>
    (await import("./cli/keys.ts")).revokeKey(readConfiguration(process.env), keyId, options),
  );
keys
  .command("split")
  .description(
    "write shares of a private key, a signing key or a wallet's, so that only several people together have it; every combination is tried first",
  )
  .argument("<file>", "the private key")
  .option("--shares <n>", "how many shares", wholeNumber, 5)
  .option("--threshold <n>", "how many of them give the key back", wholeNumber, 3)
  .requiredOption("--out <folder>", "where the shares are written, each to a new file")
  .action(async (file, options) => (await import("./cli/keyCeremony.ts")).splitKeyFile(file, options));
keys
  .command("combine")
  .description("give a private key back from its shares, checked against its public key")
  .argument("<share...>", "the files of the shares")
  .requiredOption("--public-key <hex>", "the public key, as it was written down or published")
  .requiredOption("--out <file>", "the key is written to a new file")
  .action(async (shares, options) => (await import("./cli/keyCeremony.ts")).combineKeyFile(shares, options));

program
  .command("config")
  .description("every variable of the environment: its value, its default, its meaning")
  .action(async () => (await import("./cli/config.ts")).config(process.env));

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text;
  throw new InvalidArgumentError("It must be a UUID, as `uuidgen` makes one.");
}

/** An option that is given several times. */
function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Of `--wait [seconds]` and `--no-wait`: how many seconds. */
function secondsOf(wait: number | boolean, unlessGiven: number): number {
  return typeof wait === "number" ? wait : wait ? unlessGiven : 0;
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof Error && "code" in error && String(error.code).startsWith("commander.")) {
    process.exitCode = "exitCode" in error && error.exitCode === 0 ? EXIT.done : EXIT.usage; // Commander has said why.
  } else {
    const { message, exitCode } = explainError(error);
    console.error(process.env.LOG_LEVEL === "debug" ? error : `golden-press: ${message}`);
    process.exitCode = exitCode;
  }
}

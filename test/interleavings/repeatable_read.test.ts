import { testEveryPair } from "./everyPair.ts";

testEveryPair("repeatable read");

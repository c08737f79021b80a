import { testEveryPair } from "./everyPair.ts";

testEveryPair(["repeatable read", "repeatable read"], 1);

import { testEveryPair } from "./everyPair.ts";

testEveryPair("read committed");

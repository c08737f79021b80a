import { testEveryPair } from "./everyPair.ts";

testEveryPair("serializable");

// Register a client, as Phanpy and Elk do before they send somebody to sign in; print what the server answered.

import { createRestAPIClient } from "masto";

import { OUT_OF_BAND, SCOPES, url } from "./person.mjs";

const made = await createRestAPIClient({ url }).v1.apps.create({
  clientName: "Bobbin",
  redirectUris: OUT_OF_BAND,
  scopes: SCOPES,
});
process.stdout.write(JSON.stringify(made));

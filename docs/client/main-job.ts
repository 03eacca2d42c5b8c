// The main job with a generated client: people, a template, a campaign, a rehearsal, the send, and the accounts.
//
// `schema.ts` is made of the OpenAPI document by openapi-typescript; openapi-fetch sends what its types allow. Nothing
// here is written by hand that the document could say: paths, bodies, answers and codes are all checked by `tsc`.

import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.ts";

type Refused = components["schemas"]["Refused"];

const host = env("POSTRIDER_URL");
const api = createClient<paths>({ baseUrl: host });

// A token lasts an hour; a program that runs longer asks again when it has expired.
const { data: token, error: denied } = await api.POST("/oauth/token", {
  body: {
    grant_type: "client_credentials",
    client_id: env("POSTRIDER_CLIENT_ID"),
    client_secret: env("POSTRIDER_CLIENT_SECRET"),
  },
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  bodySerializer: (body) => new URLSearchParams({ ...body }),
});
if (!token) throw new Error(`no token: ${denied?.error_description}`);
const bearer: Middleware = {
  onRequest: ({ request }) => request.headers.set("authorization", `Bearer ${token.access_token}`),
};
api.use(bearer);

// People, put on a list. A bad record is told by its index and never sinks the others.
const people = Array.from({ length: 25 }, (_, index) => ({
  email: `reader${index}@example.org`,
  first_name: `Reader ${index}`,
  favourite: index % 2 === 0 ? "maps" : "poetry",
}));
const upserted = taken(await api.POST("/public/v1/records/profiles/upsert-batch", { body: { records: people } }));
const list = taken(await api.POST("/public/v1/lists", { body: { name: "Readers" } }));
taken(
  await api.POST("/public/v1/lists/{id}/members:upsert", {
    params: { path: { id: list.id } },
    body: { contactKeys: people.map((person) => person.email) },
  }),
);
console.log(`people      ${upserted.acceptedRecords} taken, ${upserted.refusedRecords} refused`);

// What it says, and in whose name.
const sender = taken(
  await api.POST("/public/v1/sender-profiles", {
    body: { name: "Shop", channel: "email", fromEmail: "hello@meridian.example", fromName: "Meridian Bookshop" },
  }),
);
const template = taken(
  await api.POST("/public/v1/templates", {
    body: {
      name: "Autumn",
      channel: "email",
      content: {
        subject: "{{ first_name }}, new on our shelf of {{ favourite }}",
        html: '<p>Good day {{ first_name }}.</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
      },
    },
  }),
);
taken(await api.POST("/public/v1/templates/{id}/publish", { params: { path: { id: template.id } } }));

// A draft, its audience and its content.
const campaign = taken(
  await api.POST("/public/v1/campaigns", { body: { campaignType: "broadcast", channel: "email", name: "Autumn" } }),
);
const path = { id: campaign.id };
taken(
  await api.PUT("/public/v1/campaigns/{id}/audience", {
    params: { path },
    body: { include: [{ audienceId: list.id, type: "audience" }] },
  }),
);
taken(
  await api.PUT("/public/v1/campaigns/{id}/content", {
    params: { path },
    body: { templateId: template.id, senderProfileId: sender.id },
  }),
);

// The rehearsal: every check of the real call, and nothing changes.
const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
const rehearsed = taken(
  await api.POST("/public/v1/campaigns/{id}/schedule-jobs", {
    params: { path },
    body: { sendAt: tomorrow, timezone: "Europe/Berlin", dryRun: true },
  }),
);
console.log(`rehearsal   ${rehearsed.plan?.audience.targeted} would get it, finished ${rehearsed.plan?.predictedFinishAt}`);

// The send. The key makes it safe to repeat: the same request gets the same answer and sends nothing twice.
const key = crypto.randomUUID();
const send = () =>
  api.POST("/public/v1/campaigns/{id}/send-jobs", { params: { path, header: { "Idempotency-Key": key } }, body: {} });
const job = taken(await send());
const again = taken(await send());
if (job.scheduleId !== again.scheduleId) throw new Error("one key made two jobs");
console.log(`committed   job ${job.scheduleId}`);

// Until everybody is accounted for.
const over = ["completed", "completed_with_failures", "failed", "canceled"];
let status = taken(await api.GET("/public/v1/campaigns/{id}/status", { params: { path } }));
for (const started = Date.now(); !over.includes(status.executionStatus); ) {
  if (Date.now() - started > 60_000) throw new Error(`still ${status.executionStatus} after a minute`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  status = taken(await api.GET("/public/v1/campaigns/{id}/status", { params: { path } }));
}
const counts = status.execution?.counts;
const books = taken(await api.GET("/public/v1/campaigns/{id}/reconciliation", { params: { path } }));
console.log(`accounts    ${counts?.sent} of ${books.frozen} sent, difference ${books.difference}`);
if (counts?.sent !== people.length || !books.balanced) throw new Error(`not everybody: ${JSON.stringify(books)}`);

/** The data of an answer; a refusal says what to do. */
function taken<T>(answer: { data?: { data: T }; error?: unknown }): T {
  if (answer.data) return answer.data.data;
  const { error } = answer.error as Refused;
  throw new Error(`${error.code}: ${error.message} ${error.remediation}`);
}

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}`);
  return value;
}

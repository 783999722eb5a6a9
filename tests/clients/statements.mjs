// A sitting of one lesson handed over with the npm package tincanjs: endpoint, token, account, begin and end (RFC 3339) as arguments.
// Prints what the server said, as JSON.
import TinCan from "tincanjs";

const [endpoint, token, account, begin, end] = process.argv.slice(2);
const lrs = new TinCan.LRS({ endpoint, username: "anybody", password: token, allowFail: false });

const told = (start) =>
    new Promise((resolve, reject) => start((error, result) => (error ? reject(new Error(`${error} ${result?.responseText ?? ""}`)) : resolve(result))));

const statement = (verb, at) =>
    new TinCan.Statement({
        actor: { account: { name: account, homePage: "https://lms.example.com" } },
        verb: { id: `http://adlnet.gov/expapi/verbs/${verb}` },
        target: { id: "https://lms.example.com/course/7" },
        timestamp: new Date(at).toISOString(),
    });

const about = await told((callback) => lrs.about({ callback }));
const opening = statement("initialized", begin);
await told((callback) => lrs.saveStatement(opening, { callback }));
await told((callback) => lrs.saveStatement(opening, { callback }));
const beats = [];
for (let at = Date.parse(begin) + 240_000; at < Date.parse(end); at += 240_000) beats.push(statement("progressed", at));
beats.push(statement("terminated", end));
await told((callback) => lrs.saveStatements(beats, { callback }));
const back = await told((callback) => lrs.retrieveStatement(opening.id, { callback }));
const first = await told((callback) => lrs.queryStatements({ params: { limit: 3 }, callback }));
const more = await told((callback) => lrs.moreStatements({ url: first.more, callback }));
console.log(
    JSON.stringify({
        versions: about.version ?? JSON.parse(about.responseText ?? "{}").version,
        sent: [opening, ...beats].map((one) => one.id),
        back: { id: back.id, verb: back.verb.id, stored: back.stored },
        first: first.statements.length,
        more: more.statements.length,
    }),
);

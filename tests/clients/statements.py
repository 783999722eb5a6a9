"""A sitting of one lesson handed over with the PyPI package tincan: endpoint, token, account, begin and end (RFC 3339) as arguments.
Prints what the server said, as JSON."""

import json
import sys
from datetime import datetime, timedelta

from tincan import Activity, Agent, AgentAccount, RemoteLRS, Statement, Verb

endpoint, token, account, begin, end = sys.argv[1:]
begin, end = datetime.fromisoformat(begin), datetime.fromisoformat(end)
lrs = RemoteLRS(endpoint=endpoint, username="anybody", password=token)


def told(response):
    assert response.success, (response.response.status, response.data)
    return response.content


def statement(verb, at, **more):
    return Statement(
        actor=Agent(name="测试", account=AgentAccount(name=account, home_page="https://lms.example.com")),
        verb=Verb(id="http://adlnet.gov/expapi/verbs/" + verb),
        object=Activity(id="https://lms.example.com/course/7"),
        timestamp=at,
        **more,
    )


about = told(lrs.about())
opening = told(lrs.save_statement(statement("initialized", begin)))
told(lrs.save_statement(opening))  # again, now under the id it was given
minutes = int((end - begin).total_seconds() // 60)
beats = told(lrs.save_statements([statement("progressed", begin + timedelta(minutes=minute)) for minute in range(4, minutes, 4)]))
closing = statement("terminated", end, id="6f1d2c3b-4a59-4687-9a0b-1c2d3e4f5a6b")
told(lrs.save_statement(closing))
changed = statement("completed", end, id="6f1d2c3b-4a59-4687-9a0b-1c2d3e4f5a6b")
conflict = lrs.save_statement(changed)
untimed = told(lrs.save_statement(statement("experienced", None)))

back = told(lrs.retrieve_statement(closing.id))
missing = lrs.retrieve_statement("00000000-0000-4000-8000-000000000000")
page = told(lrs.query_statements({"limit": 5}))
found = list(page.statements)
while page.more:
    page = told(lrs.more_statements(page))
    found += page.statements
verb = told(lrs.query_statements({"verb": Verb(id="http://adlnet.gov/expapi/verbs/initialized"), "agent": opening.actor}))
state = lrs.retrieve_state(Activity(id="https://lms.example.com/course/7"), opening.actor, "bookmark")

print(json.dumps({
    "versions": about.version,
    "opening": str(opening.id),
    "sent": [str(one.id) for one in [opening, *beats, closing, untimed]],
    "found": [str(one.id) for one in found],
    "by_verb": [str(one.id) for one in verb.statements],
    "back": {"verb": back.verb.id, "stored": back.stored is not None, "authority": back.authority.account.home_page, "account": back.actor.account.name},
    "conflict": conflict.response.status,
    "missing": missing.response.status,
    "state": state.success,
}))

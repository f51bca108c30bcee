"""scratch"""
import json
from typing import Any
import httpx, pytest
from tests.support.fidelity import *
from tests.proxy.test_fidelity_smoke import ask, cold
from towpath.testing import Reply, ScriptedApi
pytestmark = pytest.mark.cli

def test_same_bytes(api: ScriptedApi, http: httpx.Client) -> None:
    ms=[user("CALL read {\"path\":\"x\"}\nCALL Bash {\"path\":\"y\"}")]
    fields={"metadata":{"user_id":"bytes"}}
    for turn in range(4):
        r=ask(http,ms,**fields); print(r.headers["x-towpath-way"])
        c=r.json()["content"]; ms.append({"role":"assistant","content":c})
        calls=[b["id"] for b in c if b["type"]=="tool_use"]
        nxt={0:lambda: user(result(calls[0],"one"),result(calls[1],"bad",is_error=True)),1:lambda: user("SAY ok"),2:lambda:user("CALL read {}"),3:lambda:user(result(calls[0],"r"),"and more")}[turn]()
        ms.append(nxt)
    r=ask(http,ms,**fields); print(r.headers["x-towpath-way"]); warm=api.last
    # kill: undo one and start
    r=ask(http,ms[:-1]+[user(result(calls[0],"r"),"and more!")],**fields); print(r.headers["x-towpath-way"]); c1=api.last
    a,b=json.dumps(warm["messages"]),json.dumps(c1["messages"])
    for x,y in zip(warm["messages"],c1["messages"]):
        if x!=y: print("W",json.dumps(x)[-600:]); print("C",json.dumps(y)[-600:])
    print(warm["system"][0],c1["system"][0])
    assert warm["system"]==c1["system"]
    assert 0
